package io.countersign.limit;

import io.countersign.limit.Breaker.Admission;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Keeps us from dialling an MTA that is down: three failed dials in a row open it, for some seconds that differ each time; then
 * one dial at a time is let through until one succeeds. Any thread, never waits.
 */
public final class MtaBreaker {
    private static final int IN_A_ROW = 3;
    private static final Duration FIRST = Duration.ofSeconds(2);
    private static final Duration LONGEST = Duration.ofSeconds(15);
    private static final double GROWTH = 1.5;
    private static final double JITTER = 0.3;

    private final Breaker breaker;

    /** @param nanos nanoseconds since any origin, never falling */
    public MtaBreaker(LongSupplier nanos) {
        NanoClock clock = new NanoClock(nanos);
        CircuitBreakerConfig config = CircuitBreakerConfig.custom()
                .clock(clock.clock())
                .slidingWindow(
                        IN_A_ROW,
                        IN_A_ROW,
                        SlidingWindowType.COUNT_BASED,
                        SlidingWindowSynchronizationStrategy.LOCK_FREE)
                .failureRateThreshold(100)
                // However long a dial took, it reached the MTA.
                .slowCallDurationThreshold(Duration.ofDays(1))
                .permittedNumberOfCallsInHalfOpenState(1)
                .waitIntervalFunctionInOpenState(
                        IntervalFunction.ofExponentialRandomBackoff(FIRST, GROWTH, JITTER, LONGEST))
                .writableStackTraceEnabled(false)
                .build();
        breaker = new Breaker("mta", config, clock);
    }

    /** A dial, if there may be one now. */
    public Optional<Attempt> tryDial() {
        Admission admission = breaker.admit();
        return admission == Admission.NO ? Optional.empty() : Optional.of(new Attempt(admission));
    }

    /** A dial that was let through. One of its methods is called, once: until then an open breaker lets no other through. */
    public final class Attempt {
        private final Admission admission;

        private Attempt(Admission admission) {
            this.admission = admission;
        }

        /** The MTA answered. */
        public void reached() {
            breaker.succeeded(admission, 0);
        }

        /** It did not, or not as it should. */
        public void failed() {
            breaker.failed(admission, 0);
        }
    }
}
