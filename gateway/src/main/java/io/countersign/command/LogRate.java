package io.countersign.command;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** At most so many lines a second: a storm must not fill the disk. Thread-safe, without a lock; at the turn of a second a few more. */
final class LogRate {
    private final int most;
    private final LongSupplier nanos;
    private final AtomicLong second = new AtomicLong(Long.MIN_VALUE);
    private final AtomicInteger lines = new AtomicInteger();

    LogRate(int most, LongSupplier nanos) {
        this.most = most;
        this.nanos = nanos;
    }

    boolean allows() {
        long now = nanos.getAsLong() / 1_000_000_000L;
        long last = second.get();
        if (now != last && second.compareAndSet(last, now)) {
            lines.set(0);
        }
        return lines.incrementAndGet() <= most;
    }
}
