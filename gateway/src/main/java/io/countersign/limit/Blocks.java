package io.countersign.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/** Peers that said that they block us: not asked for some hours. Bounded; the keys are prefixed with what they are. */
final class Blocks {
    private static final long MOST = 20_000;

    private final Cache<String, Long> blocked;
    private final LongSupplier clock;
    private volatile Duration life;

    Blocks(Duration life, LongSupplier clock) {
        this.life = life;
        this.clock = clock;
        this.blocked = Caffeine.newBuilder()
                .maximumSize(MOST)
                .ticker(clock::getAsLong)
                .executor(Runnable::run)
                .expireAfterWrite(life)
                .build();
    }

    /** From now on for so long; what is blocked already, too. */
    void reconfigure(Duration another) {
        life = another;
        blocked.policy().expireAfterWrite().ifPresent(expiry -> expiry.setExpiresAfter(another));
    }

    Duration life() {
        return life;
    }

    static String domain(String name) {
        return "domain " + name;
    }

    static String exchanger(String name) {
        return "exchanger " + name;
    }

    static String address(String text) {
        return "address " + text;
    }

    boolean has(String key) {
        return blocked.getIfPresent(key) != null;
    }

    /** @return false when it was known already; its time then goes on from the first */
    boolean add(String key) {
        return blocked.asMap().putIfAbsent(key, clock.getAsLong()) == null;
    }

    boolean remove(String key) {
        return blocked.asMap().remove(key) != null;
    }

    long size() {
        return blocked.estimatedSize();
    }

    List<KeyState> about(String name) {
        Set<String> keys = Set.of(domain(name), exchanger(name), address(name));
        return blocked.getAllPresent(keys).entrySet().stream().map(this::state).toList();
    }

    List<KeyState> states(int most) {
        return blocked.asMap().entrySet().stream().limit(most).map(this::state).toList();
    }

    private KeyState state(Map.Entry<String, Long> entry) {
        Duration gone = Duration.ofNanos(clock.getAsLong() - entry.getValue());
        Duration left = life.minus(gone);
        return new KeyState("blocked", entry.getKey(), "blocks us", 0, 0, left.isNegative() ? Duration.ZERO : left);
    }
}
