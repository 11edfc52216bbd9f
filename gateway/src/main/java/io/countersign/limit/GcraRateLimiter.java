package io.countersign.limit;

import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.core.EventProcessor;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.event.RateLimiterEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnFailureEvent;
import io.github.resilience4j.ratelimiter.event.RateLimiterOnSuccessEvent;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A rate limiter that never blocks: in <em>any</em> window of length t at most {@code burst + t·permits/per} permits.
 *
 * <p>The generic cell rate algorithm: one long, the theoretical arrival time (TAT) of the next permit if all came evenly. A
 * permit at instant x moves it to {@code max(TAT, x) + interval} and is given when that is at most {@code burst·interval} after x.
 * The bound holds whatever the order in which threads get here: of the permits with instants in {@code [a, b]} the first moves
 * the TAT to {@code a + interval} or later, each other one by {@code interval}, and the last leaves it at or before
 * {@code b + burst·interval}. That holds for instants in the future too, hence reservations.
 *
 * <p>Resilience4j's own limiters work in fixed cycles (twice the limit around an edge) and park the thread on contention; this
 * one stands behind the same interface. Any thread; contention is resolved by compare-and-set, at least one thread succeeding
 * each time.
 */
public final class GcraRateLimiter implements RateLimiter {
    /** Answer of {@link #takeAt} when there is none. */
    static final long NONE = -1;

    private static final VarHandle TAT;
    private static final VarHandle EVENTS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TAT = lookup.findVarHandle(GcraRateLimiter.class, "tat", long.class);
            EVENTS = lookup.findVarHandle(GcraRateLimiter.class, "events", Events.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String name;
    private final LongSupplier clock;
    private volatile Pace pace;

    @SuppressWarnings("FieldMayBeFinal") // written through TAT
    private volatile long tat;

    private volatile @Nullable Events events;

    /**
     * @param config {@code limitForPeriod} permits per {@code limitRefreshPeriod}; a permit that comes free within
     *     {@code timeoutDuration} can be reserved
     * @param burst permits that may be used at once after a pause; 1 or more
     * @param clock nanoseconds, zero or more and never falling: a {@link NanoClock}
     */
    public GcraRateLimiter(String name, RateLimiterConfig config, int burst, LongSupplier clock) {
        this(
                name,
                Pace.of(config.getLimitForPeriod(), config.getLimitRefreshPeriod(), burst, config.getTimeoutDuration()),
                clock,
                Start.FULL);
    }

    /** What a new limiter has to give. */
    enum Start {
        /** The whole burst. */
        FULL,
        /** One permit: its past may have been forgotten for want of room. */
        SCANT
    }

    GcraRateLimiter(String name, Pace pace, LongSupplier clock, Start start) {
        this.name = name;
        this.pace = pace;
        this.clock = clock;
        long now = clock.getAsLong();
        this.tat = start == Start.FULL ? now : now + pace.depth() - pace.interval();
    }

    /**
     * The first instant at or after {@code from} at which {@code permits} could be had as things are now. Takes nothing.
     *
     * @return {@link Long#MAX_VALUE} when that is more than the burst
     */
    long earliest(long from, int permits) {
        Pace p = pace;
        long cost = p.cost(permits);
        return cost > p.depth() ? Long.MAX_VALUE : Math.max(from, tat + cost - p.depth());
    }

    /**
     * Takes {@code permits} to be used at {@code instant}, which may lie in the future.
     *
     * @return a token for {@link #giveBack}, or {@link #NONE}
     */
    long takeAt(long instant, int permits) {
        Pace p = pace;
        long cost = p.cost(permits);
        while (true) {
            long seen = tat;
            long next = Math.max(seen, instant) + cost;
            if (next - instant > p.depth()) {
                return NONE;
            }
            if (TAT.compareAndSet(this, seen, next)) {
                return next;
            }
        }
    }

    /**
     * Gives back what was taken and not used. Possible only while nobody has taken anything since: what others got was
     * computed on top of it, and to move them forward would break the bound. A permit that cannot be given back is lost, which
     * errs on the side of asking less.
     *
     * @param token of {@link #takeAt}; not used before
     * @return whether it is back
     */
    @SuppressWarnings("UnusedReturnValue")
    boolean giveBack(long token, int permits) {
        return TAT.compareAndSet(this, token, token - pace.cost(permits));
    }

    /** Other numbers from now on. Used permits stay used: the debt is kept in permits, not in time. */
    void change(Pace to) {
        Pace from = pace;
        pace = to;
        while (true) {
            long now = clock.getAsLong();
            long seen = tat;
            double owed = Math.max(0, seen - now) / (double) from.interval();
            long ahead = (long) Math.min(Math.ceil(owed * to.interval()), (double) (Long.MAX_VALUE / 4));
            // One nanosecond more, so that no token of before fits any longer.
            if (TAT.compareAndSet(this, seen, now + ahead + 1)) {
                return;
            }
        }
    }

    /** Permits that could be had at once. */
    int available() {
        Pace p = pace;
        long now = clock.getAsLong();
        return (int) Math.max(0, (p.depth() - Math.max(0, tat - now)) / p.interval());
    }

    /** Takes them if they are free now; never waits, whatever {@code timeoutDuration} says. */
    @Override
    public boolean acquirePermission(int permits) {
        boolean taken = takeAt(clock.getAsLong(), permits) != NONE;
        publish(permits, taken);
        return taken;
    }

    /** Nanoseconds after which they may be used (zero: now), or a negative number when that would be too long. */
    @Override
    public long reservePermission(int permits) {
        long maxWait = pace.maxWait();
        while (true) {
            long now = clock.getAsLong();
            long at = earliest(now, permits);
            if (at - now > maxWait) {
                publish(permits, false);
                return NONE;
            }
            if (takeAt(at, permits) != NONE) {
                publish(permits, true);
                return at - now;
            }
        }
    }

    @Override
    public void drainPermissions() {
        while (true) {
            long seen = tat;
            long empty = clock.getAsLong() + pace.depth();
            if (seen >= empty || TAT.compareAndSet(this, seen, empty)) {
                return;
            }
        }
    }

    @Override
    public void changeTimeoutDuration(Duration timeout) {
        change(paceOf(getRateLimiterConfig().getLimitForPeriod(), timeout));
    }

    @Override
    public void changeLimitForPeriod(int permits) {
        change(paceOf(permits, getRateLimiterConfig().getTimeoutDuration()));
    }

    private Pace paceOf(int permits, Duration timeout) {
        Pace p = pace;
        int burst = (int) Math.max(1, p.depth() / p.interval());
        return Pace.of(permits, p.config().getLimitRefreshPeriod(), burst, timeout);
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public RateLimiterConfig getRateLimiterConfig() {
        return pace.config();
    }

    @Override
    public Map<String, String> getTags() {
        return Map.of();
    }

    @Override
    public Metrics getMetrics() {
        return new Metrics() {
            @Override
            public int getNumberOfWaitingThreads() {
                return 0;
            }

            @Override
            public int getAvailablePermissions() {
                return available();
            }
        };
    }

    /** Made when somebody first asks: there are many limiters, and few are listened to. */
    @Override
    public EventPublisher getEventPublisher() {
        EVENTS.compareAndSet(this, null, new Events());
        Events made = events;
        if (made == null) {
            throw new IllegalStateException("events of a limiter are never taken away");
        }
        return made;
    }

    private void publish(int permits, boolean taken) {
        Events listeners = events;
        if (listeners != null) {
            listeners.processEvent(
                    taken
                            ? new RateLimiterOnSuccessEvent(name, permits)
                            : new RateLimiterOnFailureEvent(name, permits));
        }
    }

    private static final class Events extends EventProcessor<RateLimiterEvent> implements EventPublisher {
        @Override
        public EventPublisher onSuccess(EventConsumer<RateLimiterOnSuccessEvent> consumer) {
            registerConsumer(RateLimiterOnSuccessEvent.class.getName(), consumer);
            return this;
        }

        @Override
        public EventPublisher onFailure(EventConsumer<RateLimiterOnFailureEvent> consumer) {
            registerConsumer(RateLimiterOnFailureEvent.class.getName(), consumer);
            return this;
        }
    }
}
