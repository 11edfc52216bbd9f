package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.DnsFault;
import io.countersign.lab.DnsFault.Kind;
import io.countersign.lab.Exchangers;
import io.countersign.lab.Lab;
import io.countersign.lab.LabExchanger;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What DNS says or does about a sender's domain, and what becomes of the sender's mail: through the whole gateway. */
class DnsFaultsTest {
    private static final SenderScene SCENE = new SenderScene();
    private static final Lab LAB = SCENE.stage.lab;
    private static final String GOOD = "pass accepted";
    private static final String UNUSABLE = "permerror unusable-exchanger";
    private static final String FAILURE = "temperror dns-failure";

    private record Domain(String name, Consumer<String> records, String fate) {}

    @BeforeAll
    static void one_gateway_for_all() throws IOException {
        SCENE.start("""
                callout.limits.per-network { rate = "100000/min", burst = 100000, concurrent = 1000 }
                callout.limits.per-exchanger { rate = "100000/min", burst = 100000, concurrent = 1000 }
                """);
        LabExchanger mx = LAB.exchanger("mx.good.test", Exchangers.acceptsAny());
        address = mx.address().getAddress().getHostAddress();
    }

    private static String address = "";

    @AfterAll
    static void no_buffer_is_leaked() {
        SCENE.close();
        LeakPresenceDetector.check();
    }

    private static List<DynamicTest> tests(List<Domain> domains) {
        List<DynamicTest> tests = new ArrayList<>();
        for (Domain domain : domains) {
            tests.add(DynamicTest.dynamicTest(domain.name(), () -> {
                String name = "d-"
                        + domain.name().toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + "-x.test";
                domain.records().accept(name);
                SenderScene.Fate fate = SCENE.send("jane@" + name);
                if (domain.fate().startsWith("5")) {
                    assertThat(fate.code() + " " + fate.reply()).startsWith(domain.fate());
                } else {
                    assertThat(fate.result()).as(fate.reply()).isEqualTo(domain.fate());
                }
            }));
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> DN01_DN02_DN03_DN06_DN07_what_records_there_are() {
        return tests(List.of(
                new Domain("DN01 no such name", d -> {}, "550 5.1.8"),
                new Domain("DN02 address alone", d -> LAB.dns().a(d, address), GOOD),
                new Domain("DN03 nothing", d -> LAB.dns().bare(d), "550 5.1.8"),
                new Domain("DN03 text alone", d -> LAB.dns().txt(d, "hello"), "550 5.1.8"),
                new Domain("DN06 null MX", d -> LAB.dns().nullMx(d), "550 5.7.27"),
                new Domain(
                        "DN06 null MX beside an address",
                        d -> LAB.dns().nullMx(d).a(d, address),
                        "550 5.7.27"),
                new Domain(
                        "DN07 null MX beside another", d -> LAB.dns().nullMx(d).mx(d, 10, "mx.good.test"), GOOD),
                new Domain(
                        "DN07 the root with a preference",
                        d -> LAB.dns().record(d, "MX", "10 .").mx(d, 20, "mx.good.test"),
                        GOOD),
                new Domain(
                        "DN31 a wildcard",
                        d -> LAB.dns().mx("*." + d, 10, "mx.good.test").mx(d, 10, "mx.good.test"),
                        GOOD),
                new Domain(
                        "DN23 not to be kept",
                        d -> {
                            LAB.dns().ttl(0).mx(d, 10, "mx.good.test");
                            LAB.dns().ttl(300);
                        },
                        GOOD),
                new Domain(
                        "DN24 for ever",
                        d -> {
                            LAB.dns().ttl(2_147_483_647L).mx(d, 10, "mx.good.test");
                            LAB.dns().ttl(300);
                        },
                        GOOD)));
    }

    @TestFactory
    List<DynamicTest> DN04_DN05_DN19_DN20_DN21_DN27_DN28_trouble_is_never_the_senders_fault() {
        List<Domain> domains = new ArrayList<>();
        for (Kind kind : List.of(
                Kind.SERVFAIL,
                Kind.REFUSED,
                Kind.NOTIMP,
                Kind.FORMERR,
                Kind.DROP,
                Kind.WRONG_ID,
                Kind.WRONG_QUESTION,
                Kind.MALFORMED_RDATA,
                Kind.POINTER_LOOP,
                Kind.GARBAGE)) {
            domains.add(new Domain(
                    "MX " + kind, d -> LAB.dns().mx(d, 10, "mx.good.test").fault(d, "MX", DnsFault.of(kind)), FAILURE));
            domains.add(new Domain(
                    "address of the exchanger " + kind,
                    d -> LAB.dns().mx(d, 10, "mx." + d).a("mx." + d, address).fault("mx." + d, DnsFault.of(kind)),
                    FAILURE));
        }
        domains.add(new Domain(
                "DN02 no MX and the address fails",
                d -> LAB.dns().bare(d).fault(d, "A", DnsFault.of(Kind.SERVFAIL)),
                FAILURE));
        domains.add(new Domain(
                "DN18 cut off", d -> LAB.dns().mx(d, 10, "mx.good.test").fault(d, DnsFault.of(Kind.TRUNCATE)), GOOD));
        domains.add(new Domain(
                "DN20 without EDNS",
                d -> LAB.dns().mx(d, 10, "mx.good.test").fault(d, DnsFault.of(Kind.NO_EDNS)),
                GOOD));
        domains.add(new Domain(
                "DN21 a forged answer first",
                d -> LAB.dns().mx(d, 10, "mx.good.test").fault(d, DnsFault.of(Kind.WRONG_ID_FIRST)),
                GOOD));
        domains.add(new Domain(
                "DN32 late",
                d -> LAB.dns().mx(d, 10, "mx.good.test").fault(d, DnsFault.late(Duration.ofMillis(300))),
                GOOD));
        return tests(domains);
    }

    @Test
    void DN21_records_of_another_name_are_no_answer_and_no_proof_either() {
        LAB.dns().mx("poisoned.test", 10, "mx.good.test").fault("poisoned.test", DnsFault.of(Kind.UNRELATED_ANSWER));
        SenderScene.Fate fate = SCENE.send("jane@poisoned.test");
        assertThat(fate.code()).as(fate.reply()).isEqualTo(250);
        assertThat(fate.result()).isNotEqualTo(GOOD);
    }

    @TestFactory
    List<DynamicTest> DN08_DN09_DN10_exchangers_that_are_no_hosts() {
        return tests(List.of(
                new Domain("DN08 an alias", d -> LAB.dns().mx(d, 10, "a." + d).cname("a." + d, "mx.good.test"), GOOD),
                new Domain(
                        "DN08 the domain is an alias",
                        d -> {
                            LAB.dns().cname(d, "real." + d).mx("real." + d, 10, "mx.good.test");
                        },
                        GOOD),
                new Domain(
                        "DN08 a loop",
                        d -> LAB.dns()
                                .mx(d, 10, "a." + d)
                                .cname("a." + d, "b." + d)
                                .cname("b." + d, "a." + d),
                        FAILURE),
                new Domain("DN08 an alias of itself", d -> LAB.dns().cname(d, d), FAILURE),
                new Domain(
                        "DN08 nine aliases",
                        d -> {
                            LAB.dns().mx(d, 10, "a0." + d);
                            for (int i = 0; i < 9; i++) {
                                LAB.dns().cname("a" + i + "." + d, "a" + (i + 1) + "." + d);
                            }
                            LAB.dns().a("a9." + d, address);
                        },
                        FAILURE),
                new Domain("DN09 an address as name", d -> LAB.dns().mx(d, 10, "192.0.2.1"), UNUSABLE),
                new Domain(
                        "DN09 an address as name that resolves",
                        d -> {
                            LAB.dns().mx(d, 10, "127.1.0.99").a("127.1.0.99", address);
                        },
                        UNUSABLE),
                new Domain("DN10 localhost", d -> LAB.dns().mx(d, 10, "localhost"), UNUSABLE),
                new Domain(
                        "DN25 an underscore",
                        d -> {
                            LAB.dns().mx(d, 10, "_mx." + d).a("_mx." + d, "10.0.0.1");
                        },
                        UNUSABLE),
                new Domain("no address", d -> LAB.dns().mx(d, 10, "nowhere." + d), UNUSABLE),
                new Domain(
                        "no address but another exchanger",
                        d -> LAB.dns().mx(d, 10, "nowhere." + d).mx(d, 20, "mx.good.test"),
                        GOOD)));
    }

    @TestFactory
    List<DynamicTest> DN11_DN12_addresses_in_every_disguise_are_never_dialled() {
        List<Domain> domains = new ArrayList<>();
        for (String v4 : List.of(
                "0.0.0.0",
                "10.0.0.1",
                "100.64.0.1",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "192.0.2.1",
                "198.18.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255")) {
            domains.add(
                    new Domain("v4 " + v4, d -> LAB.dns().mx(d, 10, "mx." + d).a("mx." + d, v4), UNUSABLE));
        }
        for (String v6 : List.of(
                "::",
                "::1",
                "::127.0.0.1",
                "::ffff:192.168.0.1",
                "::ffff:10.0.0.1",
                "::ffff:0:10.0.0.1",
                "64:ff9b::7f00:1",
                "64:ff9b::a00:1",
                "2002:7f00:1::",
                "2002:a00:1::1",
                "2001::1",
                "2001:db8::1",
                "fc00::1",
                "fd12::1",
                "fe80::1",
                "fec0::1",
                "ff02::1",
                "100::1")) {
            domains.add(
                    new Domain("v6 " + v6, d -> LAB.dns().mx(d, 10, "mx." + d).aaaa("mx." + d, v6), UNUSABLE));
        }
        domains.add(new Domain(
                "some of them bad", d -> LAB.dns().mx(d, 10, "mx." + d).a("mx." + d, "10.0.0.1", address), GOOD));
        domains.add(new Domain("bad without MX", d -> LAB.dns().a(d, "10.0.0.1"), UNUSABLE));
        return tests(domains);
    }

    @Test
    void DN13_the_address_that_was_looked_at_is_the_one_dialled() {
        LAB.dns().ttl(0).mx("rebind.test", 10, "mx.rebind.test").a("mx.rebind.test", address);
        LAB.dns().ttl(300);
        assertThat(SCENE.send("jane@rebind.test").result()).isEqualTo(GOOD);
        assertThat(LAB.dns().asked("mx.rebind.test", "A"))
                .as("a second lookup could have another answer")
                .isEqualTo(1);
    }

    @Test
    void DN14_a_domain_whose_exchanger_we_are_is_not_dialled() throws IOException {
        try (SenderScene scene = new SenderScene()) {
            scene.start("");
            scene.stage.lab.dns().mx("loop.test", 10, "mx1.example.org");
            // The lab's exchangers are at another port: only the policy can keep us from dialling 127.0.0.1.
            assertThat(scene.send("jane@loop.test").result()).isIn(UNUSABLE, "temperror unreachable");
        }
    }

    @Test
    void DN15_DN17_of_many_exchangers_and_addresses_a_few_are_dialled_and_both_families() {
        for (int i = 0; i < 500; i++) {
            LAB.dns().mx("crowd.test", i, "mx" + i + ".crowd.test").a("mx" + i + ".crowd.test", LAB.resettingAddress());
        }
        SenderScene.Fate fate = SCENE.send("jane@crowd.test");
        assertThat(fate.result()).isEqualTo("temperror unreachable");
        long asked = LAB.dns().questions().stream()
                .filter(question ->
                        question.name().startsWith("mx") && question.name().contains("crowd.test"))
                .count();
        assertThat(asked).as("questions for addresses").isLessThanOrEqualTo(10);
    }

    @Test
    void DN16_exchangers_behind_a_firewall_that_drops_cost_one_deadline_in_all() throws IOException {
        try (SenderScene scene = new SenderScene()) {
            Lab lab = scene.stage.lab;
            for (int i = 0; i < 5; i++) {
                lab.dns().mx("hole.test", i, "mx" + i + ".hole.test").a("mx" + i + ".hole.test", lab.blackHole());
            }
            scene.start("callout.timeouts { connect = 400ms, greeting = 400ms, reply = 400ms, total = 1s }\n");
            long began = System.nanoTime();
            assertThat(scene.send("jane@hole.test").result()).isEqualTo("temperror no-answer");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void a_resolver_that_finds_nothing_any_more_refuses_nobody_for_it() throws IOException {
        try (SenderScene scene = new SenderScene()) {
            scene.start("");
            assertThat(scene.send("jane@gone0.test").code()).isEqualTo(550);
            for (int i = 1; i < 22; i++) {
                scene.send("jane@gone" + i + ".test");
            }
            // Now it does not find us either; the proof of a moment ago counts no more after so many.
            scene.stage.lab.dns().remove("example.org").remove("mx1.example.org");
            for (int i = 22; i < 50; i++) {
                scene.send("jane@gone" + i + ".test");
            }
            assertThat(scene.send("jane@gone99.test").result()).isEqualTo(FAILURE);
            assertThat(scene.stage
                            .meters
                            .get("countersign.dns.resolver.alerts")
                            .functionCounter()
                            .count())
                    .isGreaterThanOrEqualTo(1);
        }
    }
}
