package io.countersign.dns;

import static io.countersign.dns.FakeNameServer.negative;
import static io.countersign.dns.FakeNameServer.reply;
import static io.countersign.dns.FakeNameServer.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.countersign.config.Settings.DnsSettings;
import io.countersign.config.Settings.HostPort;
import io.countersign.dns.FakeNameServer.Query;
import io.countersign.net.Transport;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class NettyDnsTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static EventLoopGroup group;
    private static Transport transport;

    private final AtomicLong clock = new AtomicLong();
    private final List<AutoCloseable> closing = new ArrayList<>();

    @BeforeAll
    static void loops() {
        transport = Transport.best();
        group = transport.newGroup(2, "dns-test");
    }

    @AfterAll
    static void noLoops() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable one : closing) {
            one.close();
        }
    }

    private FakeNameServer server(Consumer<Query> script) {
        FakeNameServer server = new FakeNameServer(script);
        closing.add(server);
        return server;
    }

    private NettyDns dns(Duration timeout, int attempts, FakeNameServer... servers) {
        return dns(timeout, attempts, NettyDns.IN_FLIGHT, servers);
    }

    private NettyDns dns(Duration timeout, int attempts, int inFlight, FakeNameServer... servers) {
        List<HostPort> addresses = new ArrayList<>();
        for (FakeNameServer server : servers) {
            addresses.add(new HostPort("127.0.0.1", server.port()));
        }
        NettyDns dns = new NettyDns(
                new DnsSettings(addresses, timeout, attempts),
                transport,
                group,
                new NettyDns.Internals(Path.of("unused"), clock::get, inFlight));
        closing.add(0, dns);
        return dns;
    }

    private static <T> Lookup<T> get(Mono<Lookup<T>> question) {
        return question.blockOptional(Duration.ofSeconds(15)).orElseThrow();
    }

    private static <T> List<T> records(Lookup<T> lookup) {
        assertThat(lookup).isInstanceOf(Lookup.Found.class);
        return ((Lookup.Found<T>) lookup).records();
    }

    private static String why(Lookup<?> lookup) {
        assertThat(lookup).isInstanceOf(Lookup.Failed.class);
        return ((Lookup.Failed<?>) lookup).why();
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void records_of_every_type_come_back_as_values() {
        FakeNameServer server = server(q -> {
            Message answer = reply(q);
            switch (q.type()) {
                case Type.MX -> with(with(answer, "a.test", 60, "MX", "20 Two.test."), "a.test", 60, "MX", "0 .");
                case Type.A -> with(answer, "a.test", 60, "A", "192.0.2.1");
                case Type.AAAA -> with(answer, "a.test", 60, "AAAA", "2001:db8::1");
                case Type.TXT -> with(answer, "a.test", 60, "TXT", "\"v=spf1 \" \"-all\"");
                default -> with(answer, q.name(), 60, "PTR", "Host.Test.");
            }
            q.send(answer);
        });
        NettyDns dns = dns(LONG, 2, server);
        assertThat(records(get(dns.mx("A.test"))))
                .containsExactly(new Dns.MxRecord(20, "two.test"), new Dns.MxRecord(0, "."));
        assertThat(records(get(dns.ipv4("a.test.")))).containsExactly(address("192.0.2.1"));
        assertThat(records(get(dns.ipv6("a.test")))).containsExactly(address("2001:db8::1"));
        assertThat(records(get(dns.txt("a.test")))).containsExactly("v=spf1 -all");
        assertThat(records(get(dns.ptr(address("192.0.2.1"))))).containsExactly("host.test");
        assertThat(server.queries().get(4).name()).isEqualTo("1.2.0.192.in-addr.arpa");
        assertThat(records(get(dns.ptr(address("2001:db8::1"))))).containsExactly("host.test");
        assertThat(server.queries().get(5).name())
                .isEqualTo("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    }

    @Test
    void nio_sockets_do_as_well() {
        FakeNameServer server = server(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
        Transport nio = Transport.nio();
        EventLoopGroup loops = nio.newGroup(1, "dns-nio");
        try (NettyDns dns =
                new NettyDns(new DnsSettings(List.of(new HostPort("127.0.0.1", server.port())), LONG, 2), nio, loops)) {
            assertThat(records(get(dns.ipv4("a.test")))).containsExactly(address("192.0.2.1"));
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void queries_ask_for_recursion_and_answers_of_1232_octets() {
        FakeNameServer server = server(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
        get(dns(LONG, 2, server).ipv4("a.test"));
        Message query = server.queries().get(0).message();
        assertThat(query.getHeader().getFlag(Flags.RD)).isTrue();
        assertThat(query.getOPT().getPayloadSize()).isEqualTo(1232);
    }

    @Test
    void DN01_a_name_that_does_not_exist_is_kept_by_its_soa_and_never_over_15_minutes() {
        FakeNameServer server = server(q -> q.send(
                q.name().startsWith("long")
                        ? negative(q, Rcode.NXDOMAIN, 86400, 86400)
                        : negative(q, Rcode.NXDOMAIN, 600, 60)));
        NettyDns dns = dns(LONG, 2, server);
        assertThat(get(dns.mx("no.test"))).isEqualTo(new Lookup.NoSuchName<>(Duration.ofSeconds(60)));
        assertThat(get(dns.mx("long.test"))).isEqualTo(new Lookup.NoSuchName<>(Duration.ofMinutes(15)));
        clock.addAndGet(Duration.ofSeconds(59).toNanos());
        assertThat(get(dns.mx("no.test"))).isEqualTo(new Lookup.NoSuchName<>(Duration.ofSeconds(1)));
        assertThat(server.queries()).hasSize(2);
        clock.addAndGet(Duration.ofSeconds(2).toNanos());
        get(dns.mx("no.test"));
        assertThat(server.queries()).hasSize(3);
    }

    @Test
    void DN02_DN03_no_data_is_not_no_such_name() {
        FakeNameServer server = server(q -> q.send(negative(q, Rcode.NOERROR, 600, 60)));
        assertThat(get(dns(LONG, 2, server).mx("a.test")).kind()).isEqualTo(Lookup.Kind.NO_DATA);
    }

    @Test
    void DN04_a_server_that_fails_is_passed_over_for_the_next() {
        for (int rcode : new int[] {Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NOTIMP, Rcode.FORMERR}) {
            FakeNameServer bad = server(q -> q.send(reply(q, rcode)));
            FakeNameServer good = server(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
            assertThat(records(get(dns(LONG, 2, bad, good).ipv4("a.test"))))
                    .as(Rcode.string(rcode))
                    .hasSize(1);
        }
    }

    @Test
    void DN04_servers_that_all_fail_are_a_failure_for_five_seconds_at_most() {
        FakeNameServer server = server(q -> q.send(reply(q, Rcode.SERVFAIL)));
        NettyDns dns = dns(LONG, 2, server);
        assertThat(why(get(dns.mx("a.test")))).contains("SERVFAIL");
        assertThat(server.queries())
                .as("the same server is not asked the same thing twice")
                .hasSize(1);
        get(dns.mx("a.test"));
        assertThat(server.queries()).hasSize(1);
        clock.addAndGet(DnsCache.FAILURE.toNanos() + 1);
        get(dns.mx("a.test"));
        assertThat(server.queries()).hasSize(2);
    }

    @Test
    void DN05_a_silent_server_costs_its_share_of_the_time_and_the_next_one_answers() {
        FakeNameServer silent = server(q -> {});
        FakeNameServer good = server(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
        NettyDns dns = dns(Duration.ofMillis(1600), 2, silent, good);
        assertThat(records(get(dns.ipv4("a.test")))).hasSize(1);
        for (int i = 0; i < 3; i++) {
            get(dns.ipv4("b" + i + ".test"));
        }
        int asked = silent.queries().size();
        get(dns.ipv4("c.test"));
        assertThat(silent.queries()).as("after three misses it is asked last").hasSize(asked);
    }

    @Test
    void DN05_when_all_are_silent_the_question_fails_at_its_deadline() {
        FakeNameServer silent = server(q -> {});
        long before = System.nanoTime();
        Lookup<InetAddress> lookup = get(dns(SHORT, 2, silent).ipv4("a.test"));
        assertThat(why(lookup)).contains("no answer from 127.0.0.1");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isBetween(SHORT, SHORT.multipliedBy(8));
        await().untilAsserted(() -> assertThat(silent.queries()).hasSize(2));
    }

    @Test
    void DN05_a_closed_port_is_known_at_once() {
        FakeNameServer gone = server(q -> {});
        gone.close();
        FakeNameServer good = server(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
        NettyDns dns = dns(Duration.ofSeconds(60), 1, gone, good);
        assertThat(records(get(dns.ipv4("a.test")))).hasSize(1);
    }

    @Test
    void DN32_an_answer_to_the_first_try_counts_even_when_a_second_one_was_sent() {
        ConcurrentLinkedQueue<Query> tries = new ConcurrentLinkedQueue<>();
        FakeNameServer slow = server(q -> {
            tries.add(q);
            if (tries.size() == 2) {
                Query first = tries.element();
                first.send(with(reply(first), first.name(), 60, "A", "192.0.2.1"));
            }
        });
        assertThat(records(get(dns(Duration.ofSeconds(1), 2, slow).ipv4("a.test"))))
                .hasSize(1);
        assertThat(slow.queries()).hasSize(2);
    }

    @Test
    void DN08_aliases_are_followed_eight_deep_and_loops_fail() {
        FakeNameServer server = server(q -> {
            String name = q.name();
            if (name.equals("loop.test")) {
                q.send(with(with(reply(q), name, 60, "CNAME", "pool.test."), "pool.test", 60, "CNAME", "loop.test."));
                return;
            }
            if (name.equals("pool2.test")) {
                q.send(with(reply(q), name, 60, "CNAME", "pool2.test."));
                return;
            }
            int n = Integer.parseInt(name.substring(1, name.indexOf('.')));
            Message answer = reply(q);
            for (int i = n; i > 0; i--) {
                with(answer, "c" + i + ".test", 60 + i, "CNAME", "C" + (i - 1) + ".test.");
            }
            q.send(with(answer, "c0.test", 600, "A", "192.0.2.1"));
        });
        NettyDns dns = dns(LONG, 2, server);
        assertThat(get(dns.ipv4("c1.test")))
                .isEqualTo(new Lookup.Found<>(List.of(address("192.0.2.1")), Duration.ofSeconds(61)));
        assertThat(records(get(dns.ipv4("c8.test")))).hasSize(1);
        assertThat(why(get(dns.ipv4("c9.test")))).contains("aliases");
        assertThat(why(get(dns.ipv4("loop.test")))).contains("loop");
        assertThat(why(get(dns.ipv4("pool2.test")))).contains("loop");
    }

    @Test
    void DN08_an_alias_that_the_server_did_not_follow_is_asked_for() {
        FakeNameServer server = server(q -> {
            String next = switch (q.name()) {
                case "c9.test" -> "d9.test.";
                case "d9.test" -> "c9.test.";
                default -> "c" + (q.name().charAt(1) - '1') + ".test.";
            };
            q.send(
                    q.name().equals("c0.test")
                            ? with(reply(q), q.name(), 60, "A", "192.0.2.1")
                            : with(reply(q), q.name(), 30, "CNAME", next));
        });
        NettyDns dns = dns(LONG, 1, server);
        assertThat(get(dns.ipv4("c3.test")).ttl()).isEqualTo(Duration.ofSeconds(30));
        assertThat(server.queries()).hasSize(4);
        assertThat(why(get(dns.ipv4("c9.test")))).contains("aliases");
        assertThat(server.queries()).as("nine questions for an endless chain").hasSize(4 + 9);
    }

    @Test
    void DN18_a_truncated_answer_is_asked_for_by_tcp_and_the_connection_closed() {
        FakeNameServer server = server(q -> {
            Message answer = reply(q);
            if (q.tcp()) {
                for (int i = 0; i < 2048; i++) {
                    with(answer, q.name(), 60, "A", "10.0." + i / 256 + "." + i % 256);
                }
            } else if (q.name().startsWith("big")) {
                answer.getHeader().setFlag(Flags.TC);
            } else {
                with(answer, q.name(), 60, "A", "192.0.2.1");
            }
            q.send(answer);
        });
        NettyDns dns = dns(LONG, 2, server);
        assertThat(records(get(dns.ipv4("big.test")))).as("DN15: bounded").hasSize(500);
        assertThat(records(get(dns.ipv4("small.test")))).hasSize(1);
        assertThat(dns.counters().truncatedAnswers()).isEqualTo(1);
        await().untilAsserted(() -> assertThat(server.openConnections()).isZero());
    }

    @Test
    void DN19_truncated_and_tcp_refused_fails_over_or_fails() {
        FakeNameServer bad = server(q -> {
            Message answer = reply(q);
            answer.getHeader().setFlag(Flags.TC);
            q.send(answer);
        });
        bad.closeTcp();
        FakeNameServer good = server(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
        assertThat(records(get(dns(LONG, 2, bad, good).ipv4("a.test")))).hasSize(1);
        assertThat(why(get(dns(LONG, 2, bad).ipv4("a.test")))).contains("cannot connect");
    }

    @Test
    void DN19_truncated_and_tcp_hanging_or_lying_about_its_length_ends_at_the_deadline_with_the_connection_closed() {
        FakeNameServer server = server(q -> {
            if (!q.tcp()) {
                Message answer = reply(q);
                answer.getHeader().setFlag(Flags.TC);
                q.send(answer);
            } else if (q.name().startsWith("length")) {
                q.sendRaw(new byte[] {(byte) 0xff, (byte) 0xff, 1, 2, 3});
            }
        });
        NettyDns dns = dns(SHORT, 2, server);
        assertThat(get(dns.ipv4("hang.test")).kind()).isEqualTo(Lookup.Kind.FAILED);
        assertThat(get(dns.ipv4("length.test")).kind()).isEqualTo(Lookup.Kind.FAILED);
        await().untilAsserted(() -> assertThat(server.connections()).isEqualTo(2));
        await().untilAsserted(() -> assertThat(server.openConnections()).isZero());
    }

    @Test
    void DN19_a_tcp_answer_to_another_question_is_not_taken() {
        FakeNameServer server = server(q -> {
            Message answer = with(reply(q), q.name(), 60, "A", "192.0.2.66");
            if (q.tcp()) {
                answer.getHeader().setID(q.message().getHeader().getID() ^ 1);
            } else {
                answer = reply(q);
                answer.getHeader().setFlag(Flags.TC);
            }
            q.send(answer);
        });
        assertThat(why(get(dns(LONG, 1, server).ipv4("a.test")))).contains("another question");
    }

    @Test
    void DN20_a_server_that_cannot_read_edns_is_asked_without_and_remembered() {
        FakeNameServer server = server(q -> {
            if (q.message().getOPT() == null) {
                q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1"));
            } else {
                // Old servers return the header alone.
                Message answer = new Message(q.message().getHeader().getID());
                answer.getHeader().setFlag(Flags.QR);
                answer.getHeader().setRcode(Rcode.FORMERR);
                q.send(answer);
            }
        });
        NettyDns dns = dns(LONG, 1, server);
        assertThat(records(get(dns.ipv4("a.test")))).hasSize(1);
        assertThat(records(get(dns.ipv4("b.test")))).hasSize(1);
        assertThat(server.queries()).hasSize(3);
    }

    @Test
    void DN20_a_datagram_beyond_what_we_asked_for_is_read_or_asked_for_by_tcp() {
        FakeNameServer server = server(q -> {
            Message answer = reply(q);
            int records = q.name().startsWith("huge") ? 1000 : 200;
            for (int i = 0; i < records; i++) {
                with(answer, q.name(), 60, "A", "10.0." + i / 256 + "." + i % 256);
            }
            q.send(answer);
        });
        NettyDns dns = dns(LONG, 1, server);
        assertThat(records(get(dns.ipv4("large.test")))).hasSize(200);
        assertThat(server.connections()).isZero();
        assertThat(records(get(dns.ipv4("huge.test")))).hasSize(500);
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void DN21_answers_with_a_wrong_id_question_type_or_without_qr_are_ignored_and_the_true_one_awaited() {
        FakeNameServer server = server(q -> {
            Message wrongId = with(reply(q), q.name(), 60, "A", "192.0.2.66");
            wrongId.getHeader().setID(q.message().getHeader().getID() ^ 0x5555);
            q.send(wrongId);
            Message wrongName = new Message(q.message().getHeader().getID());
            wrongName.getHeader().setFlag(Flags.QR);
            with(wrongName, Section.QUESTION, "b.test", 0, "A", "0.0.0.0");
            q.send(wrongName);
            Message wrongType = new Message(q.message().getHeader().getID());
            wrongType.getHeader().setFlag(Flags.QR);
            with(wrongType, Section.QUESTION, q.name(), 0, "AAAA", "::");
            q.send(wrongType);
            Message query = with(reply(q), q.name(), 60, "A", "192.0.2.66");
            query.getHeader().unsetFlag(Flags.QR);
            q.send(query);
            q.send(new byte[] {1, 2, 3});
            q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1"));
        });
        NettyDns dns = dns(LONG, 1, server);
        assertThat(records(get(dns.ipv4("a.test")))).containsExactly(address("192.0.2.1"));
        assertThat(dns.counters().ignoredMessages()).isEqualTo(5);
    }

    @Test
    void DN21_an_answer_from_another_address_or_port_is_not_even_seen() throws IOException {
        FakeNameServer stranger = server(q -> {});
        FakeNameServer server = server(q -> {
            byte[] forged = with(reply(q), q.name(), 60, "A", "192.0.2.66").toWire();
            try (java.net.DatagramSocket other = new java.net.DatagramSocket()) {
                other.send(new java.net.DatagramPacket(forged, forged.length, q.from()));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1"));
        });
        assertThat(stranger.queries()).isEmpty();
        assertThat(records(get(dns(LONG, 1, server).ipv4("a.test")))).containsExactly(address("192.0.2.1"));
    }

    @Test
    void DN21_records_of_other_owners_in_any_section_are_not_taken() {
        FakeNameServer server = server(q -> {
            Message answer = with(reply(q), "other.test", 60, "A", "192.0.2.66");
            with(answer, q.name(), 60, "A", "192.0.2.1");
            with(answer, Section.ADDITIONAL, "victim.test", 60, "A", "192.0.2.66");
            q.send(answer);
        });
        NettyDns dns = dns(LONG, 1, server);
        assertThat(records(get(dns.ipv4("a.test")))).containsExactly(address("192.0.2.1"));
        get(dns.ipv4("victim.test"));
        assertThat(server.queries()).as("nothing of it was kept").hasSize(2);
    }

    @Test
    void DN21_ports_and_ids_change_from_question_to_question() {
        FakeNameServer server = server(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
        NettyDns dns = dns(LONG, 1, server);
        Flux.range(0, 600).flatMap(i -> dns.ipv4("n" + i + ".test"), 20).blockLast(LONG);
        Set<Integer> ports = new HashSet<>();
        Set<Integer> ids = new HashSet<>();
        for (Query query : server.queries()) {
            ports.add(query.from().getPort());
            ids.add(query.message().getHeader().getID());
        }
        assertThat(ports).hasSizeGreaterThanOrEqualTo(12);
        assertThat(ids).hasSizeGreaterThan(570);
    }

    @Test
    void DN22_an_answer_in_other_case_is_the_answer() {
        FakeNameServer server = server(q -> {
            Message answer = new Message(q.message().getHeader().getID());
            answer.getHeader().setFlag(Flags.QR);
            with(answer, Section.QUESTION, "A.TeSt", 0, "A", "0.0.0.0");
            q.send(with(answer, "a.tEST", 60, "A", "192.0.2.1"));
        });
        assertThat(records(get(dns(LONG, 1, server).ipv4("a.test")))).hasSize(1);
    }

    @Test
    void DN23_DN24_a_ttl_of_zero_is_not_kept_a_large_one_for_a_day_and_a_negative_one_counts_as_zero() {
        FakeNameServer server = server(q -> {
            byte[] answer = with(reply(q), q.name(), 60, "A", "192.0.2.1").toWire();
            long ttl = switch (q.name()) {
                case "zero.test" -> 0;
                case "one.test" -> 1;
                case "max.test" -> 0x7fffffffL;
                default -> 0xffffffffL;
            };
            int at = answer.length - 10;
            for (int i = 0; i < 4; i++) {
                answer[at + i] = (byte) (ttl >> 8 * (3 - i));
            }
            q.send(answer);
        });
        NettyDns dns = dns(LONG, 1, server);
        assertThat(get(dns.ipv4("zero.test")).ttl()).isZero();
        assertThat(get(dns.ipv4("msb.test")).ttl()).isZero();
        assertThat(get(dns.ipv4("one.test")).ttl()).isEqualTo(Duration.ofSeconds(5));
        assertThat(get(dns.ipv4("max.test")).ttl()).isEqualTo(Duration.ofDays(1));
        get(dns.ipv4("zero.test"));
        get(dns.ipv4("msb.test"));
        assertThat(server.queries()).hasSize(6);
        clock.addAndGet(Duration.ofDays(1).toNanos() - 1);
        get(dns.ipv4("max.test"));
        assertThat(server.queries()).hasSize(6);
        clock.addAndGet(2);
        get(dns.ipv4("max.test"));
        assertThat(server.queries()).hasSize(7);
    }

    @Test
    void DN25_strange_names_are_asked_as_they_are_or_not_at_all() {
        FakeNameServer server = server(q -> q.send(negative(q, Rcode.NXDOMAIN, 60, 60)));
        NettyDns dns = dns(LONG, 1, server);
        for (String good : List.of("_dmarc.a.test", "*.test", "a b.test", "a\\b.test", "x".repeat(63) + ".test")) {
            assertThat(get(dns.mx(good)).kind()).as(good).isEqualTo(Lookup.Kind.NO_SUCH_NAME);
        }
        int asked = server.queries().size();
        String tooLong = ("x".repeat(63) + ".").repeat(4) + "test";
        for (String bad : List.of("", ".", "a..test", ".a.test", "x".repeat(64) + ".test", tooLong, "ä.test")) {
            assertThat(get(dns.mx(bad)).kind()).as(bad).isEqualTo(Lookup.Kind.FAILED);
        }
        assertThat(server.queries()).hasSize(asked);
    }

    @Test
    void DN25_only_harmless_ptr_names_get_through() {
        FakeNameServer server = server(q -> {
            Message answer = reply(q);
            for (String name : List.of(
                    "evil\\000.test.", "a\\.b.test.", "a\\032b.test.", "\\192\\168.test.", "*.test.", "ok_1.test.")) {
                with(answer, q.name(), 60, "PTR", name);
            }
            q.send(answer);
        });
        assertThat(records(get(dns(LONG, 1, server).ptr(address("192.0.2.1"))))).containsExactly("ok_1.test");
    }

    @Test
    void DN27_DN28_malformed_and_looping_messages_are_failures() {
        FakeNameServer server = server(q -> {
            Message answer = with(reply(q), q.name(), 60, "MX", "10 mx.test.");
            byte[] octets = answer.toWire();
            // The rdata is: preference (2), "mx" (3), pointer (2); its length stands before it.
            int rdata = octets.length - 7;
            switch (q.name()) {
                case "short1.test" -> octets = cut(octets, rdata, 1);
                case "short2.test" -> octets = cut(octets, rdata, 2);
                case "loop.test" -> {
                    octets[octets.length - 2] = (byte) (0xc0 | octets.length - 2 >> 8);
                    octets[octets.length - 1] = (byte) (octets.length - 2);
                }
                case "beyond.test" -> octets[rdata - 1] = (byte) 200;
                case "counts.test" -> octets[6] = (byte) 0xff;
                default -> octets = java.util.Arrays.copyOf(octets, octets.length - 3);
            }
            q.send(octets);
        });
        NettyDns dns = dns(LONG, 1, server);
        for (String name : List.of("short1", "short2", "loop", "beyond", "counts", "cut")) {
            assertThat(why(get(dns.mx(name + ".test")))).as(name).contains("malformed");
        }
    }

    private static byte[] cut(byte[] octets, int rdata, int length) {
        byte[] shorter = java.util.Arrays.copyOf(octets, rdata + length);
        shorter[rdata - 1] = (byte) length;
        return shorter;
    }

    @Test
    void DN28_an_answer_of_65535_octets_is_read_within_bounds() {
        FakeNameServer server = server(q -> {
            Message answer = reply(q);
            if (!q.tcp()) {
                answer.getHeader().setFlag(Flags.TC);
                q.send(answer);
                return;
            }
            for (int i = 0; i < 4000; i++) {
                with(answer, q.name(), 60, "A", "10.0." + i / 256 + "." + i % 256);
            }
            q.send(answer.toWire(65_535));
        });
        assertThat(records(get(dns(LONG, 1, server).ipv4("a.test")))).hasSize(500);
    }

    @Test
    void DN30_equal_questions_in_flight_are_asked_once_and_a_cancelled_one_does_not_disturb_the_others() {
        ConcurrentLinkedQueue<Query> held = new ConcurrentLinkedQueue<>();
        FakeNameServer server = server(held::add);
        NettyDns dns = dns(LONG, 1, server);
        List<Lookup<InetAddress>> answers = new java.util.concurrent.CopyOnWriteArrayList<>();
        Disposable impatient = dns.ipv4("a.test").subscribe(answers::add);
        for (int i = 0; i < 99; i++) {
            dns.ipv4("A.test").subscribe(answers::add);
        }
        await().until(() -> !held.isEmpty());
        impatient.dispose();
        Query query = held.remove();
        query.send(with(reply(query), query.name(), 0, "A", "192.0.2.1"));
        await().untilAsserted(() -> assertThat(answers).hasSize(99));
        assertThat(server.queries()).hasSize(1);
        assertThat(dns.inFlight()).isZero();
    }

    @Test
    void DN30_above_the_cap_a_question_fails_at_once_is_counted_and_not_remembered() {
        ConcurrentLinkedQueue<Query> held = new ConcurrentLinkedQueue<>();
        FakeNameServer server = server(held::add);
        NettyDns dns = dns(LONG, 1, 3, server);
        for (int i = 0; i < 3; i++) {
            dns.ipv4("n" + i + ".test").subscribe();
        }
        await().until(() -> held.size() == 3);
        assertThat(why(get(dns.ipv4("n4.test")))).contains("too many questions in flight");
        assertThat(dns.counters().tooManyInFlight()).isEqualTo(1);
        held.forEach(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
        await().until(() -> dns.inFlight() == 0);
        dns.ipv4("n4.test").subscribe();
        await().until(() -> held.size() == 4);
    }

    @Test
    void DN30_thousands_of_different_questions_at_once_are_all_answered() {
        FakeNameServer server = server(q -> q.send(with(reply(q), q.name(), 60, "A", "192.0.2.1")));
        NettyDns dns = dns(LONG, 4, server);
        long found = Flux.range(0, 10_000)
                .flatMap(i -> dns.ipv4("n" + i + ".test"), 300)
                .filter(lookup -> lookup.kind() == Lookup.Kind.FOUND)
                .count()
                .blockOptional(Duration.ofSeconds(30))
                .orElseThrow();
        assertThat(found).isEqualTo(10_000);
    }

    @Test
    void an_uncached_question_is_asked_again_and_its_failure_does_not_replace_what_is_known() {
        AtomicInteger asked = new AtomicInteger();
        FakeNameServer server = server(q -> q.send(
                asked.incrementAndGet() == 1
                        ? with(reply(q), q.name(), 60, "A", "192.0.2.1")
                        : reply(q, Rcode.SERVFAIL)));
        NettyDns dns = dns(LONG, 1, server);
        assertThat(records(get(dns.ipv4("a.test")))).hasSize(1);
        assertThat(get(dns.uncached().ipv4("a.test")).kind()).isEqualTo(Lookup.Kind.FAILED);
        assertThat(records(get(dns.ipv4("a.test")))).hasSize(1);
        assertThat(dns.counters().cacheHits()).isEqualTo(1);
    }

    @Test
    void a_referral_from_a_server_that_does_not_resolve_for_us_is_no_proof_of_anything() {
        FakeNameServer server = server(q -> {
            Message answer = with(reply(q), Section.AUTHORITY, "test", 60, "NS", "ns.test.");
            answer.getHeader().unsetFlag(Flags.RA);
            q.send(answer);
        });
        assertThat(why(get(dns(LONG, 1, server).mx("a.test")))).contains("referral");
    }

    @Test
    void after_close_questions_fail_and_those_in_flight_end() {
        FakeNameServer silent = server(q -> {});
        NettyDns dns = dns(Duration.ofSeconds(60), 1, silent);
        List<Lookup<InetAddress>> answers = new java.util.concurrent.CopyOnWriteArrayList<>();
        dns.ipv4("a.test").subscribe(answers::add);
        await().until(() -> !silent.queries().isEmpty());
        dns.close();
        await().untilAsserted(() -> assertThat(answers).hasSize(1));
        assertThat(why(answers.get(0))).contains("shut down");
        assertThat(why(get(dns.ipv4("b.test")))).contains("shut down");
    }

    @Test
    void a_name_server_given_by_name_is_refused() {
        assertThatThrownBy(() ->
                        new NettyDns(new DnsSettings(List.of(new HostPort("ns.test", 53)), LONG, 1), transport, group))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ns.test");
    }

    @Test
    void OP10_the_systems_servers_are_read_and_read_again_when_the_file_changes(@TempDir Path folder)
            throws IOException {
        Path file = folder.resolve("resolv.conf");
        Files.writeString(
                file, "# comment\nsearch test\nnameserver 192.0.2.1\n nameserver\t::1 \nnameserver nonsense\n");
        NameServers servers = NameServers.system(file);
        assertThat(servers.inOrder())
                .extracting(s -> s.address().getAddress())
                .containsExactly(address("192.0.2.1"), address("::1"));
        NameServer kept = servers.all().get(1);
        Files.writeString(file, "nameserver ::1\nnameserver 192.0.2.2\n");
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(10)));
        servers.reread(file);
        assertThat(servers.inOrder())
                .extracting(s -> s.address().getAddress())
                .containsExactly(address("::1"), address("192.0.2.2"));
        assertThat(servers.all().get(0)).isSameAs(kept);
        Files.delete(file);
        servers.reread(file);
        assertThat(servers.inOrder()).hasSize(2);
    }

    @Test
    void without_a_system_file_this_machine_is_asked(@TempDir Path folder) {
        assertThat(NameServers.system(folder.resolve("none")).inOrder())
                .extracting(s -> s.address().getAddress())
                .containsExactly(address("127.0.0.1"));
    }
}
