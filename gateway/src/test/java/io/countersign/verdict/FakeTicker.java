package io.countersign.verdict;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes when a test says so; begins anywhere, as {@link System#nanoTime} does. */
final class FakeTicker implements Ticker {
    private final AtomicLong now;

    FakeTicker() {
        this(-987_654_321_098_765L);
    }

    FakeTicker(long origin) {
        now = new AtomicLong(origin);
    }

    @Override
    public long read() {
        return now.get();
    }

    void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
