package io.countersign.spf;

import io.countersign.dns.Dns;
import io.countersign.dns.Dns.MxRecord;
import io.countersign.dns.Lookup;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One run of check_host() (RFC 7208 §4) with its limits. The fields are plain: the steps follow one another, never side by side,
 * and Reactor makes each visible to the next.
 */
final class SpfCheck {
    /** Terms that ask DNS, in the record and all it includes or redirects to (§4.6.4). */
    static final int MAX_LOOKUPS = 10;

    /** Such terms whose question found nothing (§4.6.4). */
    static final int MAX_VOID = 2;

    /** Exchangers of one mx term, and PTR names of the client (§4.6.4). */
    static final int MAX_NAMES = 10;

    private static final Duration LONGEST = Duration.ofDays(1);

    private final Dns dns;
    private final Sender sender;
    private final byte[] client;
    private int lookups;
    private int voids;
    private Duration ttl = LONGEST;
    private boolean personal;
    private @Nullable List<String> validated;

    SpfCheck(Dns dns, Sender sender) {
        this.dns = dns;
        this.sender = sender;
        this.client = sender.client().getAddress();
    }

    /** Runs the check; subscribe once. */
    Mono<SpfResult> run() {
        return isFullDomain(sender.domain()) ? host(sender.domain()) : Mono.just(SpfResult.NONE);
    }

    /** §4.3: a HELO argument may be a literal, a single label, or anything at all; there is nobody to ask about those. */
    private static boolean isFullDomain(String domain) {
        return domain.indexOf('.') >= 0
                && domain.chars()
                        .allMatch(c -> MacroString.isAlphanumeric((char) c) || c == '-' || c == '_' || c == '.');
    }

    /** Whether it ended because the policy has more terms that ask DNS, or more of them find nothing, than §4.6.4 allows. */
    boolean isOverLimit() {
        return lookups > MAX_LOOKUPS || voids > MAX_VOID;
    }

    /** The smallest TTL of all answers used; a day if there was none. */
    Duration ttl() {
        return ttl;
    }

    /** Whether the result depends on more than client and domain: the local part or the HELO name was looked at. */
    boolean isPersonal() {
        return personal;
    }

    private Mono<SpfResult> host(String domain) {
        if (!MacroExpander.isAskable(domain)) {
            return Mono.just(SpfResult.NONE);
        }
        return dns.txt(domain).flatMap(texts -> switch (seen(texts).kind()) {
            case FAILED -> Mono.just(SpfResult.TEMPERROR);
            case NO_SUCH_NAME, NO_DATA -> Mono.just(SpfResult.NONE);
            case FOUND -> policy(((Lookup.Found<String>) texts).records(), domain);
        });
    }

    private Mono<SpfResult> policy(List<String> texts, String domain) {
        List<String> policies = texts.stream().filter(SpfRecord::isPolicy).toList();
        if (policies.size() != 1) {
            return Mono.just(policies.isEmpty() ? SpfResult.NONE : SpfResult.PERMERROR);
        }
        SpfRecord record;
        try {
            record = SpfRecord.parse(policies.get(0));
        } catch (SpfSyntaxException e) {
            return Mono.just(SpfResult.PERMERROR);
        }
        return evaluate(record, domain, 0);
    }

    private Mono<SpfResult> evaluate(SpfRecord record, String domain, int from) {
        for (int i = from; i < record.mechanisms().size(); i++) {
            Mechanism mechanism = record.mechanisms().get(i);
            byte[] network = mechanism.network();
            if (mechanism.type() == Mechanism.Type.ALL || network != null && mechanism.covers(client, network)) {
                return Mono.just(mechanism.result());
            }
            if (network != null) {
                continue;
            }
            if (++lookups > MAX_LOOKUPS) {
                return Mono.just(SpfResult.PERMERROR);
            }
            int next = i + 1;
            return matches(mechanism, domain).flatMap(match -> switch (match) {
                case YES -> Mono.just(mechanism.result());
                case NO -> evaluate(record, domain, next);
                case TEMPERROR -> Mono.just(SpfResult.TEMPERROR);
                case PERMERROR -> Mono.just(SpfResult.PERMERROR);
            });
        }
        MacroString redirect = record.redirect();
        if (redirect == null) {
            return Mono.just(SpfResult.NEUTRAL);
        }
        if (++lookups > MAX_LOOKUPS) {
            return Mono.just(SpfResult.PERMERROR);
        }
        return name(redirect, domain)
                .flatMap(this::host)
                .map(result -> result == SpfResult.NONE ? SpfResult.PERMERROR : result);
    }

    private Mono<Match> matches(Mechanism mechanism, String domain) {
        return name(mechanism.domain(), domain).flatMap(target -> {
            if (!MacroExpander.isAskable(target)) {
                // §4.8 leaves it open; include says "permerror" by way of "none".
                return Mono.just(mechanism.type() == Mechanism.Type.INCLUDE ? Match.PERMERROR : Match.NO);
            }
            return switch (mechanism.type()) {
                case INCLUDE -> host(target).map(SpfCheck::included);
                case A -> addresses(target).map(found -> counted(found, mechanism));
                case MX -> mx(target, mechanism);
                case EXISTS ->
                    dns.ipv4(target).map(found -> switch (counted(found)) {
                        case FAILED -> Match.TEMPERROR;
                        case VOID_TOO_OFTEN -> Match.PERMERROR;
                        case VOID -> Match.NO;
                        case FOUND -> Match.YES;
                    });
                case PTR ->
                    validatedNames()
                            .map(names ->
                                    names.stream().anyMatch(name -> isWithin(name, target)) ? Match.YES : Match.NO);
                case ALL, IP4, IP6 -> throw new IllegalStateException("asks nothing: " + mechanism);
            };
        });
    }

    private static Match included(SpfResult result) {
        return switch (result) {
            case PASS -> Match.YES;
            case FAIL, SOFTFAIL, NEUTRAL -> Match.NO;
            case TEMPERROR -> Match.TEMPERROR;
            case PERMERROR, NONE -> Match.PERMERROR;
        };
    }

    private Match counted(Lookup<InetAddress> found, Mechanism mechanism) {
        return switch (counted(found)) {
            case FAILED -> Match.TEMPERROR;
            case VOID_TOO_OFTEN -> Match.PERMERROR;
            case VOID -> Match.NO;
            case FOUND -> covers(mechanism, found) ? Match.YES : Match.NO;
        };
    }

    private Mono<Match> mx(String target, Mechanism mechanism) {
        return dns.mx(target).flatMap(found -> switch (counted(found)) {
            case FAILED -> Mono.just(Match.TEMPERROR);
            case VOID_TOO_OFTEN -> Mono.just(Match.PERMERROR);
            case VOID -> Mono.just(Match.NO);
            case FOUND -> exchangers(((Lookup.Found<MxRecord>) found).records(), mechanism);
        });
    }

    private Mono<Match> exchangers(List<MxRecord> records, Mechanism mechanism) {
        if (records.size() > MAX_NAMES) {
            return Mono.just(Match.PERMERROR);
        }
        // One after the other: the client is mostly behind the first of them, and most domains have one or two.
        return Flux.fromIterable(records)
                .map(MxRecord::target)
                .filter(MacroExpander::isAskable)
                .concatMap(this::addresses, 0)
                .map(found -> switch (seen(found).kind()) {
                    case FAILED -> Match.TEMPERROR;
                    case NO_SUCH_NAME, NO_DATA -> Match.NO;
                    case FOUND -> covers(mechanism, found) ? Match.YES : Match.NO;
                })
                .takeUntil(match -> match != Match.NO)
                .last(Match.NO);
    }

    private boolean covers(Mechanism mechanism, Lookup<InetAddress> found) {
        return found instanceof Lookup.Found<InetAddress> addresses
                && addresses.records().stream().anyMatch(address -> mechanism.covers(client, address.getAddress()));
    }

    private Mono<Lookup<InetAddress>> addresses(String name) {
        return sender.isIpv4() ? dns.ipv4(name) : dns.ipv6(name);
    }

    /** PTR names of the client that lead back to it (§5.5), at most ten looked at; errors make them fewer. Asked once a check. */
    private Mono<List<String>> validatedNames() {
        List<String> known = validated;
        if (known != null) {
            return Mono.just(known);
        }
        return dns.ptr(sender.client())
                .flatMap(found -> {
                    seen(found);
                    List<String> names = found instanceof Lookup.Found<String> ptr ? ptr.records() : List.of();
                    return Flux.fromIterable(names.subList(0, Math.min(names.size(), MAX_NAMES)))
                            .filter(MacroExpander::isAskable)
                            .concatMap(
                                    name -> addresses(name)
                                            .filter(back -> seen(back) instanceof Lookup.Found<InetAddress> addresses
                                                    && addresses.records().contains(sender.client()))
                                            .map(back -> name.toLowerCase(Locale.ROOT)),
                                    0)
                            .collectList();
                })
                .doOnNext(names -> validated = new ArrayList<>(names));
    }

    private Mono<String> name(@Nullable MacroString spec, String domain) {
        if (spec == null) {
            return Mono.just(domain);
        }
        personal |= spec.uses('l') || spec.uses('s') || spec.uses('h');
        if (!spec.uses('p')) {
            return Mono.just(MacroExpander.name(spec, sender, domain, ""));
        }
        return validatedNames().map(names -> MacroExpander.name(spec, sender, domain, best(names, domain)));
    }

    /** §7.3: the domain itself, else a name below it, else any, else "unknown". */
    private static String best(List<String> names, String domain) {
        String best = "unknown";
        int rank = 0;
        for (String name : names) {
            int its = name.equalsIgnoreCase(domain) ? 3 : isWithin(name, domain) ? 2 : 1;
            if (its > rank) {
                rank = its;
                best = name;
            }
        }
        return best;
    }

    private static boolean isWithin(String name, String domain) {
        int extra = name.length() - domain.length();
        return extra == 0 && name.equalsIgnoreCase(domain)
                || extra > 1
                        && name.charAt(extra - 1) == '.'
                        && name.regionMatches(true, extra, domain, 0, domain.length());
    }

    /**
     * Counts the void answers of the terms themselves. Those to PTR and to the names that PTR and MX lead to do not count: the
     * first are not the policy's, and an exchanger without AAAA is no fault of a policy that an IPv6 client is checked against.
     */
    private Answer counted(Lookup<?> lookup) {
        return switch (seen(lookup).kind()) {
            case FOUND -> Answer.FOUND;
            case FAILED -> Answer.FAILED;
            case NO_SUCH_NAME, NO_DATA -> ++voids > MAX_VOID ? Answer.VOID_TOO_OFTEN : Answer.VOID;
        };
    }

    private <T> Lookup<T> seen(Lookup<T> lookup) {
        if (lookup.ttl().compareTo(ttl) < 0) {
            ttl = lookup.ttl();
        }
        return lookup;
    }

    private enum Match {
        YES,
        NO,
        TEMPERROR,
        PERMERROR
    }

    private enum Answer {
        FOUND,
        VOID,
        VOID_TOO_OFTEN,
        FAILED
    }
}
