package io.countersign.callout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.countersign.lab.Act;
import io.countersign.lab.Behaviour;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabExchanger;
import io.countersign.lab.LabSession;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.limit.Trust;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Source;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.netty.util.LeakPresenceDetector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import reactor.core.Disposable;

/** Callouts against exchangers that answer well, badly, late or never. */
class NettyCalloutsTest {
    private CalloutWorld world = new CalloutWorld("");

    @AfterEach
    void no_buffer_is_leaked() {
        world.close();
        LeakPresenceDetector.check();
    }

    /** Another configuration for this test. */
    private void configured(String more) {
        world.close();
        world = new CalloutWorld(more);
    }

    // ---- the peer's answer ----------------------------------------------------------------------------------------

    @Test
    void CO01_an_existing_mailbox_is_asked_politely_and_accepted() throws Exception {
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test"));
        Verdict verdict = world.ask("jane@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(verdict.stage()).isEqualTo(Stage.RCPT);
        assertThat(verdict.source()).isEqualTo(Source.CALLOUT);
        assertThat(verdict.evidence().exchanger()).isEqualTo("mx.b.test");
        assertThat(verdict.evidence().address())
                .isEqualTo(mx.address().getAddress().getHostAddress());
        assertThat(verdict.evidence().reply()).startsWith("250 ");
        assertThat(verdict.evidence().dialogue())
                .anyMatch(line -> line.matches("> \\+\\d+ MAIL FROM:<>"))
                .anyMatch(line -> line.matches("< \\+\\d+ 220 .*"));
        LabSession session = mx.lastSession();
        assertThat(session.ending().get(5, TimeUnit.SECONDS)).isEqualTo(LabSession.Ending.QUIT);
        assertThat(session.heard())
                .containsExactly("EHLO mx.example.org", "MAIL FROM:<>", "RCPT TO:<jane@b.test>", "QUIT");
        assertThat(session.violations()).isEmpty();
        assertThat(world.told).extracting(r -> r.verdict().reason()).containsExactly(Reason.ACCEPTED);
    }

    @Test
    void CO04_a_mailbox_that_is_refused_does_not_exist() {
        world.domain("b.test", Exchangers.wellBehaved("jane@b.test"));
        Verdict verdict = world.ask("nobody@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.NO_SUCH_MAILBOX);
        assertThat(verdict.evidence().reply()).startsWith("550 5.1.1");
    }

    /** Who behaves how, and what is concluded. */
    private record Peer(String name, Function<String, Behaviour> behaviour, Reason reason, Stage stage) {}

    @TestFactory
    Stream<DynamicTest> a_hostile_or_broken_exchanger_costs_a_verdict_and_never_a_mailbox() {
        List<Peer> peers = List.of(
                new Peer("RP01_bare_LF_is_read", user -> Exchangers.bareLf(LabStage.RCPT), Reason.ACCEPTED, Stage.RCPT),
                new Peer(
                        "RP02_garbage_greeting",
                        user -> Exchangers.garbage(LabStage.GREETING),
                        Reason.BROKEN_PEER,
                        Stage.GREETING),
                new Peer(
                        "RP02_garbage_at_RCPT",
                        user -> Exchangers.garbage(LabStage.RCPT),
                        Reason.BROKEN_PEER,
                        Stage.RCPT),
                new Peer(
                        "RP03_codes_that_differ",
                        user -> at(LabStage.RCPT, Act.octets("250-yes\r\n550 no\r\n")),
                        Reason.BROKEN_PEER,
                        Stage.RCPT),
                new Peer(
                        "RP04_endless_lines",
                        user -> Exchangers.endlessReply(LabStage.EHLO),
                        Reason.BROKEN_PEER,
                        Stage.HELO),
                new Peer(
                        "RP05_an_endless_line",
                        user -> Exchangers.endlessLine(LabStage.RCPT),
                        Reason.NO_ANSWER,
                        Stage.RCPT),
                new Peer(
                        "RP06_octet_by_octet",
                        user -> Exchangers.octetByOctet(LabStage.RCPT, Duration.ofMillis(100)),
                        Reason.NO_ANSWER,
                        Stage.RCPT),
                new Peer("RP07_answers_unasked", user -> Exchangers.answersUnasked(), Reason.BROKEN_PEER, Stage.RCPT),
                new Peer(
                        "RP10_a_code_of_600",
                        user -> at(LabStage.RCPT, Act.reply("600 what")),
                        Reason.BROKEN_PEER,
                        Stage.RCPT),
                new Peer("RP14_421_at_the_greeting", user -> Exchangers.tooBusy(), Reason.TRY_LATER, Stage.GREETING),
                new Peer(
                        "RP15_closed_at_once",
                        user -> Exchangers.hangsUp(LabStage.CONNECT),
                        Reason.UNREACHABLE,
                        Stage.GREETING),
                new Peer(
                        "RP15_closed_at_EHLO",
                        user -> Exchangers.hangsUp(LabStage.EHLO),
                        Reason.UNREACHABLE,
                        Stage.HELO),
                new Peer(
                        "RP15_reset_at_MAIL", user -> Exchangers.resets(LabStage.MAIL), Reason.UNREACHABLE, Stage.MAIL),
                new Peer(
                        "RP15_closed_at_RCPT",
                        user -> Exchangers.hangsUp(LabStage.RCPT),
                        Reason.UNREACHABLE,
                        Stage.RCPT),
                new Peer(
                        "RP16_no_greeting",
                        user -> Exchangers.neverAnswers(LabStage.GREETING),
                        Reason.NO_ANSWER,
                        Stage.GREETING),
                new Peer("RP17_knows_only_HELO", user -> Exchangers.knowsOnlyHelo(user), Reason.ACCEPTED, Stage.RCPT),
                new Peer(
                        "RP20_reset_after_the_answer",
                        user -> Exchangers.wellBehaved(user).at(LabStage.QUIT, Act.reset()),
                        Reason.ACCEPTED,
                        Stage.RCPT),
                new Peer("CO06_blocked", user -> Exchangers.blocksUs(), Reason.REFUSED_US, Stage.RCPT),
                new Peer("CO08_greylisted", user -> Exchangers.greylists(1, user), Reason.TRY_LATER, Stage.RCPT),
                new Peer("CO10_full", user -> Exchangers.mailboxFull(), Reason.MAILBOX_FULL, Stage.RCPT),
                new Peer("CO11_disabled", user -> Exchangers.mailboxDisabled(), Reason.MAILBOX_DISABLED, Stage.RCPT),
                new Peer(
                        "CO15_refuses_null_senders",
                        user -> Exchangers.refusesNullSender(user),
                        Reason.REFUSES_NULL_SENDER,
                        Stage.MAIL),
                new Peer(
                        "CO17_blocked_at_once", user -> Exchangers.blocksUsAtOnce(), Reason.REFUSED_US, Stage.GREETING),
                new Peer("CO17_takes_no_mail", user -> Exchangers.takesNoMail(), Reason.REFUSED_US, Stage.GREETING),
                new Peer("CO22_tarpit", user -> Exchangers.tarpit(), Reason.NO_ANSWER, Stage.GREETING),
                new Peer(
                        "TL02_injects_before_TLS",
                        user -> Exchangers.injectsBeforeTls(user),
                        Reason.ACCEPTED,
                        Stage.RCPT),
                new Peer("TLS_that_works", user -> Exchangers.withStartTls(user), Reason.ACCEPTED, Stage.RCPT),
                new Peer("TL10_TLS_that_is_broken", user -> Exchangers.brokenTls(user), Reason.ACCEPTED, Stage.RCPT),
                new Peer("TL10_TLS_that_is_silent", user -> Exchangers.silentTls(user), Reason.ACCEPTED, Stage.RCPT));
        return peers.stream()
                .map(peer -> DynamicTest.dynamicTest(peer.name(), () -> {
                    String domain = peer.name().toLowerCase(Locale.ROOT).replace('_', '-') + ".test";
                    world.domain(domain, peer.behaviour().apply("jane@" + domain));
                    Verdict verdict = world.ask("jane@" + domain);
                    assertThat(verdict.reason())
                            .as(String.join("\n", verdict.evidence().dialogue()))
                            .isEqualTo(peer.reason());
                    assertThat(verdict.stage()).isEqualTo(peer.stage());
                    assertThat(verdict.evidence().dialogue()).hasSizeLessThanOrEqualTo(60);
                }));
    }

    private static Behaviour at(LabStage stage, Act act) {
        return Behaviour.proper().mailboxes(Mailboxes.any()).at(stage, act);
    }

    // ---- which exchanger ------------------------------------------------------------------------------------------

    @Test
    void CO31_a_refusal_of_the_preferred_exchanger_is_not_taken_to_a_backup_that_accepts_anything() {
        world.exchanger("first.b.test", Exchangers.wellBehaved("jane@b.test"));
        LabExchanger backup = world.exchanger("second.b.test", Exchangers.acceptsAny());
        world.dns.mx("b.test", "10 first.b.test", "20 second.b.test");
        assertThat(world.ask("nobody@b.test").reason()).isEqualTo(Reason.NO_SUCH_MAILBOX);
        assertThat(backup.connections().count()).isZero();
    }

    @Test
    void CO31_a_greylisting_preferred_exchanger_is_not_left_for_a_backup() {
        world.exchanger("first.b.test", Exchangers.greylists(1, "jane@b.test"));
        LabExchanger backup = world.exchanger("second.b.test", Exchangers.acceptsAny());
        world.dns.mx("b.test", "10 first.b.test", "20 second.b.test");
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.TRY_LATER);
        assertThat(backup.connections().count()).isZero();
    }

    @Test
    void CO17_an_exchanger_that_takes_no_mail_is_left_for_the_next() {
        world.exchanger("first.b.test", Exchangers.takesNoMail());
        world.exchanger("second.b.test", Exchangers.wellBehaved("jane@b.test"));
        world.dns.mx("b.test", "10 first.b.test", "20 second.b.test");
        Verdict verdict = world.ask("jane@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(verdict.evidence().exchanger()).isEqualTo("second.b.test");
    }

    @Test
    void a_dead_address_is_left_for_the_next_one_and_a_dead_exchanger_for_the_next() {
        LabExchanger alive = world.lab.exchanger("second.b.test", Exchangers.wellBehaved("jane@b.test"));
        world.dns.a("first.b.test", world.lab.deadAddress());
        world.dns.a(
                "second.b.test",
                world.lab.deadAddress(),
                alive.address().getAddress().getHostAddress());
        world.dns.mx("b.test", "10 first.b.test", "20 second.b.test");
        Verdict verdict = world.ask("jane@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(verdict.evidence().dialogue())
                .filteredOn(line -> line.contains("refused"))
                .hasSize(2);
    }

    @Test
    void a_domain_whose_exchangers_are_all_dead_is_unreachable() {
        world.dns.a("mx.b.test", world.lab.deadAddress()).mx("b.test", "10 mx.b.test");
        Verdict verdict = world.ask("jane@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.UNREACHABLE);
        assertThat(verdict.stage()).isEqualTo(Stage.CONNECT);
    }

    @Test
    void DN15_no_more_than_five_addresses_are_dialled() {
        String[] dead = Stream.generate(world.lab::deadAddress).limit(40).toArray(String[]::new);
        world.dns.a("mx.b.test", dead).a("mx2.b.test", dead).mx("b.test", "10 mx.b.test", "20 mx2.b.test");
        Verdict verdict = world.ask("jane@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.UNREACHABLE);
        assertThat(verdict.evidence().dialogue())
                .filteredOn(line -> line.contains("refused"))
                .hasSize(5);
    }

    @Test
    void DN15_no_more_than_two_sessions_are_held_for_one_callout() {
        List<LabExchanger> all = new ArrayList<>();
        for (String name : List.of("a.b.test", "b.b.test", "c.b.test")) {
            all.add(world.exchanger(name, Exchangers.tooBusy()));
        }
        world.dns.mx("b.test", "10 a.b.test", "20 b.b.test", "30 c.b.test");
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.TRY_LATER);
        assertThat(all).extracting(mx -> mx.connections().count()).containsExactly(1L, 1L, 0L);
    }

    @Test
    void DN16_one_deadline_stands_over_all_exchangers() {
        configured("callout.timeouts { greeting = 15s, total = 500ms }");
        world.exchanger("a.b.test", Exchangers.neverAnswers(LabStage.GREETING));
        world.exchanger("b.b.test", Exchangers.neverAnswers(LabStage.GREETING));
        world.dns.mx("b.test", "10 a.b.test", "20 b.b.test");
        long start = System.nanoTime();
        Verdict verdict = world.ask("jane@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.NO_ANSWER);
        assertThat(verdict.evidence().detail()).contains("the whole callout");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    // ---- DNS ------------------------------------------------------------------------------------------------------

    @Test
    void DNS_alone_decides_about_domains_without_mail() {
        world.dns.mx("null.test", "0 .").fails("MX", "fails.test").mx("root.test", "10 localhost");
        assertThat(world.ask("a@nowhere.test").reason()).isEqualTo(Reason.NO_SUCH_DOMAIN);
        assertThat(world.ask("a@null.test").reason()).isEqualTo(Reason.NULL_MX);
        assertThat(world.ask("a@fails.test").reason()).isEqualTo(Reason.DNS_FAILURE);
        assertThat(world.ask("a@root.test").reason()).isEqualTo(Reason.UNUSABLE_EXCHANGER);
        assertThat(world.told)
                .allSatisfy(result -> assertThat(result.verdict().stage()).isEqualTo(Stage.DNS));
    }

    @Test
    void DN11_an_exchanger_at_a_private_address_is_never_dialled() {
        world.dns
                .a("mx.b.test", "10.0.0.1", "169.254.169.254")
                .aaaa("mx.b.test", "::1")
                .mx("b.test", "10 mx.b.test");
        Verdict verdict = world.ask("jane@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.UNUSABLE_EXCHANGER);
        assertThat(verdict.evidence().dialogue()).noneMatch(line -> line.startsWith("> "));
    }

    @Test
    void an_exchanger_without_an_address_is_left_for_the_next_and_DNS_trouble_outweighs() {
        world.exchanger("second.b.test", Exchangers.wellBehaved("jane@b.test"));
        world.dns.exists("first.b.test").mx("b.test", "10 first.b.test", "20 second.b.test");
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        world.dns.fails("A", "x.c.test").fails("AAAA", "x.c.test").exists("y.c.test");
        world.dns.mx("c.test", "10 x.c.test", "20 y.c.test");
        assertThat(world.ask("jane@c.test").reason()).isEqualTo(Reason.DNS_FAILURE);
    }

    @Test
    void what_must_not_be_asked_is_not_asked() {
        configured("callout.mail-from = \"probe@example.org\"");
        assertThat(world.ask("jane@[192.0.2.1]").reason()).isEqualTo(Reason.NOT_ASKED);
        assertThat(world.ask("probe@EXAMPLE.org").reason()).isEqualTo(Reason.NOT_ASKED);
        assertThat(world.dns.asked()).isEmpty();
        assertThat(world.told).isEmpty();
    }

    // ---- TLS ------------------------------------------------------------------------------------------------------

    @Test
    void TL10_broken_TLS_is_remembered_so_that_the_next_callout_costs_one_connection() {
        LabExchanger mx = world.domain("b.test", Exchangers.brokenTls("jane@b.test", "john@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.connections().count()).isEqualTo(2);
        assertThat(world.ask("john@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.connections().count()).isEqualTo(3);
        assertThat(mx.lastSession().heard()).doesNotContain("STARTTLS");
    }

    @Test
    void TLS_is_not_asked_for_where_it_is_switched_off() {
        configured("callout.tls = off");
        LabExchanger mx = world.domain("b.test", Exchangers.withStartTls("jane@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.lastSession().heard()).doesNotContain("STARTTLS");
    }

    @Test
    void the_configured_source_address_is_dialled_from() {
        configured("callout.source.ipv4 = \"127.0.0.9\"");
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.lastSession().client()).isEqualTo("127.0.0.9");
    }

    @Test
    void an_exchanger_that_blocks_us_is_left_without_another_word_but_QUIT() throws Exception {
        configured("callout.reuse = 5s");
        LabExchanger mx = world.domain("b.test", Exchangers.blocksUs());
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.REFUSED_US);
        assertThat(mx.lastSession().ending().get(5, TimeUnit.SECONDS)).isEqualTo(LabSession.Ending.QUIT);
        assertThat(mx.lastSession().heard()).doesNotContain("RSET");
    }

    @Test
    void a_question_after_the_end_gets_a_verdict_and_teaches_nobody() {
        world.close();
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.OVERLOADED);
        assertThat(world.told).isEmpty();
    }

    // ---- together and alone ---------------------------------------------------------------------------------------

    @Test
    void CO25_the_same_question_from_many_is_asked_once_and_who_goes_away_takes_nobody_along() {
        LabExchanger mx = world.domain("b.test", Exchangers.slow(Duration.ofMillis(50), "jane@b.test"));
        List<CompletableFuture<Verdict>> waiting = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            waiting.add(world.start("jane@b.test"));
        }
        Disposable impatient = world.asking("jane@B.TEST").subscribe();
        impatient.dispose();
        for (CompletableFuture<Verdict> one : waiting) {
            assertThat(CalloutWorld.get(one).reason()).isEqualTo(Reason.ACCEPTED);
        }
        assertThat(mx.recipients().count()).isEqualTo(1);
        assertThat(world.told).hasSize(1);
        assertThat(world.callouts.inFlight()).isZero();
    }

    @Test
    void a_callout_once_dialled_finishes_though_nobody_waits_and_the_cache_learns_of_it() {
        LabExchanger mx = world.domain("b.test", Exchangers.slow(Duration.ofMillis(50), "jane@b.test"));
        Disposable client = world.asking("jane@b.test").subscribe();
        mx.connections().awaitAtLeast(1);
        client.dispose();
        await().until(() -> world.told.size() == 1);
        assertThat(world.told.get(0).verdict().reason()).isEqualTo(Reason.ACCEPTED);
        permitsComeBack();
    }

    @Test
    void a_callout_that_nobody_waits_for_before_it_was_dialled_is_not_dialled() {
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test"));
        world.holdDns();
        Disposable client = world.asking("jane@b.test").subscribe();
        client.dispose();
        await().until(() -> world.callouts.inFlight() == 0);
        world.releaseDns();
        // Another question goes through, so the first one had its chance.
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.recipients().count()).isEqualTo(1);
        assertThat(world.told).hasSize(1);
        permitsComeBack();
    }

    @Test
    void DNS_that_does_not_answer_in_time_is_no_fault_of_anybodys_address() {
        configured("callout.timeouts { connect = 100ms, greeting = 100ms, reply = 100ms, total = 200ms }");
        world.holdDns();
        Verdict verdict = world.ask("jane@b.test");
        assertThat(verdict.reason()).isEqualTo(Reason.DNS_FAILURE);
        permitsComeBack();
    }

    // ---- limits ---------------------------------------------------------------------------------------------------

    @Test
    void CO24_a_domain_under_a_flood_of_forgeries_is_asked_no_more_than_its_limit_allows() {
        configured("callout.limits { wait = 10ms, per-domain { rate = \"4/min\", burst = 4, concurrent = 10 } }");
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test"));
        List<Reason> reasons = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            reasons.add(world.ask("user" + i + "@b.test").reason());
        }
        // Half of the burst is kept for those who have proven themselves.
        assertThat(reasons).filteredOn(r -> r == Reason.NO_SUCH_MAILBOX).hasSize(2);
        assertThat(reasons).filteredOn(r -> r == Reason.RATE_LIMITED).hasSize(8);
        assertThat(mx.recipients().count()).isEqualTo(2);
        assertThat(world.ask("jane@b.test", Trust.SPF_PASS).reason()).isEqualTo(Reason.ACCEPTED);
    }

    @Test
    void CO33_an_exchanger_that_fails_is_left_alone_for_a_while() {
        configured("callout.breaker { of = 3, open = 60s }");
        LabExchanger mx = world.domain("b.test", Exchangers.hangsUp(LabStage.CONNECT));
        for (int i = 0; i < 3; i++) {
            assertThat(world.ask("user" + i + "@b.test").reason()).isEqualTo(Reason.UNREACHABLE);
        }
        await().until(() -> world.limits.snapshot(10).stream()
                .anyMatch(s -> s.table().equals("breaker") && s.state().equals("open")));
        assertThat(world.ask("user4@b.test").reason()).isEqualTo(Reason.CIRCUIT_OPEN);
        assertThat(mx.connections().count()).isEqualTo(3);
    }

    @Test
    void CO33_an_exchanger_that_says_it_blocks_us_is_not_bothered_again() {
        LabExchanger mx = world.domain("b.test", Exchangers.blocksUs());
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.REFUSED_US);
        assertThat(world.ask("john@b.test").reason()).isEqualTo(Reason.CIRCUIT_OPEN);
        assertThat(mx.connections().count()).isEqualTo(1);
    }

    @Test
    void refusals_of_every_kind_open_no_breaker() {
        configured("callout { breaker { of = 3, open = 60s }, limits.per-domain { burst = 100 } }");
        LabExchanger mx = world.domain("b.test", Exchangers.greylists(100, "jane@b.test"));
        for (int i = 0; i < 6; i++) {
            assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.TRY_LATER);
        }
        assertThat(mx.connections().count()).isEqualTo(6);
        permitsComeBack();
    }

    private void permitsComeBack() {
        await().untilAsserted(() -> assertThat(world.limits.snapshot(100))
                .allSatisfy(state -> assertThat(state.inUse()).isZero()));
    }

    // ---- one connection for several questions ---------------------------------------------------------------------

    @Test
    void another_address_at_the_same_exchanger_is_asked_on_the_open_connection() throws Exception {
        configured("callout.reuse = 5s");
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        await().until(() -> world.callouts.idleConnections() == 1);
        Verdict second = world.ask("nobody@b.test");
        assertThat(second.reason()).isEqualTo(Reason.NO_SUCH_MAILBOX);
        assertThat(second.evidence().dialogue().get(0)).contains("open connection");
        await().until(() -> world.callouts.idleConnections() == 1);
        assertThat(mx.connections().count()).isEqualTo(1);
        world.callouts.close();
        LabSession session = mx.lastSession();
        assertThat(session.ending().get(5, TimeUnit.SECONDS)).isEqualTo(LabSession.Ending.QUIT);
        assertThat(session.heard())
                .containsExactly(
                        "EHLO mx.example.org",
                        "MAIL FROM:<>",
                        "RCPT TO:<jane@b.test>",
                        "RSET",
                        "MAIL FROM:<>",
                        "RCPT TO:<nobody@b.test>",
                        "RSET",
                        "QUIT");
        permitsComeBack();
    }

    @Test
    void connections_of_questions_at_the_same_time_both_serve_the_next_ones() {
        configured("callout.reuse = 30s");
        LabExchanger mx = world.domain(
                "b.test", Exchangers.wellBehaved("jane@b.test", "john@b.test", "joan@b.test", "jack@b.test"));
        for (List<String> pair :
                List.of(List.of("jane@b.test", "john@b.test"), List.of("joan@b.test", "jack@b.test"))) {
            var one = world.start(pair.get(0));
            var other = world.start(pair.get(1));
            assertThat(world.get(one).reason()).isEqualTo(Reason.ACCEPTED);
            assertThat(world.get(other).reason()).isEqualTo(Reason.ACCEPTED);
            await().until(() -> world.callouts.idleConnections() == 2);
        }
        assertThat(mx.connections().count()).isEqualTo(2);
        world.callouts.close();
        assertThat(world.callouts.idleConnections()).isZero();
        permitsComeBack();
    }

    @Test
    void a_connection_that_nobody_needs_any_more_is_said_goodbye_to() throws Exception {
        configured("callout.reuse = 50ms");
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.lastSession().ending().get(5, TimeUnit.SECONDS)).isEqualTo(LabSession.Ending.QUIT);
        assertThat(world.callouts.idleConnections()).isZero();
    }

    @Test
    void RP08_a_connection_with_two_replies_to_one_command_is_not_kept() throws Exception {
        configured("callout.reuse = 5s");
        LabExchanger mx = world.domain("b.test", Exchangers.twoReplies(LabStage.RCPT));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.lastSession().ending().get(5, TimeUnit.SECONDS)).isNotNull();
        assertThat(world.callouts.idleConnections()).isZero();
    }

    @Test
    void RP14_a_question_on_an_open_connection_that_has_gone_is_put_again_on_a_new_one() {
        configured("callout.reuse = 5s");
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test", "john@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        await().until(() -> world.callouts.idleConnections() == 1);
        mx.behaviour(mx.behaviour()
                .hook(heard -> heard.session() == 1 && heard.stage() == LabStage.MAIL
                        ? Optional.of(Act.reply("421 4.4.2 idle too long").then(Act.close()))
                        : Optional.empty()));
        assertThat(world.ask("john@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.connections().count()).isEqualTo(2);
    }

    @Test
    void RP14_an_idle_connection_that_the_peer_ends_is_forgotten() {
        configured("callout.reuse = 30s");
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        await().until(() -> world.callouts.idleConnections() == 1);
        mx.stop();
        await().until(() -> world.callouts.idleConnections() == 0);
        permitsComeBack();
    }

    // ---- what holds for the whole domain --------------------------------------------------------------------------

    @Test
    void CO15_a_domain_that_refuses_null_senders_is_not_asked_for_each_address() {
        LabExchanger mx = world.domain("b.test", Exchangers.refusesNullSender("jane@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.REFUSES_NULL_SENDER);
        Verdict second = world.ask("john@b.test");
        assertThat(second.reason()).isEqualTo(Reason.REFUSES_NULL_SENDER);
        assertThat(second.source()).isEqualTo(Source.CACHE);
        assertThat(second.evidence().reply()).startsWith("553 5.1.7");
        assertThat(mx.connections().count()).isEqualTo(1);
    }

    @Test
    void CO19_DN31_a_domain_that_accepts_anything_is_not_asked_for_each_address() {
        configured("callout.catch-all = on");
        LabExchanger mx = world.domain("b.test", Exchangers.acceptsAny());
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTS_ANY);
        assertThat(world.ask("john@b.test").reason()).isEqualTo(Reason.ACCEPTS_ANY);
        assertThat(mx.recipients().count()).isEqualTo(2);
    }

    @Test
    void CO19_a_random_local_part_is_asked_once_a_day_and_no_more() {
        configured("callout.catch-all = on");
        LabExchanger mx = world.domain("b.test", Exchangers.wellBehaved("jane@b.test", "john@b.test"));
        assertThat(world.ask("jane@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(world.ask("john@b.test").reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(mx.recipients().count()).isEqualTo(3);
    }
}
