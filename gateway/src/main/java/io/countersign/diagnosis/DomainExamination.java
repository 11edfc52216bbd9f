package io.countersign.diagnosis;

import io.countersign.config.Settings;
import io.countersign.diagnosis.Interview.Course;
import io.countersign.dns.ClientName;
import io.countersign.dns.ConnectPolicy;
import io.countersign.dns.Dns.MxRecord;
import io.countersign.dns.ExchangerSet;
import io.countersign.dns.HostNames;
import io.countersign.dns.Lookup;
import io.countersign.limit.Grant;
import io.countersign.limit.Outcome;
import io.countersign.limit.Permit;
import io.countersign.limit.Trust;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import io.countersign.spf.SpfReview;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One examination of one domain. Steps follow one another; subscribe once. */
final class DomainExamination {
    /** Exchangers that are looked at, the most preferred ones; each is dialled at one address of each family at most. */
    static final int MOST_EXCHANGERS = 5;

    private static final String ROOT = ".";

    private final Means means;
    private final Settings settings;
    private final ConnectPolicy policy;
    private final MailDomain domain;
    private final String name;
    private final long deadline;
    private final List<Line> lines = new ArrayList<>();

    /** @param name of the domain in A-labels */
    DomainExamination(Means means, Settings settings, MailDomain domain, String name, long deadline) {
        this.means = means;
        this.settings = settings;
        this.policy = means.policy(settings);
        this.domain = domain;
        this.name = name;
        this.deadline = deadline;
    }

    Mono<List<Line>> run() {
        return exchangers()
                .flatMapMany(Flux::fromIterable)
                .concatMap(this::exchanger, 0)
                .then(Mono.defer(this::spf))
                .thenReturn(lines);
    }

    /** What is known by now, for when time is up. */
    List<Line> soFar() {
        return List.copyOf(lines);
    }

    // ---- in DNS ---------------------------------------------------------------------------------------------------

    private Mono<List<String>> exchangers() {
        return means.dns().mx(name).flatMap(mx -> switch (mx.kind()) {
            case FOUND -> Mono.just(named(((Lookup.Found<MxRecord>) mx).records()));
            case NO_SUCH_NAME, NO_DATA -> withoutMx();
            case FAILED -> none(Fault.DNS_FAILURE, ((Lookup.Failed<MxRecord>) mx).why());
        });
    }

    /** RFC 5321 §5.1. A resolver that lies is found out by the same means as for callouts. */
    private Mono<List<String>> withoutMx() {
        return means.exchangers().get().of(domain).flatMap(set -> {
            if (set instanceof ExchangerSet.Found found) {
                lines.add(Line.of(Fault.IMPLICIT_MX, name, "no MX record, only an address"));
                return Mono.just(found.exchangers());
            }
            if (set instanceof ExchangerSet.NoSuchDomain no) {
                return none(Fault.NO_SUCH_DOMAIN, no.detail());
            }
            if (set instanceof ExchangerSet.Unusable unusable) {
                return none(Fault.MX_NAMES_NO_HOST, unusable.detail());
            }
            return none(Fault.DNS_FAILURE, set instanceof ExchangerSet.Failed failed ? failed.why() : "no MX record");
        });
    }

    private Mono<List<String>> none(Fault fault, String seen) {
        lines.add(Line.of(fault, name, seen));
        return Mono.just(List.of());
    }

    private List<String> named(List<MxRecord> records) {
        if (records.stream().allMatch(mx -> mx.target().equals(ROOT))) {
            lines.add(Line.of(Fault.NULL_MX, name, "MX 0 ."));
            return List.of();
        }
        Set<String> hosts = new LinkedHashSet<>();
        List<MxRecord> sorted = new ArrayList<>(records);
        sorted.sort(Comparator.comparingInt(MxRecord::preference));
        for (MxRecord mx : sorted) {
            if (mx.target().equals(ROOT)) {
                lines.add(Line.of(Fault.NULL_MX_AMONG_OTHERS, name, "MX " + mx.preference() + " ."));
            } else if (!HostNames.isExchanger(mx.target())) {
                lines.add(Line.of(Fault.MX_NAMES_NO_HOST, name, "MX " + mx.preference() + " " + mx.target()));
            } else if (hosts.size() < MOST_EXCHANGERS) {
                hosts.add(mx.target());
            }
        }
        if (!hosts.isEmpty()) {
            lines.add(Line.ok(Check.EXCHANGERS, name, String.join(", ", hosts)));
        }
        return List.copyOf(hosts);
    }

    private Mono<Void> exchanger(String host) {
        return means.dns()
                .alias(host)
                .doOnNext(alias -> {
                    if (alias instanceof Lookup.Found<String> found) {
                        String target = found.records().get(0);
                        lines.add(Line.of(Fault.MX_NAMES_ALIAS, host, "an alias of " + target));
                    }
                })
                .then(Mono.defer(
                        () -> Mono.zip(means.dns().ipv4(host), means.dns().ipv6(host))))
                .flatMapMany(both -> Flux.fromIterable(usable(host, both.getT1(), both.getT2())))
                .concatMap(address -> address(host, address), 0)
                .then();
    }

    /** One address of each family that may be dialled. */
    private List<InetAddress> usable(String host, Lookup<InetAddress> ipv4, Lookup<InetAddress> ipv6) {
        List<InetAddress> all = new ArrayList<>();
        for (Lookup<InetAddress> family : List.of(ipv4, ipv6)) {
            if (family instanceof Lookup.Found<InetAddress> found) {
                all.addAll(found.records());
            } else if (family instanceof Lookup.Failed<InetAddress> failed) {
                lines.add(Line.of(Fault.ADDRESS_FAILURE, host, failed.why()));
            }
        }
        if (all.isEmpty()) {
            if (ipv4.kind() != Lookup.Kind.FAILED && ipv6.kind() != Lookup.Kind.FAILED) {
                lines.add(Line.of(Fault.NO_ADDRESS, host, "neither A nor AAAA"));
            }
            return List.of();
        }
        List<InetAddress> chosen = new ArrayList<>();
        List<String> shown = new ArrayList<>();
        for (InetAddress address : all) {
            Optional<String> refusal = policy.refusal(address);
            if (refusal.isPresent()) {
                lines.add(Line.of(Fault.FORBIDDEN_ADDRESS, host, refusal.get()));
                continue;
            }
            shown.add(address.getHostAddress());
            boolean first =
                    chosen.stream().noneMatch(one -> one instanceof Inet4Address == address instanceof Inet4Address);
            if (first) {
                chosen.add(address);
            }
        }
        if (!shown.isEmpty()) {
            lines.add(Line.ok(Check.ADDRESSES, host, String.join(", ", shown)));
        }
        return chosen;
    }

    private Mono<Void> address(String host, InetAddress address) {
        return means.reverseDns().lookup(address).flatMap(found -> {
            lines.add(reverse(host, address, found));
            return call(host, address);
        });
    }

    private static Line reverse(String host, InetAddress address, ClientName found) {
        String about = about(host, address);
        String detail = found.name() == null ? found.detail() : found.name() + ": " + found.detail();
        return switch (found.result()) {
            case PASS -> Line.ok(Check.REVERSE_DNS, about, detail);
            case NONE -> Line.of(Fault.NO_REVERSE_DNS, about, detail);
            case FAIL -> Line.of(Fault.REVERSE_DNS_UNCONFIRMED, about, detail);
            case TEMPERROR -> Line.of(Fault.REVERSE_DNS_FAILURE, about, detail);
        };
    }

    // ---- the conversation -----------------------------------------------------------------------------------------

    private Mono<Void> call(String host, InetAddress address) {
        MailAddress random =
                MailAddress.parse(means.randomLocalPart() + "@" + domain.text()).orElseThrow();
        Interview interview = new Interview(
                host,
                about(host, address),
                settings.callout().helo(),
                domain,
                random,
                new Interview.Timing(settings.callout().timeouts().greeting(), means.patience()));
        return dial(host, address, interview)
                .flatMap(course -> course == Course.AGAIN_IN_CLEAR ? dial(host, address, interview) : Mono.just(course))
                .doFinally(end -> lines.addAll(interview.lines()))
                .then();
    }

    private Mono<Course> dial(String host, InetAddress address, Interview interview) {
        String about = about(host, address);
        Grant grant = means.limits().dial(domain, host, address, Trust.UNPROVEN, Duration.ZERO);
        if (grant instanceof Grant.Refused refused) {
            lines.add(Line.of(Fault.OUR_LIMITS, about, refused.detail()));
            return Mono.just(Course.OVER);
        }
        Grant.Granted granted = (Grant.Granted) grant;
        Permit permit = granted.permit();
        Mono<Opening> opening = means.telephone().dial(settings.callout(), host, address, deadline);
        return (granted.after().isZero() ? opening : Mono.delay(granted.after()).then(opening))
                .flatMap(opened -> {
                    if (opened instanceof Opening.Connected connected) {
                        return talk(connected.talk(), interview, permit);
                    }
                    lines.add(notConnected(about, opened));
                    permit.close(opened.kind() == Opening.Kind.FAILED ? Outcome.PEER_FAILURE : Outcome.NOT_COUNTED);
                    return Mono.just(Course.OVER);
                })
                .doOnCancel(() -> permit.close(Outcome.NOT_COUNTED));
    }

    private static Mono<Course> talk(Talk talk, Interview interview, Permit permit) {
        return interview.run(talk).doFinally(end -> {
            talk.quit();
            String block = interview.blockedBy();
            if (block != null) {
                permit.blocked(block);
            }
            permit.close(interview.isHealthy() ? Outcome.SUCCESS : Outcome.PEER_FAILURE);
        });
    }

    private static Line notConnected(String about, Opening opened) {
        if (opened instanceof Opening.NoWay none) {
            return Line.of(Fault.NO_WAY_FROM_HERE, about, none.words());
        }
        return Line.of(
                Fault.NO_CONNECTION, about, opened instanceof Opening.Failed failed ? failed.words() : "no connection");
    }

    private static String about(String host, InetAddress address) {
        return host + " [" + address.getHostAddress() + "]";
    }

    // ---- SPF ------------------------------------------------------------------------------------------------------

    private Mono<Void> spf() {
        if (lines.stream().anyMatch(line -> line.fault() == Fault.NO_SUCH_DOMAIN)) {
            return Mono.empty();
        }
        return SpfReview.of(means.dns(), name)
                .doOnNext(result -> lines.add(spf(result)))
                .then();
    }

    private Line spf(SpfReview.Result result) {
        return switch (result.finding()) {
            case SOUND -> Line.ok(Check.SPF, name, result.record());
            case NONE -> Line.of(Fault.NO_SPF, name, "no SPF record");
            case SEVERAL -> Line.of(Fault.SPF_SEVERAL, name, result.record());
            case SYNTAX -> Line.of(Fault.SPF_SYNTAX, name, result.record());
            case TOO_MANY_LOOKUPS -> Line.of(Fault.SPF_TOO_MANY_LOOKUPS, name, result.record());
            case BROKEN_REFERENCE -> Line.of(Fault.SPF_BROKEN_REFERENCE, name, result.record());
            case ALLOWS_EVERYBODY -> Line.of(Fault.SPF_ALLOWS_EVERYBODY, name, result.record());
            case FAILURE -> Line.of(Fault.SPF_FAILURE, name, "DNS gave no answer");
        };
    }
}
