package io.countersign.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Notices when our own process, or one of its event loops, stood still for more than a second: a stop by the operator, a long
 * collection, a starved machine. Whatever timed out meanwhile says nothing about the peer.
 *
 * <p>A thread of its own ticks every 100 ms; each tick also sends a beat to every watched loop. Any thread may ask.
 */
public final class PauseDetector implements AutoCloseable {
    static final long TICK = TimeUnit.MILLISECONDS.toNanos(100);
    static final long PAUSE = TimeUnit.SECONDS.toNanos(1);
    /** Pauses remembered; a callout is over long before as many more can have happened. */
    private static final int REMEMBERED = 32;

    private static final long NEVER = -1;

    private record Pause(long from, long to) {}

    /** One watched loop; a beat is sent only after the one before has been answered. */
    private static final class Watched {
        private final Executor loop;
        private volatile long sent = NEVER;

        Watched(Executor loop) {
            this.loop = loop;
        }
    }

    private final LongSupplier clock;
    private final List<Watched> watched = new CopyOnWriteArrayList<>();
    private volatile List<Pause> pauses = List.of();
    private volatile long lastTick = NEVER;
    private volatile Runnable stop = () -> {};

    /** One that ticks only when told to; see {@link #start}. */
    PauseDetector(LongSupplier clock) {
        this.clock = clock;
    }

    /** Starts ticking on a daemon thread. @param clock the one of the limits */
    public static PauseDetector start(NanoClock clock) {
        PauseDetector detector = new PauseDetector(clock);
        ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "countersign-pauses");
            thread.setDaemon(true);
            return thread;
        });
        detector.stop = ticker::shutdownNow;
        // With a delay, not at a rate: after a pause there are no lost ticks to be made up for.
        ticker.scheduleWithFixedDelay(detector::tick, 0, TICK, TimeUnit.NANOSECONDS);
        return detector;
    }

    /** Lags of this loop count as pauses too. It is let go when it takes no more tasks. */
    public void watch(Executor loop) {
        watched.add(new Watched(loop));
    }

    void tick() {
        long now = clock.getAsLong();
        long before = lastTick;
        lastTick = now;
        if (before != NEVER && now - before > PAUSE + TICK) {
            note(before, now);
        }
        for (Watched loop : watched) {
            if (loop.sent == NEVER) {
                loop.sent = now;
                try {
                    loop.loop.execute(() -> answered(loop));
                } catch (RejectedExecutionException ended) {
                    watched.remove(loop);
                }
            }
        }
    }

    private void answered(Watched loop) {
        long sent = loop.sent;
        long now = clock.getAsLong();
        if (now - sent > PAUSE) {
            note(sent, now);
        }
        loop.sent = NEVER;
    }

    private synchronized void note(long from, long to) {
        List<Pause> all = new ArrayList<>(pauses);
        all.add(new Pause(from, to));
        pauses = List.copyOf(all.subList(Math.max(0, all.size() - REMEMBERED), all.size()));
    }

    /**
     * Whether we stood still at any time between these two instants. Also true for a pause that has just ended and that no tick
     * has seen yet: timers that ran out meanwhile may fire before the tick.
     */
    boolean overlaps(long from, long to) {
        long now = clock.getAsLong();
        if (unanswered(lastTick, now, to)) {
            return true;
        }
        for (Watched loop : watched) {
            if (unanswered(loop.sent, now, to)) {
                return true;
            }
        }
        for (Pause pause : pauses) {
            if (pause.from() < to && pause.to() > from) {
                return true;
            }
        }
        return false;
    }

    private static boolean unanswered(long since, long now, long to) {
        return since != NEVER && now - since > PAUSE + TICK && since < to;
    }

    /** Since when we stood still for longest, for people: zero when we do not. */
    Duration longestRemembered() {
        long longest = 0;
        for (Pause pause : pauses) {
            longest = Math.max(longest, pause.to() - pause.from());
        }
        return Duration.ofNanos(longest);
    }

    /** Ends the thread; pauses are not noticed any more. */
    @Override
    public void close() {
        stop.run();
        lastTick = NEVER;
        watched.clear();
    }
}
