package io.countersign.lab;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A small Internet on loopback: a DNS server, an MTA, and as many exchangers as wanted, each with an address of its own
 * (127.1.0.2, 127.1.0.3 …) at one common port, because callouts know only one. All of it ends with {@link #close}.
 *
 * <pre>{@code
 * try (Lab lab = Lab.start()) {
 *     LabExchanger b = lab.domain("b.test", Exchangers.wellBehaved("alice@b.test"));
 *     LabExchanger grey = lab.domain("grey.test", Exchangers.greylists(1, "bob@grey.test"));
 *     LabMta mta = lab.mta(MtaBehaviour.proper().mailboxes(Mailboxes.users("r@example.org")));
 *     lab.dns().nullMx("nomail.test").host("client.test", "127.9.0.1");
 *     Files.writeString(file, "include classpath(...)\n" + lab.configuration());
 * }
 * }</pre>
 */
public final class Lab implements AutoCloseable {
    private static final int FIRST_HOST = 1;
    private static final int LAST_HOST = 60_000;

    private final LabNet net;
    private final LabDns dns;
    private final LabExchanger portHolder;
    private final List<LabExchanger> exchangers = new ArrayList<>();
    private final List<LabMta> mtas = new ArrayList<>();
    private final List<BlackHole> blackHoles = new ArrayList<>();
    private int lastHost = FIRST_HOST;

    private Lab(LabNet net) {
        this.net = net;
        this.dns = LabDns.on(net);
        // Takes the common port, and is the address where every connection is reset.
        this.portHolder = LabExchanger.listen(
                net,
                new InetSocketAddress(loopback(FIRST_HOST), 0),
                Exchangers.resets(LabStage.CONNECT).hostname("nobody.lab.test"));
    }

    /** Starts with two threads and a DNS server without records. */
    public static Lab start() {
        return start(2);
    }

    /** Starts with that many threads. */
    public static Lab start(int threads) {
        LabNet net = new LabNet(threads);
        try {
            return new Lab(net);
        } catch (RuntimeException e) {
            net.close();
            throw e;
        }
    }

    public LabDns dns() {
        return dns;
    }

    /**
     * Starts an exchanger at an address of its own, with A and PTR for it in the DNS.
     *
     * @param hostname also what it calls itself, unless {@code behaviour} has another name
     */
    public synchronized LabExchanger exchanger(String hostname, Behaviour behaviour) {
        Behaviour named = behaviour.hostname().isEmpty() ? behaviour.hostname(hostname) : behaviour;
        LabExchanger exchanger = atNextAddress(named);
        exchangers.add(exchanger);
        dns.host(hostname, exchanger.address().getAddress().getHostAddress());
        return exchanger;
    }

    /** Starts an exchanger {@code mx.DOMAIN} and makes it the one exchanger of the domain. */
    public LabExchanger domain(String domain, Behaviour behaviour) {
        LabExchanger exchanger = exchanger("mx." + domain, behaviour);
        dns.mx(domain, 10, "mx." + domain);
        return exchanger;
    }

    /** Starts an MTA at 127.0.0.1 and a port of its own; the configuration names all of them as the backend. */
    public synchronized LabMta mta(MtaBehaviour behaviour) {
        LabMta mta = LabMta.on(net, behaviour);
        mtas.add(mta);
        return mta;
    }

    /** The port of all exchangers: {@code callout.port}. */
    public int calloutPort() {
        return portHolder.address().getPort();
    }

    /** An address where nobody listens at the callout port: connections are refused. */
    public synchronized String deadAddress() {
        return loopback(++lastHost).getHostAddress();
    }

    /** An address where connecting at the callout port never ends, as behind a firewall that drops everything. */
    public synchronized String blackHole() {
        UncheckedIOException last = null;
        while (lastHost < LAST_HOST) {
            InetSocketAddress next = new InetSocketAddress(loopback(++lastHost), calloutPort());
            try {
                blackHoles.add(BlackHole.at(next));
                return next.getAddress().getHostAddress();
            } catch (UncheckedIOException e) {
                last = e;
            }
        }
        throw noAddressLeft(last);
    }

    /** An address where each connection is reset at once. */
    public String resettingAddress() {
        return portHolder.address().getAddress().getHostAddress();
    }

    public synchronized List<LabExchanger> exchangers() {
        return List.copyOf(exchangers);
    }

    /** What a gateway's configuration needs to live in this lab, in HOCON; without an admin interface. */
    public String configuration() {
        return configuration("");
    }

    /** @param admin where its admin interface listens; empty: nowhere */
    public synchronized String configuration(String admin) {
        String laboratory = String.join(
                "\n",
                "dns.servers = [ \"" + dns.server() + "\" ]",
                "callout.port = " + calloutPort(),
                "callout.may-connect = [ \"127.0.0.0/8\" ]",
                // Never the usual one: many labs run at the same time.
                "admin.listen = \"" + admin + '"',
                "");
        if (mtas.isEmpty()) {
            return laboratory;
        }
        String addresses = mtas.stream().map(m -> '"' + m.backend() + '"').collect(Collectors.joining(", "));
        return laboratory + "backend.address = [ " + addresses + " ]\n";
    }

    @Override
    public synchronized void close() {
        exchangers.forEach(LabExchanger::close);
        mtas.forEach(LabMta::close);
        blackHoles.forEach(BlackHole::close);
        portHolder.close();
        dns.close();
        net.close();
    }

    /** Somebody else may hold the port at one address or another: then the next address will do. */
    private LabExchanger atNextAddress(Behaviour behaviour) {
        @Nullable Exception last = null;
        while (lastHost < LAST_HOST) {
            InetSocketAddress next = new InetSocketAddress(loopback(++lastHost), calloutPort());
            try {
                return LabExchanger.listen(net, next, behaviour);
            } catch (UncheckedIOException e) {
                last = e;
            }
        }
        throw noAddressLeft(last);
    }

    private IllegalStateException noAddressLeft(@Nullable Exception last) {
        return new IllegalStateException("no loopback address is left with port " + calloutPort(), last);
    }

    private static InetAddress loopback(int host) {
        try {
            return InetAddress.getByAddress(new byte[] {127, 1, (byte) (host >> 8), (byte) host});
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four octets are always an address", e);
        }
    }
}
