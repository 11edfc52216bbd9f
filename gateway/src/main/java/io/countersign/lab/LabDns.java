package io.countersign.lab;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * A DNS server on loopback, UDP and TCP at one port, that answers as a recursive resolver does from records set by code,
 * and errs on request. All methods may be called from any thread but an event loop; changes hold for the next question.
 *
 * <pre>{@code
 * try (LabDns dns = LabDns.start()) {
 *     dns.mx("b.test", 10, "mx.b.test").a("mx.b.test", "127.1.0.5").ptr("127.1.0.5", "mx.b.test");
 *     dns.fault("slow.test", DnsFault.of(DnsFault.Kind.DROP));
 *     // ... let something use dns.server() ...
 *     assertThat(dns.asked("b.test", "MX")).isEqualTo(1);
 * }
 * }</pre>
 */
public final class LabDns implements AutoCloseable {
    /** How the TCP side behaves. */
    public enum Tcp {
        ANSWERS,
        /** Nobody listens. */
        REFUSES,
        /** Accepts and says nothing. */
        HANGS,
        /** Announces 65,535 octets and sends ten. */
        GARBAGE_LENGTH
    }

    /** How a question came. */
    public enum Transport {
        UDP,
        TCP
    }

    /** One question as it was asked; {@code name} without the final dot, in the case it had. */
    public record Question(String name, String type, Transport transport) {}

    private final Runnable atClose;
    private final DnsZones zones = new DnsZones();
    private final DnsFaults faults = new DnsFaults();
    private final DnsQuestions questions = new DnsQuestions();
    private final DnsSockets sockets;
    private volatile long ttl = 300;

    private LabDns(LabNet net, Runnable atClose) {
        this.atClose = atClose;
        this.sockets = new DnsSockets(net, new DnsResponder(zones, faults, questions));
    }

    /** Starts a server with a thread of its own at 127.0.0.1 and a free port. */
    public static LabDns start() {
        LabNet net = new LabNet(1);
        try {
            return new LabDns(net, net::close);
        } catch (RuntimeException e) {
            net.close();
            throw e;
        }
    }

    static LabDns on(LabNet net) {
        return new LabDns(net, () -> {});
    }

    public InetSocketAddress address() {
        return sockets.address();
    }

    /** The address as {@code dns.servers} takes it: {@code 127.0.0.1:5353}. */
    public String server() {
        return address().getHostString() + ":" + address().getPort();
    }

    // ---- records --------------------------------------------------------------------------------------------------

    /** The TTL, in seconds, of records added from now on; 300 until then. Up to 2^32−1, also what RFC 2181 §8 forbids. */
    public LabDns ttl(long seconds) {
        ttl = seconds;
        return this;
    }

    public LabDns a(String name, String... addresses) {
        return each(name, "A", addresses);
    }

    public LabDns aaaa(String name, String... addresses) {
        return each(name, "AAAA", addresses);
    }

    public LabDns mx(String name, int preference, String exchanger) {
        return record(name, "MX", preference + " " + absolute(exchanger));
    }

    /** "Takes no mail" (RFC 7505). */
    public LabDns nullMx(String name) {
        return record(name, "MX", "0 .");
    }

    public LabDns cname(String name, String target) {
        return record(name, "CNAME", absolute(target));
    }

    /** PTR of an IPv4 or IPv6 address. */
    public LabDns ptr(String address, String target) {
        return record(reverse(address), "PTR", absolute(target));
    }

    /** A (or AAAA) and PTR that confirm each other, as a client with proper reverse DNS has. */
    public LabDns host(String name, String address) {
        return record(name, address.indexOf(':') < 0 ? "A" : "AAAA", address).ptr(address, name);
    }

    /** One TXT record, cut into strings of 255 octets. */
    public LabDns txt(String name, String text) {
        List<String> strings = new ArrayList<>();
        for (int at = 0; at == 0 || at < text.length(); at += 255) {
            strings.add(text.substring(at, Math.min(text.length(), at + 255)));
        }
        zones.add(new TXTRecord(name(name), DClass.IN, ttl, strings));
        return this;
    }

    /** A zone; {@code minimum} seconds is how long the lack of a name or record in it may be remembered. */
    public LabDns zone(String name, long minimum) {
        zones.node(name(name)).put(Type.SOA, List.of(DnsZones.soa(name(name), minimum)));
        return this;
    }

    /** A name that exists and has no records: NODATA to everything. */
    public LabDns bare(String name) {
        zones.node(name(name));
        return this;
    }

    /** Any record, its data in the form of a zone file. {@code name} may begin with {@code *.}. */
    public LabDns record(String name, String type, String data) {
        try {
            zones.add(Record.fromString(name(name), type(type), DClass.IN, ttl, data, Name.root));
        } catch (IOException e) {
            throw new IllegalArgumentException(name + " " + type + " " + data, e);
        }
        return this;
    }

    /** Takes all records of {@code name} away. */
    public LabDns remove(String name) {
        zones.remove(name(name));
        return this;
    }

    // ---- faults ---------------------------------------------------------------------------------------------------

    /** For questions of any type about {@code name}; replaces an earlier fault of that name. */
    public LabDns fault(String name, DnsFault fault) {
        faults.set(name(name), Type.ANY, fault);
        return this;
    }

    /** For questions of one type about {@code name}; goes before a fault of the name as a whole. */
    public LabDns fault(String name, String type, DnsFault fault) {
        faults.set(name(name), type(type), fault);
        return this;
    }

    /** For every question that has no fault of its own. */
    public LabDns faultForAll(DnsFault fault) {
        faults.setForAll(fault);
        return this;
    }

    /** Takes all faults away. */
    public LabDns heal() {
        faults.clear();
        return this;
    }

    /** How TCP behaves; closes the connections there are. */
    public LabDns tcp(Tcp behaviour) {
        sockets.tcp(behaviour);
        return this;
    }

    /** Stops listening: UDP questions get "port unreachable", TCP connections are refused. */
    public LabDns off() {
        sockets.close();
        return this;
    }

    /** Listens again at the same port. */
    public LabDns on() {
        sockets.open();
        return this;
    }

    // ---- what was asked -------------------------------------------------------------------------------------------

    /** All questions so far. */
    public Tally asked() {
        return questions.all();
    }

    /** How often {@code name} was asked for, whatever the type. */
    public long asked(String name) {
        return questions.count(name(name), Type.ANY);
    }

    /** How often {@code name} was asked for a type such as {@code MX}. */
    public long asked(String name, String type) {
        return questions.count(name(name), type(type));
    }

    /** The last 10,000 questions, oldest first. */
    public List<Question> questions() {
        return questions.last();
    }

    /** Forgets what was asked. */
    public LabDns forgetQuestions() {
        questions.clear();
        return this;
    }

    /** Counts the questions but keeps no names, for benchmarks with a million of them. */
    public LabDns keepNoNames() {
        questions.keepNoNames();
        return this;
    }

    /** The name under which the PTR of an address stands. */
    public static String reverse(String address) {
        try {
            return ReverseMap.fromAddress(InetAddress.getByName(address)).toString(true);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("no IP address: " + address, e);
        }
    }

    @Override
    public void close() {
        off();
        atClose.run();
    }

    // ---- names and types ------------------------------------------------------------------------------------------

    private LabDns each(String name, String type, String... data) {
        for (String one : data) {
            record(name, type, one);
        }
        return this;
    }

    private static String absolute(String name) {
        return name.endsWith(".") ? name : name + ".";
    }

    private static Name name(String text) {
        try {
            return Name.fromString(text, Name.root);
        } catch (TextParseException e) {
            throw new IllegalArgumentException("no domain name: " + text, e);
        }
    }

    private static int type(String word) {
        int type = Type.value(word.toUpperCase(Locale.ROOT));
        if (type < 0) {
            throw new IllegalArgumentException("no record type: " + word);
        }
        return type;
    }
}
