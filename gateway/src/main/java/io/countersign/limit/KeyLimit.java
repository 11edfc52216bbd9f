package io.countersign.limit;

import io.countersign.config.CalloutSettings.Rate;
import io.countersign.limit.GcraRateLimiter.Start;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Rate, burst and concurrency of one domain, exchanger, address or network. Two limiters: one for all, and one of half the rate and
 * burst that unproven senders must pass besides, so that they can never use more than half.
 */
final class KeyLimit {
    /** Rates in nanosecond form; one for all keys of the same rate. */
    record Paces(Rate rate, Pace whole, Pace half) {
        static Paces of(Rate rate) {
            Duration none = Duration.ZERO;
            return new Paces(
                    rate,
                    Pace.of(rate.permits(), rate.per(), rate.burst(), none),
                    Pace.of(rate.permits(), rate.per().multipliedBy(2), Math.max(1, rate.burst() / 2), none));
        }
    }

    private record Setting(Paces paces, Bulkhead bulkhead) {}

    private final String name;
    private final GcraRateLimiter whole;
    private final GcraRateLimiter unproven;
    private volatile Setting setting;

    KeyLimit(String name, Paces paces, LongSupplier clock, Start start) {
        this.name = name;
        this.whole = new GcraRateLimiter(name, paces.whole(), clock, start);
        this.unproven = new GcraRateLimiter(name, paces.half(), clock, start);
        this.setting = new Setting(paces, bulkhead(name, paces.rate().concurrent()));
    }

    String name() {
        return name;
    }

    GcraRateLimiter whole() {
        return whole;
    }

    GcraRateLimiter unproven() {
        return unproven;
    }

    Bulkhead bulkhead() {
        return setting.bulkhead();
    }

    /** Nanoseconds until a key that is left alone has everything back: before that it must not be forgotten. */
    long refill() {
        return setting.paces().half().depth();
    }

    /** After a reload. Counters live on; calls under way count against the number under which they began. */
    void follow(Paces paces) {
        if (!setting.paces().rate().equals(paces.rate())) {
            change(paces);
        }
    }

    private synchronized void change(Paces paces) {
        Setting old = setting;
        if (old.paces().rate().equals(paces.rate())) {
            return;
        }
        int concurrent = paces.rate().concurrent();
        Bulkhead bulkhead = old.paces().rate().concurrent() == concurrent ? old.bulkhead() : bulkhead(name, concurrent);
        setting = new Setting(paces, bulkhead);
        whole.change(paces.whole());
        unproven.change(paces.half());
    }

    KeyState state(String table) {
        Bulkhead b = bulkhead();
        int inUse =
                b.getMetrics().getMaxAllowedConcurrentCalls() - b.getMetrics().getAvailableConcurrentCalls();
        return new KeyState(table, name, "", inUse, whole.available(), Duration.ZERO);
    }

    /** A new one for each number: Resilience4j's {@code changeConfig} waits on the thread until enough calls have ended. */
    static Bulkhead bulkhead(String name, int concurrent) {
        return Bulkhead.of(
                name,
                BulkheadConfig.custom()
                        .maxConcurrentCalls(concurrent)
                        .maxWaitDuration(Duration.ZERO)
                        .writableStackTraceEnabled(false)
                        .build());
    }
}
