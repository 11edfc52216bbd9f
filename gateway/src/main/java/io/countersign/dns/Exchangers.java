package io.countersign.dns;

import io.countersign.dns.Dns.MxRecord;
import io.countersign.smtp.MailDomain;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** Which hosts take mail for a domain, and at which addresses they may be dialled (RFC 5321 §5.1, RFC 7505). Thread safe. */
public final class Exchangers {
    /** Exchangers of one domain that are kept, the most preferred ones. */
    static final int MAX_EXCHANGERS = 20;

    private static final String ROOT = ".";

    private final Dns dns;
    private final ResolverProof proof;
    private final ConnectPolicy policy;
    private final int maxAddresses;
    private final Supplier<Random> random;

    /** @param maxAddresses {@code callout.addresses} */
    public Exchangers(Dns dns, ResolverProof proof, ConnectPolicy policy, int maxAddresses) {
        this(dns, proof, policy, maxAddresses, ThreadLocalRandom::current);
    }

    Exchangers(Dns dns, ResolverProof proof, ConnectPolicy policy, int maxAddresses, Supplier<Random> random) {
        this.dns = dns;
        this.proof = proof;
        this.policy = policy;
        this.maxAddresses = maxAddresses;
        this.random = random;
    }

    /**
     * The exchangers of the domain. "No such domain" is only ever said while the resolver proves itself, and a failure of any
     * question that could have changed the answer makes it {@code Failed}. Never fails.
     */
    public Mono<ExchangerSet> of(MailDomain domain) {
        if (domain.isLiteral()) {
            return Mono.just(new ExchangerSet.Unusable("an address literal has no exchangers"));
        }
        return of(domain.text());
    }

    Mono<ExchangerSet> of(String domain) {
        return ALabels.of(domain)
                .flatMap(name -> name.isEmpty()
                        ? Mono.just(new ExchangerSet.Failed("not a valid internationalized domain"))
                        : find(name.get()).flatMap(set -> proof.judge(name.get(), set)));
    }

    private Mono<ExchangerSet> find(String domain) {
        return dns.mx(domain).flatMap(mx -> switch (mx.kind()) {
            case FOUND -> Mono.just(sorted(((Lookup.Found<MxRecord>) mx).records()));
            case NO_SUCH_NAME -> Mono.just(new ExchangerSet.NoSuchDomain("no such name in DNS"));
            case NO_DATA -> implicit(domain);
            // Not A instead: the domain may well have exchangers, and its web server is none of them.
            case FAILED -> Mono.just(new ExchangerSet.Failed("MX of " + domain + ": " + why(mx)));
        });
    }

    /** RFC 5321 §5.1: without MX the domain itself is the exchanger, if it has an address. */
    private Mono<ExchangerSet> implicit(String domain) {
        return Mono.zip(dns.ipv4(domain), dns.ipv6(domain), (ipv4, ipv6) -> {
            if (ipv4.kind() == Lookup.Kind.FOUND || ipv6.kind() == Lookup.Kind.FOUND) {
                return HostNames.isExchanger(domain)
                        ? new ExchangerSet.Found(List.of(domain))
                        : new ExchangerSet.Unusable("no MX, and " + domain + " is not a host name");
            }
            if (ipv4.kind() == Lookup.Kind.FAILED || ipv6.kind() == Lookup.Kind.FAILED) {
                return new ExchangerSet.Failed(
                        "addresses of " + domain + ": " + why(ipv4.kind() == Lookup.Kind.FAILED ? ipv4 : ipv6));
            }
            return new ExchangerSet.NoSuchDomain("neither MX nor A nor AAAA");
        });
    }

    private ExchangerSet sorted(List<MxRecord> records) {
        // RFC 7505 §3 asks for preference 0, but nothing else could be meant by the root; beside others it is a
        // mistake.
        if (records.stream().allMatch(mx -> mx.target().equals(ROOT))) {
            return new ExchangerSet.NullMx();
        }
        List<MxRecord> shuffled = new ArrayList<>(records);
        Collections.shuffle(shuffled, random.get());
        shuffled.sort(Comparator.comparingInt(MxRecord::preference));
        Set<String> names = new LinkedHashSet<>();
        for (MxRecord mx : shuffled) {
            if (names.size() < MAX_EXCHANGERS && HostNames.isExchanger(mx.target())) {
                names.add(mx.target());
            }
        }
        if (names.isEmpty()) {
            return new ExchangerSet.Unusable(
                    "MX names no host: " + records.get(0).target());
        }
        return new ExchangerSet.Found(List.copyOf(names));
    }

    /**
     * Where the exchanger may be dialled. IPv4 and IPv6 in turn, so that one dead family costs one connection and not all that
     * are allowed; IPv4 first, because senders without working IPv6 are more common than exchangers without IPv4. Never fails.
     */
    public Mono<ExchangerAddresses> addresses(String exchanger) {
        return Mono.zip(dns.ipv4(exchanger), dns.ipv6(exchanger), (ipv4, ipv6) -> {
            List<InetAddress> found = inTurn(records(ipv4), records(ipv6));
            List<InetAddress> allowed = new ArrayList<>();
            for (InetAddress address : found) {
                if (allowed.size() < maxAddresses && policy.allows(address)) {
                    allowed.add(address);
                }
            }
            if (!allowed.isEmpty()) {
                return new ExchangerAddresses.Found(allowed);
            }
            if (ipv4.kind() == Lookup.Kind.FAILED || ipv6.kind() == Lookup.Kind.FAILED) {
                return new ExchangerAddresses.Failed(
                        "addresses of " + exchanger + ": " + why(ipv4.kind() == Lookup.Kind.FAILED ? ipv4 : ipv6));
            }
            return found.isEmpty()
                    ? new ExchangerAddresses.None(exchanger + " has no address")
                    : new ExchangerAddresses.Refused(
                            policy.refusal(found.get(0)).orElseThrow());
        });
    }

    private static List<InetAddress> inTurn(List<InetAddress> first, List<InetAddress> second) {
        Set<InetAddress> merged = new LinkedHashSet<>();
        for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
            if (i < first.size()) {
                merged.add(first.get(i));
            }
            if (i < second.size()) {
                merged.add(second.get(i));
            }
        }
        return new ArrayList<>(merged);
    }

    private static List<InetAddress> records(Lookup<InetAddress> lookup) {
        return lookup instanceof Lookup.Found<InetAddress> found ? found.records() : List.of();
    }

    private static String why(Lookup<?> lookup) {
        return lookup instanceof Lookup.Failed<?> failed ? failed.why() : "";
    }
}
