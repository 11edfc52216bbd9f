package io.countersign.overload;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** How late one event loop is: a beat is sent, and it counts how long the loop takes to get to it. */
final class LoopLag {
    private static final long NONE = 0;

    private final Executor loop;
    private volatile long sent = NONE;
    private volatile long last;

    LoopLag(Executor loop) {
        this.loop = loop;
    }

    /** Sends a beat, unless one is still on its way. @return nanoseconds: of the beat on its way, or of the last one */
    long beat(long now) {
        long under = sent;
        if (under != NONE) {
            return Math.max(last, now - under);
        }
        long lag = last;
        sent = now == NONE ? 1 : now;
        try {
            loop.execute(this::answered);
        } catch (RejectedExecutionException ended) {
            sent = NONE;
            last = 0;
        }
        return lag;
    }

    private void answered() {
        last = System.nanoTime() - sent;
        sent = NONE;
    }
}
