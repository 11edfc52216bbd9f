package io.countersign.dns;

import static io.countersign.dns.FakeDns.address;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExchangersTest {
    private static final ConnectPolicy ANYTHING = new ConnectPolicy(a -> false, a -> false, List.of(), 25);

    private final FakeDns dns = new FakeDns();
    private ConnectPolicy policy = ANYTHING;

    private Exchangers exchangers() {
        return new Exchangers(dns, ResolverProof.none(dns), policy, 5);
    }

    private ExchangerSet of(String domain) {
        return exchangers().of(domain).blockOptional(Duration.ofSeconds(5)).orElseThrow();
    }

    private List<String> found(String domain) {
        ExchangerSet set = of(domain);
        assertThat(set).isInstanceOf(ExchangerSet.Found.class);
        return ((ExchangerSet.Found) set).exchangers();
    }

    private ExchangerAddresses addresses(String exchanger) {
        return exchangers()
                .addresses(exchanger)
                .blockOptional(Duration.ofSeconds(5))
                .orElseThrow();
    }

    @Test
    void exchangers_come_by_preference_and_equal_ones_in_changing_order() {
        dns.mx("a.test", "20 last.test", "10 one.test", "10 two.test", "10 three.test", "5 first.test");
        Set<List<String>> orders = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            List<String> order = found("A.test");
            assertThat(order.get(0)).isEqualTo("first.test");
            assertThat(order.get(4)).isEqualTo("last.test");
            orders.add(order);
        }
        assertThat(orders).hasSize(6);
    }

    @Test
    void DN01_a_name_that_does_not_exist_is_no_such_domain() {
        assertThat(of("no.test").kind()).isEqualTo(ExchangerSet.Kind.NO_SUCH_DOMAIN);
        assertThat(dns.asked()).containsExactly("MX no.test");
    }

    @Test
    void DN02_without_mx_the_domain_itself_is_the_exchanger_when_it_has_an_address() {
        dns.a("four.test", "192.0.2.1")
                .aaaa("six.test", "2001:db8::1")
                .a("half.test", "192.0.2.1")
                .fails("AAAA", "half.test");
        assertThat(found("four.test")).containsExactly("four.test");
        assertThat(found("six.test")).containsExactly("six.test");
        assertThat(found("half.test")).containsExactly("half.test");
    }

    @Test
    void DN03_neither_mx_nor_address_is_no_such_domain_only_with_all_three_answered() {
        dns.exists("empty.test").exists("unsure.test").fails("AAAA", "unsure.test");
        assertThat(of("empty.test").kind()).isEqualTo(ExchangerSet.Kind.NO_SUCH_DOMAIN);
        assertThat(of("unsure.test").kind()).isEqualTo(ExchangerSet.Kind.FAILED);
    }

    @Test
    void DN04_when_mx_fails_the_address_is_not_taken_instead() {
        dns.fails("MX", "a.test").a("a.test", "192.0.2.1");
        assertThat(of("a.test")).isEqualTo(new ExchangerSet.Failed("MX of a.test: SERVFAIL"));
        assertThat(dns.asked()).containsExactly("MX a.test");
    }

    @Test
    void DN06_DN07_the_root_alone_is_a_null_mx_and_beside_others_it_is_ignored() {
        dns.mx("null.test", "0 .").mx("ten.test", "10 .").mx("mixed.test", "0 .", "10 mx.test");
        assertThat(of("null.test").kind()).isEqualTo(ExchangerSet.Kind.NULL_MX);
        assertThat(of("ten.test").kind()).isEqualTo(ExchangerSet.Kind.NULL_MX);
        assertThat(found("mixed.test")).containsExactly("mx.test");
        assertThat(dns.asked()).noneMatch(q -> q.endsWith(" ."));
    }

    @Test
    void DN09_DN10_literals_localhost_and_nonsense_are_no_exchangers() {
        dns.mx(
                "bad.test",
                "10 192.0.2.1",
                "10 [192.0.2.1]",
                "10 localhost",
                "10 x.localhost",
                "10 a\\.b.test",
                "10 a\\000.test",
                "10 -a.test",
                "10 under_score.test",
                "0 .");
        dns.mx("some.test", "10 127.0.0.1", "20 good.test");
        assertThat(of("bad.test").kind()).isEqualTo(ExchangerSet.Kind.UNUSABLE);
        assertThat(found("some.test")).containsExactly("good.test");
    }

    @Test
    void DN15_of_five_hundred_exchangers_the_twenty_most_preferred_are_kept() {
        List<String> records = new ArrayList<>();
        IntStream.range(0, 500).forEach(i -> records.add((500 - i) + " mx" + i + ".test"));
        dns.mx("many.test", records.toArray(new String[0]));
        assertThat(found("many.test")).hasSize(20).startsWith("mx499.test", "mx498.test");
    }

    @Test
    void DN15_DN17_addresses_are_capped_and_both_families_are_among_them() {
        dns.a("mx.test", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6")
                .aaaa("mx.test", "2001:db8::1", "2001:db8::2");
        assertThat(addresses("mx.test"))
                .isEqualTo(new ExchangerAddresses.Found(List.of(
                        address("192.0.2.1"),
                        address("2001:db8::1"),
                        address("192.0.2.2"),
                        address("2001:db8::2"),
                        address("192.0.2.3"))));
    }

    @Test
    void DN11_addresses_that_must_not_be_connected_to_are_skipped_and_if_none_is_left_that_is_said() {
        policy = new ConnectPolicy(InetAddress::isLoopbackAddress, a -> false, List.of(), 25);
        dns.a("mixed.test", "127.0.0.1", "192.0.2.1")
                .a("local.test", "127.0.0.1")
                .a("unsure.test", "127.0.0.1")
                .fails("AAAA", "unsure.test");
        assertThat(addresses("mixed.test")).isEqualTo(new ExchangerAddresses.Found(List.of(address("192.0.2.1"))));
        assertThat(addresses("local.test"))
                .isEqualTo(new ExchangerAddresses.Refused("127.0.0.1 must not be connected to"));
        assertThat(addresses("unsure.test").kind()).isEqualTo(ExchangerAddresses.Kind.FAILED);
    }

    @Test
    void an_exchanger_without_address_or_with_a_failing_name_server_is_told_apart() {
        dns.fails("A", "broken.test").a("half.test", "192.0.2.1").fails("AAAA", "half.test");
        assertThat(addresses("none.test").kind()).isEqualTo(ExchangerAddresses.Kind.NONE);
        assertThat(addresses("broken.test").kind()).isEqualTo(ExchangerAddresses.Kind.FAILED);
        assertThat(addresses("half.test").kind()).isEqualTo(ExchangerAddresses.Kind.FOUND);
    }

    @Test
    void DN25_u_labels_are_asked_for_as_a_labels_and_sharp_s_stays_itself() {
        dns.mx("xn--fa-hia.test", "10 mx.test");
        assertThat(found("fa\u00df.test")).containsExactly("mx.test");
        assertThat(of("\u0000\u00e4 b.test").kind()).isEqualTo(ExchangerSet.Kind.FAILED);
        assertThat(ALabels.of("\u00e4".repeat(80) + ".test").blockOptional(Duration.ofSeconds(5)))
                .contains(Optional.empty());
    }
}
