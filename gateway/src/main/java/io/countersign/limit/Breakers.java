package io.countersign.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.countersign.config.CalloutSettings;
import io.countersign.limit.Breaker.Admission;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A breaker for each address that has failed of late. Addresses that only ever succeed have none: the window of one begins with its
 * first failure. Open ones are not evicted for want of room (up to a cap of their own), since to forget one is to close it.
 */
final class Breakers {
    private static final int MOST_PINNED = 10_000;

    private record Setting(CalloutSettings.Breaker given, CircuitBreakerConfig config, long slow, Duration life) {}

    private final NanoClock clock;
    private final Cache<String, Breaker> table;
    private final AtomicInteger pinned = new AtomicInteger();
    private volatile Setting setting;

    /** @param most closed breakers */
    Breakers(long most, CalloutSettings.Breaker given, NanoClock clock) {
        this.clock = clock;
        this.setting = setting(given);
        this.table = Caffeine.newBuilder()
                .maximumWeight(most)
                .weigher((String key, Breaker breaker) -> breaker.pinned.get() ? 0 : 1)
                .ticker(clock::getAsLong)
                .executor(Runnable::run)
                .expireAfter(Expiry.<String, Breaker>accessing((key, breaker) -> setting.life()))
                .removalListener((key, breaker, cause) -> unpin(breaker))
                .build();
    }

    /** Open breakers keep the times with which they opened; closed ones begin anew under the new settings. */
    void reconfigure(CalloutSettings.Breaker given) {
        if (!given.equals(setting.given())) {
            setting = setting(given);
            table.asMap().values().removeIf(Breaker::isClosed);
        }
    }

    private Setting setting(CalloutSettings.Breaker given) {
        CircuitBreakerConfig config = CircuitBreakerConfig.custom()
                .clock(clock.clock())
                .slidingWindow(
                        given.of(),
                        given.of(),
                        SlidingWindowType.COUNT_BASED,
                        SlidingWindowSynchronizationStrategy.LOCK_FREE)
                .failureRateThreshold(given.failures())
                // A slow call is told as a failed one: Resilience4j would count the two kinds apart.
                .slowCallDurationThreshold(Duration.ofDays(1))
                .slowCallRateThreshold(100)
                .permittedNumberOfCallsInHalfOpenState(given.trials())
                .waitIntervalFunctionInOpenState(
                        IntervalFunction.ofExponentialBackoff(given.open(), 2.0, given.openAtMost()))
                .writableStackTraceEnabled(false)
                .build();
        Duration life = given.openAtMost().multipliedBy(2).plusMinutes(10);
        return new Setting(given, config, Pace.nanos(given.slow()), life);
    }

    @Nullable
    Breaker find(String address) {
        return table.getIfPresent(address);
    }

    /** @return whether this opened the breaker */
    boolean ended(String address, Admission as, Outcome outcome, long nanos) {
        boolean opened = false;
        boolean failed = outcome == Outcome.PEER_FAILURE || (outcome == Outcome.SUCCESS && nanos > setting.slow());
        Breaker breaker = failed
                ? table.get(address, name -> new Breaker(name, setting.config(), clock))
                : table.getIfPresent(address);
        if (breaker == null) {
            return false;
        }
        if (outcome == Outcome.NOT_COUNTED) {
            breaker.released(as);
        } else if (failed) {
            opened = breaker.failed(as, nanos);
        } else {
            breaker.succeeded(as, nanos);
        }
        settle(address, breaker);
        return opened;
    }

    private void settle(String address, Breaker breaker) {
        if (breaker.isClosed()) {
            if (unpin(breaker)) {
                table.put(address, breaker);
            }
        } else if (pinned.get() < MOST_PINNED && breaker.pinned.compareAndSet(false, true)) {
            pinned.incrementAndGet();
            // Putting it again makes the table weigh it again.
            table.put(address, breaker);
        }
    }

    private boolean unpin(@Nullable Breaker breaker) {
        if (breaker != null && breaker.pinned.compareAndSet(true, false)) {
            pinned.decrementAndGet();
            return true;
        }
        return false;
    }

    /** Open ones, and those waiting for their trial to end. */
    int open() {
        return pinned.get();
    }

    long size() {
        return table.estimatedSize();
    }

    void tidy() {
        table.cleanUp();
    }

    List<KeyState> states(int most) {
        return table.asMap().values().stream()
                .map(Breaker::state)
                .sorted(Comparator.comparing(KeyState::remaining).reversed().thenComparing(KeyState::state))
                .limit(most)
                .toList();
    }
}
