package io.countersign.limit;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/**
 * Nanoseconds since this clock was made: zero or more, never falling, whatever happens to the wall clock. Any thread.
 *
 * <p>All limits of one {@link CalloutLimits} read the same clock, so that an instant of one means the same to the others.
 */
public final class NanoClock implements LongSupplier {
    private final LongSupplier source;
    private final long origin;
    private final Clock clock = new AsClock();

    /** @param source nanoseconds since any origin, never falling; {@link System#nanoTime} outside of tests */
    public NanoClock(LongSupplier source) {
        this.source = source;
        this.origin = source.getAsLong();
    }

    public static NanoClock system() {
        return new NanoClock(System::nanoTime);
    }

    @Override
    public long getAsLong() {
        return source.getAsLong() - origin;
    }

    /**
     * The same time for Resilience4j, which asks a {@link Clock} how long a breaker has been open: with the wall clock a step
     * back by a day would keep it open for a day.
     */
    Clock clock() {
        return clock;
    }

    private final class AsClock extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.EPOCH.plusNanos(getAsLong());
        }
    }
}
