package io.countersign.limit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Time that passes when a test says so; begins anywhere, as {@link System#nanoTime} does. */
final class FakeNanos implements LongSupplier {
    private final AtomicLong now = new AtomicLong(-123_456_789_012_345L);

    @Override
    public long getAsLong() {
        return now.get();
    }

    void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    void passNanos(long nanos) {
        now.addAndGet(nanos);
    }
}
