package io.countersign.spf;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.dns.Dns;
import io.countersign.dns.FakeDns;
import io.countersign.dns.Lookup;
import io.countersign.smtp.ReversePath;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class SpfTest {
    private static final String CLIENT = "192.0.2.1";
    private static final String HELO = "client.test";

    private final FakeDns dns = new FakeDns();
    private final AtomicLong clock = new AtomicLong();
    private final Spf spf = new Spf(dns, clock::get);

    private static long soon() {
        return System.nanoTime() + Duration.ofSeconds(10).toNanos();
    }

    private static SpfResult get(Mono<SpfResult> check) {
        return check.blockOptional(Duration.ofSeconds(10)).orElseThrow();
    }

    private SpfResult check(String client, String local, String domain) {
        return get(spf.check(FakeDns.address(client), HELO, local, domain, soon()));
    }

    private SpfResult policy(String terms) {
        dns.txt("a.test", "v=spf1 " + terms);
        return get(new Spf(dns).check(FakeDns.address(CLIENT), HELO, "user", "a.test", soon()));
    }

    @ParameterizedTest
    @CsvSource({
        "all, PASS",
        "-all, FAIL",
        "~ALL, SOFTFAIL",
        "?all, NEUTRAL",
        "'', NEUTRAL",
        "ip4:192.0.2.0/24 -all, PASS",
        "ip4:192.0.2.0/32 -all, FAIL",
        "ip4:128.0.0.0/1 -all, PASS",
        "ip4:203.0.113.9/0 -all, PASS",
        "ip6:::ffff:192.0.2.1 -all, FAIL",
        "-ip6:2001:db8::/32 ?all, NEUTRAL",
        "unknown=%{l} another.one=%{c} -all, FAIL",
        "exp=%{d}.exp.test -all, FAIL"
    })
    void terms_that_ask_nothing_decide_by_themselves(String terms, SpfResult result) {
        assertThat(policy(terms)).isEqualTo(result);
        assertThat(dns.asked()).containsExactly("TXT a.test");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "all:",
                "all/8",
                "include",
                "include:",
                "include:a.test/24",
                "exists",
                "ptr:",
                "ptr/24",
                "a:",
                "a/33",
                "a//129",
                "a/24/64",
                "a/024",
                "a:b.test/33",
                "a:b",
                "a:b.test:25",
                "a:b.-test",
                "a:b.test-",
                "a:1.2.3.4",
                "mx:",
                "ip4",
                "ip4:",
                "ip4:1.2.3",
                "ip4:1.2.3.4.5",
                "ip4:01.2.3.4",
                "ip4:1.2.3.256",
                "ip4:1.2.3.4/33",
                "ip4:1.2.3.4/",
                "ip4:::1",
                "ip6:1.2.3.4",
                "ip6:[::1]",
                "ip6:fe80::1%eth0",
                "ip6:::1/129",
                "ip6:xyz",
                "moo",
                "+",
                "-",
                "--all",
                "=x",
                "1x=y",
                "x/y=z",
                "redirect=",
                "exp=",
                "redirect=a.test redirect=a.test",
                "exp=a.test exp=a.test",
                "exp=%{c}.a.test",
                "a:%{x}.test",
                "a:%{d",
                "a:%{}",
                "a:%{d0}",
                "a:%{d2x}",
                "a:%(d)",
                "a:b.test%",
                "x=%",
                "a:b\u0001.test",
                "a:\u00e4.test",
                "a\t-all"
            })
    void one_wrong_term_anywhere_is_a_permerror(String term) {
        assertThat(policy("ip4:192.0.2.1 " + term)).isEqualTo(SpfResult.PERMERROR);
    }

    @Test
    void only_one_policy_counts_and_other_texts_are_none_of_our_business() {
        dns.txt("a.test", "google-site-verification=x", "V=SpF1 -all", "v=spf10 +all", "v=spf1+all");
        assertThat(check(CLIENT, "user", "A.Test.")).isEqualTo(SpfResult.FAIL);
        dns.txt("two.test", "v=spf1 -all", "v=spf1");
        assertThat(check(CLIENT, "user", "two.test")).isEqualTo(SpfResult.PERMERROR);
        dns.txt("none.test", "hello");
        assertThat(check(CLIENT, "user", "none.test")).isEqualTo(SpfResult.NONE);
        assertThat(check(CLIENT, "user", "nowhere.test")).isEqualTo(SpfResult.NONE);
        dns.fails("TXT", "broken.test");
        assertThat(check(CLIENT, "user", "broken.test")).isEqualTo(SpfResult.TEMPERROR);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "[192.0.2.1]", "a..test", ".a.test", "", "xn--a\u00e4 b.test"})
    void what_is_no_full_domain_has_no_policy(String domain) {
        assertThat(check(CLIENT, "user", domain)).isEqualTo(SpfResult.NONE);
        assertThat(dns.asked()).isEmpty();
    }

    @Test
    void the_null_sender_is_checked_as_postmaster_at_the_helo_name() {
        dns.txt(HELO, "v=spf1 exists:%{l}.%{o}.list.test -all").a("postmaster.client.test.list.test", "127.0.0.2");
        assertThat(get(spf.check(FakeDns.address(CLIENT), HELO, ReversePath.NULL, soon())))
                .isEqualTo(SpfResult.PASS);
        assertThat(get(spf.check(FakeDns.address(CLIENT), "[192.0.2.1]", ReversePath.NULL, soon())))
                .isEqualTo(SpfResult.NONE);
    }

    @Test
    void internationalized_domains_are_asked_as_a_labels_and_local_parts_beyond_ascii_never_match() {
        dns.txt("xn--bcher-kva.test", "v=spf1 exists:%{l}.list.test -all");
        assertThat(check(CLIENT, "user", "b\u00fccher.test")).isEqualTo(SpfResult.FAIL);
        assertThat(check(CLIENT, "j\u00f6rg", "b\u00fccher.test")).isEqualTo(SpfResult.FAIL);
        assertThat(dns.asked()).allMatch(q -> q.chars().allMatch(c -> c < 0x80));
    }

    @Test
    void a_and_mx_match_by_the_clients_family_and_prefix() {
        dns.a("a.test", "192.0.2.77")
                .aaaa("a.test", "2001:db8:1::1")
                .mx("a.test", "10 .", "10 mx.test")
                .a("mx.test", "203.0.113.1");
        assertThat(policy("a/25 -all")).isEqualTo(SpfResult.PASS);
        assertThat(policy("a/26 -all")).isEqualTo(SpfResult.FAIL);
        assertThat(policy("a//0 -all")).isEqualTo(SpfResult.FAIL);
        assertThat(policy("mx/0 -all")).isEqualTo(SpfResult.PASS);
        assertThat(policy("mx -all")).isEqualTo(SpfResult.FAIL);
        dns.txt("six.test", "v=spf1 a:a.test//47 -all");
        assertThat(check("2001:db8:0::5", "user", "six.test")).isEqualTo(SpfResult.PASS);
    }

    @Test
    void a_failing_question_is_a_temperror_wherever_it_could_have_matched() {
        dns.fails("A", "broken.test").fails("MX", "broken.test").fails("TXT", "broken.test");
        dns.mx("halfmx.test", "10 broken.test");
        for (String term : List.of(
                "a:broken.test",
                "mx:broken.test",
                "mx:halfmx.test",
                "exists:broken.test",
                "include:broken.test",
                "redirect=broken.test")) {
            assertThat(policy(term)).as(term).isEqualTo(SpfResult.TEMPERROR);
        }
    }

    @Test
    void a_failing_reverse_lookup_only_does_not_match() {
        dns.fails("PTR", FakeDns.reverse(FakeDns.address(CLIENT)));
        assertThat(policy("ptr -all")).isEqualTo(SpfResult.FAIL);
        dns.ptr(CLIENT, "broken.a.test", "host.a.test")
                .fails("A", "broken.a.test")
                .a("host.a.test", CLIENT);
        assertThat(policy("ptr -all")).isEqualTo(SpfResult.PASS);
        assertThat(policy("ptr:st.a.test -all")).as("a label is not cut").isEqualTo(SpfResult.FAIL);
    }

    @Test
    void macros_are_filled_in_as_the_rfc_shows() {
        Sender sender = new Sender(FakeDns.address("192.0.2.3"), "mx.example.org", "strong-bad", "email.example.com");
        Sender six = new Sender(FakeDns.address("2001:db8::cb01"), "mx.example.org", "strong-bad", "email.example.com");
        assertThat(name("%{ir}.%{v}._spf.%{d2}", sender)).isEqualTo("3.2.0.192.in-addr._spf.example.com");
        assertThat(name("%{lr-}.lp._spf.%{d2}", sender)).isEqualTo("bad.strong.lp._spf.example.com");
        assertThat(name("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", sender))
                .isEqualTo("bad.strong.lp.3.2.0.192.in-addr._spf.example.com");
        assertThat(name("%{d2}.trusted-domains.example.net.", sender))
                .isEqualTo("example.com.trusted-domains.example.net");
        assertThat(name("%{ir}.%{v}._spf.%{d2}", six))
                .isEqualTo("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com");
        assertThat(name("%{s}", sender)).isEqualTo("strong-bad@email.example.com");
        assertThat(name("%{S}.%%.%_.%-.%{h}", sender))
                .isEqualTo("strong-bad%40email.example.com.%. .%20.mx.example.org");
        assertThat(name("%{o}.%{d4}.%{D1}.%{dr}.%{p}", sender))
                .isEqualTo("email.example.com.email.example.com.com.com.example.email.unknown");
    }

    private static String name(String spec, Sender sender) {
        return MacroExpander.name(
                MacroString.parse(spec, MacroString.Place.DOMAIN), sender, "email.example.com", "unknown");
    }

    @Test
    void a_name_over_253_characters_loses_labels_on_its_left() {
        String label = "x".repeat(63);
        Sender sender = new Sender(FakeDns.address(CLIENT), HELO, label, "a.test");
        String name = name("first.%{l}.%{l}.%{l}.%{l}.test", sender);
        assertThat(name).isEqualTo(label + "." + label + "." + label + ".test");
    }

    @Test
    void ten_lookups_are_allowed_in_all_and_the_eleventh_is_a_permerror() {
        dns.a("no.test", "203.0.113.1");
        assertThat(policy("a:no.test ".repeat(10) + "-all")).isEqualTo(SpfResult.FAIL);
        assertThat(policy("a:no.test ".repeat(11) + "-all")).isEqualTo(SpfResult.PERMERROR);
        dns.txt("i.test", "v=spf1 " + "a:no.test ".repeat(9) + "?all");
        assertThat(policy("include:i.test -all")).isEqualTo(SpfResult.FAIL);
        assertThat(policy("include:i.test a:no.test -all")).isEqualTo(SpfResult.PERMERROR);
        assertThat(policy("redirect=a.test")).isEqualTo(SpfResult.PERMERROR);
        assertThat(policy("include:a.test")).isEqualTo(SpfResult.PERMERROR);
    }

    @Test
    void two_void_lookups_are_allowed_and_the_third_is_a_permerror() {
        assertThat(policy("a:v1.test exists:v2.test -all")).isEqualTo(SpfResult.FAIL);
        assertThat(policy("a:v1.test exists:v2.test mx:v3.test -all")).isEqualTo(SpfResult.PERMERROR);
        assertThat(policy("ptr ptr ptr -all"))
                .as("a client without PTR is not the policy's fault")
                .isEqualTo(SpfResult.FAIL);
    }

    @Test
    void eleven_exchangers_are_a_permerror_and_an_eleventh_ptr_is_not_looked_at() {
        dns.a("mx.test", CLIENT);
        dns.mx("a.test", IntStream.range(0, 10).mapToObj(i -> i + " mx.test").toArray(String[]::new));
        assertThat(policy("mx -all")).isEqualTo(SpfResult.PASS);
        dns.mx("a.test", IntStream.range(0, 11).mapToObj(i -> i + " mx.test").toArray(String[]::new));
        assertThat(policy("mx -all")).isEqualTo(SpfResult.PERMERROR);
        List<String> names =
                IntStream.range(0, 11).mapToObj(i -> "h" + i + ".a.test").collect(Collectors.toList());
        dns.ptr(CLIENT, names.toArray(new String[0])).a("h10.a.test", CLIENT);
        assertThat(policy("ptr -all")).isEqualTo(SpfResult.FAIL);
        dns.a("h9.a.test", CLIENT);
        assertThat(policy("ptr -all")).isEqualTo(SpfResult.PASS);
    }

    @Test
    void a_result_is_kept_for_the_shortest_ttl_that_led_to_it() {
        dns.txt("a.test", "v=spf1 a -all");
        dns.put("A", "a.test", new Lookup.Found<>(List.of(FakeDns.address(CLIENT)), Duration.ofSeconds(30)));
        assertThat(check(CLIENT, "one", "a.test")).isEqualTo(SpfResult.PASS);
        assertThat(check(CLIENT, "two", "A.TEST")).isEqualTo(SpfResult.PASS);
        assertThat(dns.asked()).hasSize(2);
        assertThat(check("192.0.2.2", "one", "a.test")).as("another client").isEqualTo(SpfResult.FAIL);
        assertThat(dns.asked()).hasSize(4);
        clock.addAndGet(Duration.ofSeconds(30).toNanos());
        check(CLIENT, "one", "a.test");
        assertThat(dns.asked()).hasSize(6);
    }

    @Test
    void a_result_that_depends_on_the_local_part_or_helo_or_failed_is_not_kept() {
        dns.txt("a.test", "v=spf1 exists:%{l}.list.test -all").a("good.list.test", "127.0.0.2");
        assertThat(check(CLIENT, "good", "a.test")).isEqualTo(SpfResult.PASS);
        assertThat(check(CLIENT, "bad", "a.test")).isEqualTo(SpfResult.FAIL);
        dns.fails("TXT", "b.test");
        assertThat(check(CLIENT, "good", "b.test")).isEqualTo(SpfResult.TEMPERROR);
        dns.txt("b.test", "v=spf1 +all");
        assertThat(check(CLIENT, "good", "b.test")).isEqualTo(SpfResult.PASS);
    }

    @Test
    void a_domain_is_asked_about_twenty_times_a_second_and_what_is_over_is_a_temperror() {
        dns.txt("a.test", "v=spf1 -all").txt("b.test", "v=spf1 -all");
        for (int i = 0; i < Spf.RATE; i++) {
            assertThat(check("192.0.2." + i, "user", "a.test")).isEqualTo(SpfResult.FAIL);
        }
        assertThat(check("192.0.2.100", "user", "a.test")).isEqualTo(SpfResult.TEMPERROR);
        assertThat(spf.limited()).isEqualTo(1);
        assertThat(check("192.0.2.0", "user", "a.test")).as("kept").isEqualTo(SpfResult.FAIL);
        assertThat(check("192.0.2.100", "user", "b.test")).as("another domain").isEqualTo(SpfResult.FAIL);
        clock.addAndGet(Duration.ofMillis(50).toNanos());
        assertThat(check("192.0.2.100", "user", "a.test")).isEqualTo(SpfResult.FAIL);
        assertThat(check("192.0.2.101", "user", "a.test")).isEqualTo(SpfResult.TEMPERROR);
    }

    @Test
    void a_check_that_is_late_is_a_temperror_and_its_result_is_there_for_the_next() {
        Sinks.One<Lookup<String>> answer = Sinks.one();
        Spf slow = new Spf(new SlowTexts(dns, answer), clock::get);
        InetAddress client = FakeDns.address(CLIENT);
        assertThat(get(slow.check(client, HELO, "user", "a.test", System.nanoTime())))
                .isEqualTo(SpfResult.TEMPERROR);
        assertThat(get(slow.check(
                        client,
                        HELO,
                        "user",
                        "a.test",
                        System.nanoTime() + Duration.ofMillis(50).toNanos())))
                .isEqualTo(SpfResult.TEMPERROR);
        List<SpfResult> results = new ArrayList<>();
        Disposable gone = slow.check(client, HELO, "user", "a.test", soon()).subscribe(results::add);
        slow.check(client, HELO, "user", "a.test", soon()).subscribe(results::add);
        gone.dispose();
        answer.tryEmitValue(new Lookup.Found<>(List.of("v=spf1 -all"), FakeDns.TTL))
                .orThrow();
        assertThat(results).containsExactly(SpfResult.FAIL);
        assertThat(get(slow.check(client, HELO, "user", "a.test", soon()))).isEqualTo(SpfResult.FAIL);
        assertThat(dns.asked()).as("all of them shared one question").containsExactly("TXT a.test");
    }

    /** TXT answers come when the test says so. */
    private record SlowTexts(FakeDns dns, Sinks.One<Lookup<String>> answer) implements Dns {
        @Override
        public Mono<Lookup<MxRecord>> mx(String name) {
            return dns.mx(name);
        }

        @Override
        public Mono<Lookup<InetAddress>> ipv4(String name) {
            return dns.ipv4(name);
        }

        @Override
        public Mono<Lookup<InetAddress>> ipv6(String name) {
            return dns.ipv6(name);
        }

        @Override
        public Mono<Lookup<String>> ptr(InetAddress address) {
            return dns.ptr(address);
        }

        @Override
        public Mono<Lookup<String>> txt(String name) {
            return dns.txt(name).flatMap(ignored -> answer.asMono());
        }
    }
}
