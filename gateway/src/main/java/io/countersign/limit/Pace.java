package io.countersign.limit;

import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;

/**
 * A rate in the numbers that the algorithm needs; shared by all limiters of that rate.
 *
 * @param config the same for readers of Resilience4j's interface
 * @param interval nanoseconds from one permit to the next at full use, rounded up so that the rate is never exceeded
 * @param depth {@code burst} intervals: how far the next theoretical arrival may lie ahead
 */
record Pace(RateLimiterConfig config, long interval, long depth) {
    /** About 73 years: sums of two such numbers and a clock reading do not overflow. */
    private static final long FAR = Long.MAX_VALUE / 4;

    /**
     * @param permits per {@code per}; 1 or more
     * @param burst permits that may be used at once; 1 or more
     * @param maxWait longest wait for which a permit is reserved; zero for none
     */
    static Pace of(int permits, Duration per, int burst, Duration maxWait) {
        if (permits < 1 || burst < 1 || per.isNegative() || per.isZero() || maxWait.isNegative()) {
            throw new IllegalArgumentException(permits + " per " + per + ", burst " + burst + ", wait " + maxWait);
        }
        RateLimiterConfig config = RateLimiterConfig.custom()
                .limitForPeriod(permits)
                .limitRefreshPeriod(Duration.ofNanos(nanos(per)))
                .timeoutDuration(Duration.ofNanos(nanos(maxWait)))
                .writableStackTraceEnabled(false)
                .build();
        long period = nanos(per);
        long interval = period / permits + (period % permits == 0 ? 0 : 1);
        return new Pace(config, interval, times(interval, burst));
    }

    /** Nanoseconds of theoretical arrival time that {@code permits} use up. */
    long cost(int permits) {
        return times(interval, permits);
    }

    long maxWait() {
        return nanos(config.getTimeoutDuration());
    }

    /** Nanoseconds, at most {@link #FAR}. */
    static long nanos(Duration duration) {
        return duration.compareTo(Duration.ofNanos(FAR)) > 0 ? FAR : duration.toNanos();
    }

    private static long times(long interval, int count) {
        return interval > FAR / count ? FAR : interval * count;
    }
}
