package io.countersign.dns;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The name of a client, confirmed: a PTR name that leads back to the address (FCrDNS; RFC 8601 §2.7.3). Thread safe. */
public final class ReverseDns {
    /** PTR names that are looked at; more make an answer slower, not truer. */
    static final int MAX_NAMES = 10;

    private final Dns dns;

    public ReverseDns(Dns dns) {
        this.dns = dns;
    }

    /** Never fails; at most eleven questions, in two rounds. */
    public Mono<ClientName> lookup(InetAddress client) {
        return dns.ptr(client).flatMap(ptr -> switch (ptr.kind()) {
            case FOUND -> confirm(client, ((Lookup.Found<String>) ptr).records());
            case NO_SUCH_NAME, NO_DATA -> Mono.just(new ClientName(ClientName.Result.NONE, null, "no PTR record"));
            case FAILED ->
                Mono.just(new ClientName(
                        ClientName.Result.TEMPERROR, null, "PTR: " + ((Lookup.Failed<String>) ptr).why()));
        });
    }

    private Mono<ClientName> confirm(InetAddress client, List<String> names) {
        List<String> examined = names.subList(0, Math.min(names.size(), MAX_NAMES));
        if (examined.size() == 1) {
            return back(client, examined.get(0)); // nearly always, and once a connection
        }
        return Flux.fromIterable(examined)
                .flatMap(name -> back(client, name), MAX_NAMES)
                .takeUntil(answer -> answer.result() == ClientName.Result.PASS)
                .reduce(ReverseDns::better)
                // The name to blame is the first one, whichever answer came first.
                .map(answer -> answer.result() == ClientName.Result.FAIL
                        ? new ClientName(ClientName.Result.FAIL, examined.get(0), answer.detail())
                        : answer);
    }

    private Mono<ClientName> back(InetAddress client, String name) {
        Mono<Lookup<InetAddress>> question = client instanceof Inet4Address ? dns.ipv4(name) : dns.ipv6(name);
        return question.map(addresses -> switch (addresses.kind()) {
            case FOUND ->
                ((Lookup.Found<InetAddress>) addresses).records().contains(client)
                        ? new ClientName(ClientName.Result.PASS, name, "confirmed")
                        : new ClientName(ClientName.Result.FAIL, name, name + " has other addresses");
            case NO_SUCH_NAME, NO_DATA -> new ClientName(ClientName.Result.FAIL, name, name + " has no address");
            case FAILED ->
                new ClientName(
                        ClientName.Result.TEMPERROR,
                        null,
                        name + ": " + ((Lookup.Failed<InetAddress>) addresses).why());
        });
    }

    /** Confirmed beats all; a question without an answer might have confirmed, so it beats a no. */
    private static ClientName better(ClientName one, ClientName other) {
        return rank(other) > rank(one) ? other : one;
    }

    private static int rank(ClientName name) {
        return switch (name.result()) {
            case PASS -> 3;
            case TEMPERROR -> 2;
            case FAIL -> 1;
            case NONE -> 0;
        };
    }
}
