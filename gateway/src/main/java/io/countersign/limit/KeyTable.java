package io.countersign.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.countersign.config.CalloutSettings.Rate;
import io.countersign.limit.GcraRateLimiter.Start;
import io.countersign.limit.KeyLimit.Paces;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The limits of all domains (or exchangers, addresses, networks): bounded in number, forgotten when idle.
 *
 * <p>A key that is forgotten after its refill time has lost nothing. One that had to go earlier, for want of room, would come back
 * with a whole burst: a flood of invented names could so undo the limit of a real one. While that has happened within the refill
 * time, keys begin with one permit instead.
 */
final class KeyTable {
    /** Longer than any callout, so that no key is forgotten while it is in use. */
    private static final long LEAST_LIFE = Duration.ofMinutes(10).toNanos();

    /**
     * @param special the rate, where it is not the general one of this table: a sender or exchanger with a rate of its own by
     *     override has its own account at an address that others use too
     */
    record Key(String name, @Nullable Rate special) {}

    private static final long NEVER = -1;

    private final Cache<Key, KeyLimit> keys;
    private final LongSupplier clock;
    private volatile long lastCrowded = NEVER;

    KeyTable(long most, LongSupplier clock) {
        this.clock = clock;
        this.keys = Caffeine.newBuilder()
                .maximumSize(most)
                .ticker(clock::getAsLong)
                .executor(Runnable::run)
                .expireAfter(Expiry.<Key, KeyLimit>accessing(
                        (key, limit) -> Duration.ofNanos(Math.max(LEAST_LIFE, limit.refill()))))
                .evictionListener((key, limit, cause) -> {
                    if (cause == RemovalCause.SIZE) {
                        lastCrowded = clock.getAsLong();
                    }
                })
                .build();
    }

    KeyLimit get(Key key, Paces paces) {
        KeyLimit limit = keys.get(key, k -> new KeyLimit(k.name(), paces, clock, start(paces)));
        limit.follow(paces);
        return limit;
    }

    private Start start(Paces paces) {
        long crowded = lastCrowded;
        return crowded != NEVER && clock.getAsLong() - crowded < paces.half().depth() ? Start.SCANT : Start.FULL;
    }

    long size() {
        return keys.estimatedSize();
    }

    /** Drops what has expired and what is too much; for tests, which cannot wait for the next write. */
    void tidy() {
        keys.cleanUp();
    }

    /** Those under one of these names, also with rates of their own. */
    List<KeyState> about(String table, Set<String> names) {
        return keys.asMap().entrySet().stream()
                .filter(entry -> names.contains(entry.getKey().name()))
                .map(entry -> entry.getValue().state(table))
                .toList();
    }

    /** The busiest first. */
    List<KeyState> busiest(String table, int most) {
        return keys.asMap().values().stream()
                .map(limit -> limit.state(table))
                .sorted(Comparator.comparingInt(KeyState::inUse).reversed().thenComparingInt(KeyState::available))
                .limit(most)
                .toList();
    }
}
