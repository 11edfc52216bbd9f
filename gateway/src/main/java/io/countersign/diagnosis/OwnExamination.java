package io.countersign.diagnosis;

import io.countersign.config.Settings;
import io.countersign.dns.ClientName;
import io.countersign.dns.ExchangerSet;
import io.countersign.dns.Lookup;
import io.countersign.smtp.MailDomain;
import io.countersign.smtp.ReversePath;
import io.countersign.spf.Spf;
import io.countersign.spf.SpfResult;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Our own name, addresses and domains, as servers that we talk to see them. Steps follow one another; subscribe once. */
final class OwnExamination {
    /** Domains of ours that are looked at. */
    static final int MOST_DOMAINS = 20;

    private final Means means;
    private final Settings settings;
    private final long deadline;
    private final List<Line> lines = new ArrayList<>();
    private final Set<InetAddress> here = addressesOfThisMachine();

    /** Lists this machine's addresses: not for an event loop. */
    OwnExamination(Means means, Settings settings, long deadline) {
        this.means = means;
        this.settings = settings;
        this.deadline = deadline;
    }

    List<Line> soFar() {
        return List.copyOf(lines);
    }

    /** HELO name: where it leads, back again, SPF. */
    Mono<List<Line>> name() {
        String helo = settings.callout().helo();
        Optional<MailDomain> name = MailDomain.parse(helo).filter(d -> !d.isLiteral());
        if (name.isEmpty() || helo.indexOf('.') < 0 || helo.endsWith(".invalid") || helo.endsWith(".localdomain")) {
            lines.add(Line.of(Fault.NO_FULL_NAME, helo, "not a full name that exists"));
            return Mono.just(lines);
        }
        return Mono.zip(means.dns().ipv4(helo), means.dns().ipv6(helo))
                .flatMapMany(both -> Flux.fromIterable(addresses(helo, both.getT1(), both.getT2())))
                .concatMap(address -> address(helo, address), 0)
                .then(Mono.just(lines));
    }

    /** Whether mail to our domains comes here. */
    Mono<List<Line>> domains() {
        return Flux.fromIterable(ownDomains(settings))
                .concatMap(this::leadsHere, 0)
                .then(Mono.just(lines));
    }

    /** Those that are written out; patterns stand for names we do not know. */
    static List<MailDomain> ownDomains(Settings settings) {
        return settings.domains().patterns().stream()
                .filter(pattern -> !pattern.startsWith("*"))
                .map(MailDomain::parse)
                .flatMap(Optional::stream)
                .limit(MOST_DOMAINS)
                .toList();
    }

    private List<InetAddress> addresses(String helo, Lookup<InetAddress> ipv4, Lookup<InetAddress> ipv6) {
        List<InetAddress> all = new ArrayList<>();
        for (Lookup<InetAddress> family : List.of(ipv4, ipv6)) {
            if (family instanceof Lookup.Found<InetAddress> found) {
                all.addAll(found.records());
            } else if (family instanceof Lookup.Failed<InetAddress> failed) {
                lines.add(Line.of(Fault.OWN_DNS_FAILURE, helo, failed.why()));
                return List.of();
            }
        }
        String shown = all.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
        if (all.isEmpty()) {
            lines.add(Line.of(Fault.HELO_NO_ADDRESS, helo, "neither A nor AAAA"));
        } else if (all.stream().noneMatch(here::contains)) {
            lines.add(Line.of(Fault.HELO_ELSEWHERE, helo, shown + ": not an address of this machine"));
        } else {
            lines.add(Line.ok(Check.OWN_NAME, helo, shown));
        }
        return all;
    }

    private Mono<Void> address(String helo, InetAddress address) {
        String about = address.getHostAddress();
        return means.reverseDns()
                .lookup(address)
                .doOnNext(found -> lines.add(reverse(about, found)))
                .then(new Spf(means.dns()).check(address, helo, ReversePath.NULL, deadline))
                .doOnNext(result -> lines.add(spf(helo + " [" + about + "]", result)))
                .then();
    }

    private static Line reverse(String about, ClientName found) {
        String detail = found.name() == null ? found.detail() : found.name() + ": " + found.detail();
        return switch (found.result()) {
            case PASS -> Line.ok(Check.OWN_REVERSE_DNS, about, detail);
            case NONE -> Line.of(Fault.OWN_NO_REVERSE_DNS, about, detail);
            case FAIL -> Line.of(Fault.OWN_REVERSE_DNS_OTHER, about, detail);
            case TEMPERROR -> Line.of(Fault.OWN_REVERSE_DNS_FAILURE, about, detail);
        };
    }

    private static Line spf(String about, SpfResult result) {
        String seen = "spf=" + result.word();
        return switch (result) {
            case PASS -> Line.ok(Check.OWN_SPF, about, seen);
            case NONE, NEUTRAL -> Line.of(Fault.OWN_NO_SPF, about, seen);
            case FAIL, SOFTFAIL, PERMERROR -> Line.of(Fault.OWN_SPF_REFUSES, about, seen);
            case TEMPERROR -> Line.of(Fault.OWN_SPF_FAILURE, about, seen);
        };
    }

    private Mono<Void> leadsHere(MailDomain domain) {
        return means.exchangers().get().of(domain).flatMap(set -> {
            if (!(set instanceof ExchangerSet.Found found)) {
                Fault fault = set.kind() == ExchangerSet.Kind.FAILED ? Fault.OWN_DNS_FAILURE : Fault.MX_ELSEWHERE;
                lines.add(Line.of(
                        fault,
                        domain.text(),
                        "no exchangers: " + set.kind().name().toLowerCase(Locale.ROOT)));
                return Mono.empty();
            }
            return Flux.fromIterable(found.exchangers())
                    .concatMap(
                            host -> Mono.zip(means.dns().ipv4(host), means.dns().ipv6(host)), 0)
                    .any(both -> isHere(both.getT1()) || isHere(both.getT2()))
                    .doOnNext(here -> lines.add(
                            here
                                    ? Line.ok(Check.OWN_MX, domain.text(), "an MX record leads here")
                                    : Line.of(
                                            Fault.MX_ELSEWHERE,
                                            domain.text(),
                                            "leads to " + String.join(", ", found.exchangers()))))
                    .then();
        });
    }

    private boolean isHere(Lookup<InetAddress> lookup) {
        return lookup instanceof Lookup.Found<InetAddress> found
                && found.records().stream().anyMatch(here::contains);
    }

    private static Set<InetAddress> addressesOfThisMachine() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .map(OwnExamination::withoutScope)
                    .collect(Collectors.toUnmodifiableSet());
        } catch (SocketException e) {
            throw new UncheckedIOException("cannot list this machine's addresses", e);
        }
    }

    private static InetAddress withoutScope(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new AssertionError("the octets of an address", e);
        }
    }
}
