package io.countersign.callout;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.countersign.smtp.MailDomain;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is true of all addresses of a domain, so that it need not be asked again for each: that its exchangers refuse the null
 * sender, that they accept any local part. Keyed by the domain together with the set of its exchangers: who moves to other servers
 * is asked anew. Also which exchangers say they can do TLS and cannot. Bounded; any thread.
 */
public final class DomainFacts {
    /** How long an exchanger whose TLS failed is asked in clear. */
    static final Duration BROKEN_TLS = Duration.ofDays(1);

    private static final int MOST_DOMAINS = 50_000;
    private static final int MOST_EXCHANGERS = 10_000;

    /** Whether the domain takes mail for anybody. */
    enum CatchAll {
        YES,
        NO
    }

    private record Key(String domain, String exchangers) {}

    private record Refusal(String reply) {}

    private final Cache<Key, Refusal> refusesNullSender;
    private final Cache<Key, CatchAll> catchAll;
    private final Cache<String, Boolean> brokenTls;

    /**
     * @param refusals how long a refusal of the null sender is believed ({@code cache.keep.refuses-null-sender})
     * @param any how long an answer about random local parts is believed ({@code cache.keep.accepts-any})
     */
    public DomainFacts(Duration refusals, Duration any) {
        this(refusals, any, System::nanoTime);
    }

    DomainFacts(Duration refusals, Duration any, LongSupplier clock) {
        refusesNullSender = cache(MOST_DOMAINS, refusals, clock);
        catchAll = cache(MOST_DOMAINS, any, clock);
        brokenTls = cache(MOST_EXCHANGERS, BROKEN_TLS, clock);
    }

    private static <K, V> Cache<K, V> cache(int most, Duration life, LongSupplier clock) {
        return Caffeine.newBuilder()
                .maximumSize(most)
                .ticker(clock::getAsLong)
                .executor(Runnable::run)
                .expireAfter(Expiry.<K, V>writing((key, value) -> life))
                .build();
    }

    void refusedNullSender(MailDomain domain, List<String> exchangers, String reply) {
        refusesNullSender.put(key(domain, exchangers), new Refusal(reply));
    }

    /** The reply with which the domain's exchangers refused the null sender of late, or null. */
    @Nullable
    String nullSenderRefusal(MailDomain domain, List<String> exchangers) {
        Refusal refusal = refusesNullSender.getIfPresent(key(domain, exchangers));
        return refusal == null ? null : refusal.reply();
    }

    void tookRandom(MailDomain domain, List<String> exchangers, CatchAll answer) {
        catchAll.put(key(domain, exchangers), answer);
    }

    /** Null when it was not asked within the last day. */
    @Nullable
    CatchAll catchAll(MailDomain domain, List<String> exchangers) {
        return catchAll.getIfPresent(key(domain, exchangers));
    }

    void brokeTls(String exchanger) {
        brokenTls.put(exchanger, Boolean.TRUE);
    }

    boolean hasBrokenTls(String exchanger) {
        return brokenTls.getIfPresent(exchanger) != null;
    }

    /** Forgets what is known of the domain ({@code cache forget}). */
    public void forget(MailDomain domain) {
        refusesNullSender.asMap().keySet().removeIf(key -> key.domain().equals(domain.key()));
        catchAll.asMap().keySet().removeIf(key -> key.domain().equals(domain.key()));
    }

    /** The set, whatever its order: equal preferences are shuffled. At most twenty names. */
    private static Key key(MailDomain domain, List<String> exchangers) {
        return new Key(domain.key(), String.join(" ", new TreeSet<>(exchangers)));
    }
}
