package io.countersign.dns;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Answers for as long as their TTL says, within bounds; by octets about, not by number, for an answer may be large. Any thread. */
final class DnsCache {
    static final Duration SHORTEST = Duration.ofSeconds(5);
    static final Duration LONGEST = Duration.ofDays(1);
    static final Duration LONGEST_NEGATIVE = Duration.ofMinutes(15);

    /** A failure is kept just long enough not to be asked for again by every session at once (RFC 9520 §3.2). */
    static final Duration FAILURE = Duration.ofSeconds(5);

    private static final long MAX_WEIGHT = 32L << 20;
    private static final int ENTRY_WEIGHT = 400;

    private final LongSupplier nanos;
    private final Cache<Question, Entry> entries;

    DnsCache(LongSupplier nanos) {
        this.nanos = nanos;
        this.entries = Caffeine.newBuilder()
                .maximumWeight(MAX_WEIGHT)
                .weigher((Question question, Entry entry) -> entry.weight())
                .expireAfter(Expiry.<Question, Entry>creating((question, entry) -> Duration.ofNanos(entry.kept())))
                .ticker(nanos::getAsLong)
                // On the caller's thread: no pool of our own for so little, and nothing that outlives a test.
                .executor(Runnable::run)
                .build();
    }

    /** The answer with what is left of its TTL. */
    @Nullable
    Lookup<?> get(Question question) {
        Entry entry = entries.getIfPresent(question);
        if (entry == null) {
            return null;
        }
        long left = entry.kept() - (nanos.getAsLong() - entry.since());
        return left <= 0 ? null : withTtl(entry.lookup(), Duration.ofNanos(left));
    }

    /** @param weight octets of the records, about */
    void put(Question question, Lookup<?> lookup, int weight) {
        if (lookup.kind() == Lookup.Kind.FAILED) {
            // Never in the place of an answer that may still be used.
            entries.asMap()
                    .putIfAbsent(question, new Entry(lookup, nanos.getAsLong(), FAILURE.toNanos(), ENTRY_WEIGHT));
            return;
        }
        Duration keep = lookup.ttl();
        if (keep.isZero()) {
            // What was there before is older than this.
            entries.invalidate(question);
        } else {
            entries.put(question, new Entry(lookup, nanos.getAsLong(), keep.toNanos(), ENTRY_WEIGHT + weight));
        }
    }

    /** Seconds to keep a positive answer: zero stays zero (RFC 1035 §3.2.1), everything else is brought within bounds. */
    static Duration positive(long ttl) {
        return bounded(ttl, LONGEST);
    }

    static Duration negative(long ttl) {
        return bounded(ttl, LONGEST_NEGATIVE);
    }

    private static Duration bounded(long ttl, Duration longest) {
        if (ttl <= 0) {
            return Duration.ZERO;
        }
        return Duration.ofSeconds(Math.max(SHORTEST.toSeconds(), Math.min(ttl, longest.toSeconds())));
    }

    private static <T> Lookup<T> withTtl(Lookup<T> lookup, Duration left) {
        if (lookup instanceof Lookup.Found<T> found) {
            return new Lookup.Found<>(found.records(), left);
        }
        if (lookup instanceof Lookup.NoSuchName<T>) {
            return new Lookup.NoSuchName<>(left);
        }
        if (lookup instanceof Lookup.NoData<T>) {
            return new Lookup.NoData<>(left);
        }
        return lookup;
    }

    private record Entry(Lookup<?> lookup, long since, long kept, int weight) {}
}
