package io.countersign.edge;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Recipients that may be answered from memory when the MTA says nothing about them for a while: one timer for all of them, in the
 * order they were asked. Belongs to the event loop.
 */
final class MtaSilence {
    private final EventLoop loop;
    private final ArrayDeque<Watched> watched = new ArrayDeque<>(2);
    private @Nullable ScheduledFuture<?> timer;

    private record Watched(long until, BooleanSupplier stillSilent, Runnable then) {}

    MtaSilence(EventLoop loop) {
        this.loop = loop;
    }

    /** Runs {@code then} in {@code nanos} from now if {@code stillSilent} says so by then. */
    void watch(long nanos, BooleanSupplier stillSilent, Runnable then) {
        watched.add(new Watched(System.nanoTime() + nanos, stillSilent, then));
        if (timer == null) {
            arm();
        }
    }

    /** Nobody waits any more. */
    void cancel() {
        watched.clear();
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void arm() {
        Watched first = watched.peek();
        if (first != null) {
            timer = loop.schedule(this::look, Math.max(0, first.until - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
    }

    private void look() {
        timer = null;
        for (Watched first = watched.peek(); first != null; first = watched.peek()) {
            boolean silent = first.stillSilent.getAsBoolean();
            if (silent && first.until - System.nanoTime() > 0) {
                break;
            }
            watched.remove();
            if (silent) {
                first.then.run();
            }
        }
        if (timer == null) {
            arm();
        }
    }
}
