package io.countersign.edge;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One absolute deadline at a time for what the client owes us, with the name of its limit. Moving it costs nothing: the one
 * scheduled task looks again when it fires early. Belongs to the event loop.
 */
final class Deadline {
    private final EventLoop loop;
    private final Runnable struck;
    private long at;
    private boolean running;
    /** What was left when it began to stand still; negative when it does not. */
    private long left = -1;

    private String limit = "";
    private @Nullable ScheduledFuture<?> task;
    private long taskAt;

    Deadline(EventLoop loop, Runnable struck) {
        this.loop = loop;
        this.struck = struck;
    }

    /** Starts (or restarts) the clock: {@code struck} runs once when {@code within} has passed. */
    void start(Duration within, String limitName) {
        startAt(System.nanoTime() + within.toNanos(), limitName);
    }

    void startAt(long nanoTime, String limitName) {
        at = nanoTime;
        limit = limitName;
        running = true;
        left = -1;
        if (task == null || taskAt - at > 0) {
            schedule();
        }
    }

    /** Comes no later than this, if it runs. */
    void atMost(Duration within) {
        long latest = System.nanoTime() + within.toNanos();
        if (running && at - latest > 0) {
            startAt(latest, limit);
        }
    }

    /** It is not the client's turn any more. */
    void stop() {
        running = false;
        left = -1;
    }

    /** Stands still: the time until {@link #resume} is not the client's fault. */
    void pause() {
        if (running) {
            running = false;
            left = Math.max(0, at - System.nanoTime());
        }
    }

    void resume() {
        if (left >= 0) {
            startAt(System.nanoTime() + left, limit);
        }
    }

    /** The octets that came earn the client more time (a rate), never more than {@code most} from now. */
    void earn(long nanos, Duration most) {
        at = Math.min(at + nanos, System.nanoTime() + most.toNanos());
    }

    String limit() {
        return limit;
    }

    void cancel() {
        stop();
        if (task != null) {
            task.cancel(false);
            task = null;
        }
    }

    private void schedule() {
        if (task != null) {
            task.cancel(false);
        }
        taskAt = at;
        task = loop.schedule(this::look, Math.max(0, at - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void look() {
        task = null;
        if (!running) {
            return;
        }
        if (at - System.nanoTime() > 0) {
            schedule();
            return;
        }
        running = false;
        struck.run();
    }
}
