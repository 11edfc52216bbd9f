package io.countersign.limit;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * The breaker of one address. Resilience4j's state machine, with three of its habits kept in check: a call that began in one state
 * is not counted in another (its permit would become a second trial, its outcome would decide the first); at most one thread asks
 * an open breaker at a time (it takes a lock, on which an event loop would park); time is monotonic.
 */
final class Breaker {
    /** On what footing a call was let through. */
    enum Admission {
        CALL,
        /** One of the few that decide whether an open breaker closes. */
        TRIAL,
        NO
    }

    /** What is told to Resilience4j, which wants a throwable; nobody throws it. */
    private static final class PeerFailed extends Exception {
        private static final long serialVersionUID = 1;

        PeerFailed() {
            super(null, null, false, false);
        }
    }

    private static final PeerFailed FAILED = new PeerFailed();

    private final CircuitBreaker machine;
    private final LongSupplier clock;
    private final AtomicBoolean asking = new AtomicBoolean();
    /** Set while the table may not evict this one; guarded by compare-and-set in {@link Breakers}. */
    final AtomicBoolean pinned = new AtomicBoolean();

    /** How often it opened since it was last closed, and until when; for people. */
    private volatile int opened;

    private volatile long openUntil;

    Breaker(String name, CircuitBreakerConfig config, LongSupplier clock) {
        this.machine = CircuitBreaker.of(name, config);
        this.clock = clock;
    }

    Admission admit() {
        if (isClosed()) {
            return machine.tryAcquirePermission() ? Admission.CALL : Admission.NO;
        }
        if (!asking.compareAndSet(false, true)) {
            return Admission.NO;
        }
        try {
            if (!machine.tryAcquirePermission()) {
                return Admission.NO;
            }
            return machine.getState() == State.HALF_OPEN ? Admission.TRIAL : Admission.CALL;
        } finally {
            asking.set(false);
        }
    }

    void succeeded(Admission as, long nanos) {
        if (counts(as)) {
            machine.onSuccess(nanos, TimeUnit.NANOSECONDS);
            if (isClosed()) {
                opened = 0;
            }
        }
    }

    /** @return whether this opened it */
    boolean failed(Admission as, long nanos) {
        if (!counts(as)) {
            return false;
        }
        machine.onError(nanos, TimeUnit.NANOSECONDS, FAILED);
        if (machine.getState() != State.OPEN) {
            return false;
        }
        int times = opened + 1;
        opened = times;
        long millis = machine.getCircuitBreakerConfig()
                .getWaitIntervalFunctionInOpenState()
                .apply(times);
        openUntil = clock.getAsLong() + TimeUnit.MILLISECONDS.toNanos(millis);
        return true;
    }

    /** The call did not take place, or says nothing: a trial may be made by somebody else. */
    void released(Admission as) {
        if (counts(as)) {
            machine.releasePermission();
        }
    }

    private boolean counts(Admission as) {
        return machine.getState() == (as == Admission.TRIAL ? State.HALF_OPEN : State.CLOSED);
    }

    boolean isClosed() {
        return machine.getState() == State.CLOSED;
    }

    /** Zero when it is not open, or when the next call will be the trial. */
    Duration remaining() {
        return machine.getState() == State.OPEN
                ? Duration.ofNanos(Math.max(0, openUntil - clock.getAsLong()))
                : Duration.ZERO;
    }

    KeyState state() {
        String word = switch (machine.getState()) {
            case CLOSED -> "closed";
            case HALF_OPEN -> "trying again";
            case OPEN, FORCED_OPEN -> "open";
            case DISABLED, METRICS_ONLY -> throw new IllegalStateException("a breaker nobody switched off");
        };
        return new KeyState("breaker", machine.getName(), word, 0, 0, remaining());
    }
}
