package io.countersign.dns;

import io.countersign.config.DomainPatterns;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Whether "no such domain" may be believed. A resolver can lie: cut off from the Internet, or behind a filter, it says NXDOMAIN
 * to everything. So it must have resolved a name of ours within the last minute; and when more than half of twenty or more
 * sender domains of a minute do not exist, it must do so again before anything is refused. Thread safe; never blocks.
 */
public final class ResolverProof {
    static final Duration GOOD_FOR = Duration.ofMinutes(1);
    static final Duration BAD_FOR = Duration.ofSeconds(5);
    static final Duration WINDOW = Duration.ofMinutes(1);
    static final int SUSPICIOUS = 20;

    private static final Logger log = LoggerFactory.getLogger(ResolverProof.class);
    private static final int MAX_SEEN = 4_096;

    private final List<Function<String, Mono<? extends Lookup<?>>>> questions;
    private final @Nullable String ownName;
    private final LongSupplier nanos;

    /** Domains of the last minute, the one seen longest ago first; the value says when and whether it was missing. */
    private final Map<String, Seen> seen = new LinkedHashMap<>();

    private int missing;
    private long alerts;
    private boolean suspect;
    private @Nullable Check last;
    private @Nullable Mono<Boolean> running;
    private int generation;

    /** @param ownName null to believe the resolver always */
    ResolverProof(Dns uncached, @Nullable String ownName, LongSupplier nanos) {
        this.questions = List.of(uncached::mx, uncached::ipv4, uncached::ipv6, uncached::txt);
        this.ownName = ownName;
        this.nanos = nanos;
    }

    /** @param uncached {@link NettyDns#uncached()}: a remembered answer would prove nothing */
    public static ResolverProof of(Dns uncached, DomainPatterns domains) {
        String first = domains.patterns().get(0);
        return new ResolverProof(uncached, first.startsWith("*.") ? first.substring(2) : first, System::nanoTime);
    }

    /** For commands that run without a domain of ours: the resolver is believed. */
    public static ResolverProof none(Dns uncached) {
        return new ResolverProof(uncached, null, System::nanoTime);
    }

    /** Takes note of the answer, and turns a "no such domain" that cannot be believed now into a failure. */
    Mono<ExchangerSet> judge(String domain, ExchangerSet set) {
        if (ownName == null || set.kind() == ExchangerSet.Kind.FAILED) {
            return Mono.just(set);
        }
        boolean absent = set.kind() == ExchangerSet.Kind.NO_SUCH_DOMAIN;
        note(domain, absent);
        if (!absent) {
            return Mono.just(set);
        }
        return proves().map(proven -> proven
                ? set
                : new ExchangerSet.Failed("the resolver says that " + domain + " does not exist, but does not resolve "
                        + ownName + " either"));
    }

    /** How often most sender domains of a minute seemed not to exist. */
    public synchronized long alerts() {
        return alerts;
    }

    /** Completes with whether the resolver may be believed now; asks it where that is not known. */
    Mono<Boolean> proves() {
        return Mono.defer(this::known);
    }

    private synchronized Mono<Boolean> known() {
        Check check = last;
        if (check != null) {
            long age = nanos.getAsLong() - check.at();
            if (check.proven() ? !suspect && age < GOOD_FOR.toNanos() : age < BAD_FOR.toNanos()) {
                return Mono.just(check.proven());
            }
        }
        Mono<Boolean> asking = running;
        if (asking == null) {
            int mine = generation;
            asking = ask().doOnNext(proven -> checked(mine, proven)).cache();
            running = asking;
        }
        return asking;
    }

    private Mono<Boolean> ask() {
        String name = ownName;
        if (name == null) {
            return Mono.just(true);
        }
        return Flux.fromIterable(questions)
                .concatMap(question -> question.apply(name), 0)
                .any(answer -> answer.kind() == Lookup.Kind.FOUND);
    }

    private synchronized void checked(int mine, boolean proven) {
        if (mine != generation) {
            return;
        }
        running = null;
        Check before = last;
        last = new Check(nanos.getAsLong(), proven);
        if (proven) {
            if (suspect) {
                // Judged by what comes from now on, or the same domains would raise the alarm again.
                seen.clear();
                missing = 0;
                suspect = false;
            }
        } else if (before == null || before.proven()) {
            log.warn(
                    "dns: the resolver does not resolve {}, a domain of ours: until it does, a sender domain that it does not find counts as a DNS failure",
                    ownName);
        }
    }

    private synchronized void note(String domain, boolean absent) {
        long now = nanos.getAsLong();
        Seen old = seen.remove(domain);
        if (old != null && old.absent()) {
            missing--;
        }
        seen.put(domain, new Seen(now, absent));
        if (absent) {
            missing++;
        }
        Iterator<Seen> oldest = seen.values().iterator();
        int size = seen.size();
        while (oldest.hasNext()) {
            Seen one = oldest.next();
            if (size <= MAX_SEEN && now - one.at() < WINDOW.toNanos()) {
                break;
            }
            oldest.remove();
            size--;
            if (one.absent()) {
                missing--;
            }
        }
        if (!suspect && size >= SUSPICIOUS && missing * 2 > size) {
            suspect = true;
            alerts++;
            // Whatever is being asked was asked before the suspicion.
            generation++;
            running = null;
            log.error(
                    "dns: {} of {} sender domains of the last minute do not exist: checking the resolver",
                    missing,
                    size);
        }
    }

    private record Seen(long at, boolean absent) {}

    private record Check(long at, boolean proven) {}
}
