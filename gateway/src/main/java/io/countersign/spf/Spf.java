package io.countersign.spf;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.countersign.dns.ALabels;
import io.countersign.dns.Dns;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import io.countersign.smtp.ReversePath;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Sender Policy Framework (RFC 7208): may this client use this domain? Results are kept by client and domain as long as the
 * shortest TTL says; checks in flight are shared; each domain is asked about at a limited rate, so that a flood of forgeries
 * does not become a flood of questions to its name servers. Thread safe; never blocks.
 */
public final class Spf {
    /** Checks of one domain a second that ask DNS, and as many at once. */
    static final int RATE = 20;

    /** A check that takes longer is a TEMPERROR, whoever waits for it or not (RFC 7208 §4.6.4: at least 20 seconds). */
    static final Duration LONGEST_CHECK = Duration.ofSeconds(20);

    private static final Duration LONGEST_KEPT = Duration.ofHours(1);
    private static final int MAX_RESULTS = 100_000;
    private static final int MAX_DOMAINS = 50_000;
    private static final int MAX_IN_FLIGHT = 5_000;
    private static final String POSTMASTER = "postmaster";

    private final Dns dns;
    private final LongSupplier nanos;
    private final Cache<Key, Kept> results;
    private final Cache<String, AtomicLong> paces;
    private final ConcurrentMap<Sender, Sinks.One<SpfResult>> inFlight = new ConcurrentHashMap<>();
    private final LongAdder limited = new LongAdder();

    public Spf(Dns dns) {
        this(dns, System::nanoTime);
    }

    Spf(Dns dns, LongSupplier nanos) {
        this.dns = dns;
        this.nanos = nanos;
        this.results = Caffeine.newBuilder()
                .maximumSize(MAX_RESULTS)
                .expireAfter(Expiry.<Key, Kept>creating((key, kept) -> kept.time()))
                .ticker(nanos::getAsLong)
                .executor(Runnable::run)
                .build();
        this.paces = Caffeine.newBuilder()
                .maximumSize(MAX_DOMAINS)
                // A pace is worth nothing once its debt is paid, which takes a second.
                .expireAfterAccess(Duration.ofSeconds(10))
                .ticker(nanos::getAsLong)
                .executor(Runnable::run)
                .build();
    }

    /**
     * Checks the domain of the reverse path or, for the null sender, the HELO name (§2.4). Never fails. A check that is not ready
     * in time goes on for others and for the cache.
     *
     * @param heloName what the client said after EHLO, whatever it is
     * @param deadlineNanos {@link System#nanoTime()} at which the answer is TEMPERROR at last
     */
    public Mono<SpfResult> check(InetAddress client, String heloName, ReversePath from, long deadlineNanos) {
        MailAddress mailbox = from.mailbox();
        if (mailbox == null) {
            return check(client, heloName, POSTMASTER, heloName, deadlineNanos);
        }
        MailDomain domain = mailbox.domain();
        return domain.isLiteral()
                ? Mono.just(SpfResult.NONE)
                : check(client, heloName, mailbox.localPart(), domain.text(), deadlineNanos);
    }

    /**
     * What an earlier check found, as long as it is kept; null when it has to be asked (also for a domain that is not ASCII, whose
     * form DNS knows takes a conversion). Costs one look-up.
     */
    public @Nullable SpfResult known(InetAddress client, MailAddress mailbox) {
        String domain = mailbox.domain().text();
        if (mailbox.domain().isLiteral() || !ALabels.isAscii(domain)) {
            return null;
        }
        Kept kept = results.getIfPresent(new Key(client, withoutDot(domain)));
        return kept == null ? null : kept.result();
    }

    Mono<SpfResult> check(InetAddress client, String helo, String localPart, String domain, long deadlineNanos) {
        return ALabels.of(domain).flatMap(ascii -> {
            if (ascii.isEmpty()) {
                return Mono.just(SpfResult.NONE);
            }
            String local = localPart.isEmpty() ? POSTMASTER : localPart;
            Sender sender = new Sender(client, helo, local, withoutDot(ascii.get()));
            Kept known = results.getIfPresent(new Key(client, sender.domain()));
            return known != null ? Mono.just(known.result()) : inTime(sender, deadlineNanos);
        });
    }

    /** Checks that were not made because their domain had had its share, or because too many were in flight. */
    public long limited() {
        return limited.sum();
    }

    private static String withoutDot(String domain) {
        return (domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain).toLowerCase(Locale.ROOT);
    }

    private Mono<SpfResult> inTime(Sender sender, long deadlineNanos) {
        long left = deadlineNanos - System.nanoTime();
        return left <= 0
                ? Mono.just(SpfResult.TEMPERROR)
                : shared(sender).timeout(Duration.ofNanos(left), Mono.just(SpfResult.TEMPERROR));
    }

    private Mono<SpfResult> shared(Sender sender) {
        Sinks.One<SpfResult> running = inFlight.get(sender);
        if (running != null) {
            return running.asMono();
        }
        if (inFlight.size() >= MAX_IN_FLIGHT || !hasShare(sender.domain())) {
            limited.increment();
            return Mono.just(SpfResult.TEMPERROR);
        }
        Sinks.One<SpfResult> mine = Sinks.one();
        Sinks.One<SpfResult> other = inFlight.putIfAbsent(sender, mine);
        if (other != null) {
            return other.asMono();
        }
        // Subscribed here, so that the check goes on when those who wait for it have gone.
        SpfCheck check = new SpfCheck(dns, sender);
        check.run()
                .doOnNext(result -> keep(sender, check, result))
                .timeout(LONGEST_CHECK, Mono.just(SpfResult.TEMPERROR))
                .doFinally(how -> inFlight.remove(sender, mine))
                .subscribe(
                        result -> mine.tryEmitValue(result).orThrow(),
                        bug -> mine.tryEmitError(bug).orThrow());
        return mine.asMono();
    }

    private void keep(Sender sender, SpfCheck check, SpfResult result) {
        Duration ttl = check.ttl().compareTo(LONGEST_KEPT) < 0 ? check.ttl() : LONGEST_KEPT;
        if (result != SpfResult.TEMPERROR && !check.isPersonal() && !ttl.isZero()) {
            results.put(new Key(sender.client(), sender.domain()), new Kept(result, ttl));
        }
    }

    /** GCRA: at most {@link #RATE} at once, and as many a second on average. */
    private boolean hasShare(String domain) {
        AtomicLong pace = paces.get(domain, d -> new AtomicLong(nanos.getAsLong()));
        long step = Duration.ofSeconds(1).toNanos() / RATE;
        while (true) {
            long now = nanos.getAsLong();
            long due = pace.get();
            long start = due - now < 0 ? now : due;
            if (start - now > step * (RATE - 1)) {
                return false;
            }
            if (pace.compareAndSet(due, start + step)) {
                return true;
            }
        }
    }

    private record Key(InetAddress client, String domain) {}

    private record Kept(SpfResult result, Duration time) {}
}
