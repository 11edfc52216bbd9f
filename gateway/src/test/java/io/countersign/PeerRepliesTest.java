package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.SenderScene.Fate;
import io.countersign.lab.Act;
import io.countersign.lab.Behaviour;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabExchanger;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What an exchanger says or does when it is asked about a sender, and what becomes of the sender's mail: through the whole gateway.
 * Only proof refuses; everything else lets the mail in with a field that says why.
 */
class PeerRepliesTest {
    private static final SenderScene SCENE = new SenderScene();

    /** @param fate {@code "550 5.1.7"} and the like, or the field's result and reason */
    private record Peer(String id, Behaviour behaviour, String fate) {}

    @BeforeAll
    static void one_gateway_for_all() throws IOException {
        SCENE.start("""
                callout.timeouts { connect = 5s, greeting = 1500ms, reply = 1500ms, total = 10s }
                checks.sender.wait = 12s
                callout.limits.per-network { rate = "100000/min", burst = 100000, concurrent = 1000 }
                """);
    }

    @AfterAll
    static void no_buffer_is_leaked() {
        SCENE.close();
        LeakPresenceDetector.check();
    }

    private static Behaviour any() {
        return Behaviour.proper().mailboxes(Mailboxes.any());
    }

    private static Peer rcpt(String id, String reply, String fate) {
        return new Peer(id, any().at(LabStage.RCPT, Act.octets(reply + "\r\n")), fate);
    }

    private static Peer at(LabStage stage, String id, Act act, String fate) {
        return new Peer(id, any().at(stage, act), fate);
    }

    private static List<DynamicTest> tests(List<Peer> peers) {
        List<DynamicTest> tests = new ArrayList<>();
        for (Peer peer : peers) {
            tests.add(DynamicTest.dynamicTest(peer.id(), () -> {
                String domain = peer.id().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + ".test";
                LabExchanger mx = SCENE.stage.lab.domain(domain, peer.behaviour());
                expect(peer.fate(), SCENE.send("jane@" + domain));
                assertThat(mx.connections().count())
                        .as("sessions for one callout")
                        .isLessThanOrEqualTo(2);
            }));
        }
        return tests;
    }

    private static void expect(String wanted, Fate fate) {
        if (wanted.startsWith("5")) {
            assertThat(fate.code() + " " + fate.reply()).startsWith(wanted);
            assertThat(fate.reply()).matches("[ -~\n]*");
        } else {
            assertThat(fate.result()).as(fate.code() + " " + fate.reply()).isEqualTo(wanted);
        }
    }

    @TestFactory
    List<DynamicTest> CO01_to_CO14_the_reply_to_RCPT() {
        return tests(List.of(
                rcpt("CO01 accepted", "250 2.1.5 Ok", "pass accepted"),
                rcpt("CO01 bare 250", "250", "pass accepted"),
                rcpt("CO02 will forward", "251 User not local; will forward to <jane@x.test>", "pass accepted"),
                rcpt("CO03 cannot verify", "252 Cannot VRFY user, but will accept message", "pass accepted"),
                rcpt("CO04 no such user", "550 5.1.1 No such user", "550 5.1.7"),
                rcpt("CO04 split over lines", "550-5.1.1 The account does not exist.\r\n550 5.1.1 Sorry.", "550 5.1.7"),
                rcpt("CO04 code in the text", "550 sorry, no mailbox here by that name (#5.1.1)", "550 5.1.7"),
                rcpt("CO05 words alone", "550 User unknown", "550 5.1.7"),
                rcpt("CO05 German", "550 Unbekannter Benutzer", "550 5.1.7"),
                rcpt("CO05 French", "550 Utilisateur inconnu", "550 5.1.7"),
                rcpt("CO05 Spanish", "550 El usuario no existe", "550 5.1.7"),
                rcpt("CO05 Russian", "550 Пользователь не найден", "550 5.1.7"),
                rcpt("CO05 words that say nothing", "550 go away", "permerror refused-us"),
                rcpt("CO05 no words", "550", "permerror refused-us"),
                rcpt("CO06 a block list", "550 5.7.1 blocked using rbl.test", "permerror refused-us"),
                rcpt("CO06 ours in 554", "554 5.7.1 Access denied", "permerror refused-us"),
                rcpt("CO06 Microsofts", "550 5.7.606 Access denied, banned sending IP", "permerror refused-us"),
                rcpt("CO06 policy beats the basic code", "553 5.7.1 user unknown", "permerror refused-us"),
                rcpt("CO06 an address blocked by its words", "550 5.1.1 your IP is blocked", "permerror refused-us"),
                rcpt("CO07 elsewhere", "550 5.4.1 Recipient address rejected: Access denied", "permerror refused-us"),
                rcpt("CO08 greylisted", "450 4.2.0 Greylisted", "temperror try-later"),
                rcpt("CO08 greylisted as policy", "451 4.7.1 Greylisting in action", "temperror try-later"),
                rcpt("CO08 greylisted for good", "550 5.7.1 Greylisted, come back later", "permerror refused-us"),
                rcpt("CO09 closing", "421 4.3.2 shutting down", "temperror try-later"),
                rcpt("CO10 full for now", "452 4.2.2 mailbox full", "pass mailbox-full"),
                rcpt("CO10 full for good", "552 5.2.2 over quota", "pass mailbox-full"),
                rcpt("CO10 552 alone", "552 too many recipients", "temperror try-later"),
                rcpt("CO10 452 alone", "452 4.5.3 too many recipients", "temperror try-later"),
                rcpt("CO10 full in 450", "450 4.2.2 over quota", "pass mailbox-full"),
                rcpt("CO11 disabled", "550 5.2.1 mailbox disabled", "fail mailbox-disabled"),
                rcpt("CO12 moved", "551 5.1.6 mailbox has moved", "550 5.1.7"),
                rcpt("CO13 syntax", "553 5.1.3 bad recipient syntax", "550 5.1.7"),
                rcpt("CO13 the words of the RFC", "553 mailbox name not allowed", "550 5.1.7"),
                rcpt("CO14 500", "500 what?", "permerror broken-peer"),
                rcpt("CO14 501", "501 5.5.4 syntax", "permerror broken-peer"),
                rcpt("CO14 502", "502 not implemented", "permerror broken-peer"),
                rcpt("CO14 503", "503 bad sequence", "permerror broken-peer"),
                rcpt("CO14 504", "504 parameter", "permerror broken-peer"),
                rcpt("CO14 any other 5xx", "571 no", "permerror refused-us"),
                rcpt("CO14 null MX of the peer", "556 5.1.10 no mail here", "550 5.1.7")));
    }

    @TestFactory
    List<DynamicTest> CO15_to_CO18_before_RCPT() {
        Act block = Act.reply("554 5.7.1 Service unavailable; client host blocked using bl.test");
        return tests(List.of(
                at(LabStage.MAIL, "CO15 550", Act.reply("550 5.1.7 no null senders"), "permerror refuses-null-sender"),
                at(LabStage.MAIL, "CO15 553", Act.reply("553 who are you"), "permerror refuses-null-sender"),
                at(LabStage.MAIL, "CO15 501", Act.reply("501 5.5.4 syntax"), "permerror refuses-null-sender"),
                at(LabStage.MAIL, "CO15 policy", Act.reply("550 5.7.1 no"), "permerror refuses-null-sender"),
                at(LabStage.MAIL, "CO15 about us", block, "permerror refused-us"),
                at(LabStage.MAIL, "CO16 451", Act.reply("451 4.3.0 later"), "temperror try-later"),
                at(LabStage.MAIL, "CO16 421", Act.reply("421 later").then(Act.close()), "temperror try-later"),
                at(LabStage.GREETING, "CO17 554", Act.reply("554 no"), "permerror refused-us"),
                at(LabStage.GREETING, "CO17 521", Act.reply("521 no mail").then(Act.close()), "permerror refused-us"),
                at(LabStage.GREETING, "CO17 500", Act.reply("500 no"), "permerror refused-us"),
                at(LabStage.GREETING, "CO18 421", Act.reply("421 busy").then(Act.close()), "temperror try-later"),
                at(LabStage.GREETING, "CO18 450", Act.reply("450 busy"), "temperror try-later"),
                at(LabStage.EHLO, "EHLO 550", Act.reply("550 go away"), "permerror refused-us"),
                at(LabStage.EHLO, "EHLO 421", Act.reply("421 busy").then(Act.close()), "temperror try-later"),
                at(LabStage.EHLO, "RP17 500", Act.reply("500 what"), "pass accepted"),
                at(LabStage.EHLO, "RP17 502", Act.reply("502 what"), "pass accepted"),
                new Peer(
                        "RP17 neither",
                        any().at(LabStage.EHLO, Act.reply("502 what")).at(LabStage.HELO, Act.reply("550 go away")),
                        "permerror refused-us")));
    }

    @TestFactory
    List<DynamicTest> RP01_to_RP13_replies_that_are_none() {
        List<Peer> peers = new ArrayList<>(List.of(
                at(LabStage.RCPT, "RP01 LF alone", Act.octets("250 ok\n"), "pass accepted"),
                at(LabStage.GREETING, "RP01 LF alone in the greeting", Act.octets("220-a\n220 b\n"), "pass accepted"),
                at(LabStage.EHLO, "RP01 LF alone in EHLO", Act.octets("250-a\n250 SIZE\n"), "pass accepted"),
                at(LabStage.RCPT, "RP01 LF alone refuses", Act.octets("550 5.1.1 unknown\n"), "550 5.1.7"),
                at(LabStage.RCPT, "RP01 CR alone", Act.octets("250 ok\r"), "temperror no-answer"),
                at(LabStage.RCPT, "RP01 no end", Act.octets("250 ok").then(Act.close()), "temperror unreachable"),
                at(LabStage.RCPT, "RP01 half", Act.octets("550 5.1.1 no").then(Act.close()), "temperror unreachable"),
                rcpt("RP03 250 then 550", "250-yes\r\n550 no", "permerror broken-peer"),
                rcpt("RP03 550 then 250", "550-5.1.1 no\r\n250 yes", "permerror broken-peer"),
                new Peer("RP04 endless", Exchangers.endlessReply(LabStage.EHLO), "permerror broken-peer"),
                new Peer("RP04 endless at RCPT", Exchangers.endlessReply(LabStage.RCPT), "permerror broken-peer"),
                new Peer(
                        "RP06 octet by octet",
                        Exchangers.octetByOctet(LabStage.RCPT, Duration.ofMillis(200)),
                        "temperror no-answer"),
                new Peer("RP07 unasked", Exchangers.answersUnasked(), "permerror broken-peer"),
                at(
                        LabStage.GREETING,
                        "RP07 all at once",
                        Act.octets("220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n"),
                        "permerror broken-peer"),
                rcpt("RP09 354 to RCPT", "354 go ahead", "permerror broken-peer"),
                at(LabStage.MAIL, "RP09 354 to MAIL", Act.reply("354 go ahead"), "permerror broken-peer"),
                rcpt("RP09 1xx", "150 wait", "permerror broken-peer"),
                rcpt("RP09 220 to RCPT", "220 hello", "permerror broken-peer"),
                rcpt("RP10 600", "600 what", "permerror broken-peer"),
                rcpt("RP10 999", "999 what", "permerror broken-peer"),
                rcpt("RP10 000", "000 what", "permerror broken-peer"),
                rcpt("RP11 good with a bad code", "250 5.1.1 fine", "pass accepted"),
                rcpt("RP11 bad with a good code", "550 2.1.5 User unknown", "550 5.1.7"),
                rcpt("RP11 bad with a later code", "550 4.1.1 nothing", "permerror refused-us"),
                rcpt("RP11 too many numbers", "550 5.1.1.1 nothing", "permerror refused-us"),
                rcpt("RP11 numbers nobody knows", "550 5.999.999 no", "permerror refused-us"),
                new Peer(
                        "RP11 the code of the reply before",
                        any().at(LabStage.MAIL, Act.reply("250 5.1.1 fine")).at(LabStage.RCPT, Act.reply("550 no")),
                        "permerror refused-us"),
                rcpt("RP12 control characters", "550 5.1.1 \u001b[2J\u0007\u202euser <script>unknown", "550 5.1.7"),
                rcpt("RP13 formats", "550-5.1.1 100%s\r\n550 5.1.1 %n%", "550 5.1.7")));
        for (String garbage : List.of(
                "25 OK", "2500 OK", "abc", " 250 ok", "250OK", "250_ok", "\u0662\u0665\u0660 ok", "", "2 5 0")) {
            peers.add(rcpt("RP02 garbage " + peers.size(), garbage, "permerror broken-peer"));
        }
        return tests(peers);
    }

    @TestFactory
    List<DynamicTest> RP14_RP15_RP16_CO22_closing_and_silence_at_each_stage() {
        List<Peer> peers = new ArrayList<>();
        for (LabStage stage : List.of(LabStage.GREETING, LabStage.EHLO, LabStage.MAIL, LabStage.RCPT)) {
            Act busy = Act.reply("421 4.3.2 busy").then(Act.close());
            peers.add(at(stage, "RP14 421 at " + stage, busy, "temperror try-later"));
            peers.add(at(stage, "RP15 closed at " + stage, Act.close(), "temperror unreachable"));
            peers.add(at(stage, "RP15 reset at " + stage, Act.reset(), "temperror unreachable"));
            peers.add(at(stage, "RP16 silent at " + stage, Act.never(), "temperror no-answer"));
        }
        peers.add(new Peer("RP15 closed at once", Exchangers.hangsUp(LabStage.CONNECT), "temperror unreachable"));
        peers.add(new Peer("CO22 a tarpit", Exchangers.tarpit(), "temperror no-answer"));
        peers.add(new Peer("RP20 reset at QUIT", any().at(LabStage.QUIT, Act.reset()), "pass accepted"));
        return tests(peers);
    }

    @TestFactory
    List<DynamicTest> TL02_TL10_TLS_that_does_not_work_changes_no_verdict() {
        Behaviour tls = any().keyword("STARTTLS");
        return tests(List.of(
                new Peer("TL10 works", tls, "pass accepted"),
                new Peer("TL10 garbage", Exchangers.brokenTls("jane@tl10-garbage.test"), "pass accepted"),
                new Peer("TL10 silent", Exchangers.silentTls("jane@tl10-silent.test"), "pass accepted"),
                new Peer("TL10 not now", tls.at(LabStage.STARTTLS, Act.reply("454 4.7.0 not now")), "pass accepted"),
                new Peer("TL10 not known", tls.at(LabStage.STARTTLS, Act.reply("502 what")), "pass accepted"),
                new Peer(
                        "TL10 closes",
                        tls.at(LabStage.STARTTLS, Act.reply("220 go").then(Act.close())),
                        "pass accepted"),
                new Peer(
                        "TL10 resets",
                        tls.at(LabStage.STARTTLS, Act.reply("220 go").then(Act.reset())),
                        "pass accepted"),
                new Peer("TL02 injects", Exchangers.injectsBeforeTls("jane@tl02-injects.test"), "pass accepted")));
    }

    @Test
    void CO07_the_refusal_of_Microsofts_edge_is_proof_where_it_is_theirs() {
        String host = "m365-test.mail.protection.outlook.com";
        SCENE.stage.lab.exchanger(
                host,
                Exchangers.saysToAll("550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [X.prod]"));
        SCENE.stage.lab.dns().mx("m365.test", 10, host);
        expect("550 5.1.7", SCENE.send("jane@m365.test"));
    }

    @Test
    void CO12_a_forwarding_address_is_no_mailbox_to_bounce_to() {
        SCENE.stage.lab.domain("moved.test", Exchangers.saysToAll("551 User not local; please try <jane@x.test>"));
        expect("550 5.1.7", SCENE.send("jane@moved.test"));
    }

    @Test
    void CO21_a_peer_that_refuses_at_DATA_is_not_found_out_for_DATA_is_never_said() {
        LabExchanger mx = SCENE.stage.lab.domain("data.test", any().at(LabStage.DATA, Act.reply("550 no such user")));
        expect("pass accepted", SCENE.send("jane@data.test"));
        mx.open().awaitAtMost(0);
        assertThat(mx.lastSession().heard())
                .containsExactly("EHLO mx1.example.org", "MAIL FROM:<>", "RCPT TO:<jane@data.test>", "QUIT");
    }

    @Test
    void CO31_the_preferred_exchanger_that_can_be_spoken_to_answers_and_no_other() {
        SCENE.stage.lab.exchanger("mx1.two.test", Exchangers.saysNoSuchUser());
        LabExchanger backup = SCENE.stage.lab.exchanger("mx2.two.test", Exchangers.acceptsAny());
        SCENE.stage.lab.dns().mx("two.test", 10, "mx1.two.test").mx("two.test", 20, "mx2.two.test");
        expect("550 5.1.7", SCENE.send("jane@two.test"));
        assertThat(backup.connections().count()).isZero();
    }

    @Test
    void RP18_an_exchanger_is_believed_about_what_it_can_do_now_and_not_what_it_could_before() {
        LabExchanger mx = SCENE.stage.lab.domain(
                "fickle.test",
                any().keyword("STARTTLS")
                        .hook(heard -> heard.session() > 1 && heard.stage() == LabStage.EHLO
                                ? Optional.of(Act.reply("250-mx.fickle.test", "250 SIZE 1000"))
                                : Optional.empty()));
        expect("pass accepted", SCENE.send("jane@fickle.test"));
        expect("pass accepted", SCENE.send("john@fickle.test"));
        assertThat(mx.handshakes().count()).isEqualTo(1);
        assertThat(mx.lastSession().heard()).doesNotContain("STARTTLS");
    }

    @Test
    void RP12_what_a_peer_says_reaches_the_client_printable_and_cut() {
        String flood = "\u001b]0;owned\u0007<script>alert(1)</script>%s\u202e" + "x".repeat(1_500);
        SCENE.stage.lab.domain("loud.test", Exchangers.saysToAll("550 5.1.1 user unknown " + flood));
        Fate fate = SCENE.send("jane@loud.test");
        expect("550 5.1.7", fate);
        assertThat(fate.reply().length()).isLessThan(420);
        assertThat(fate.reply()).contains("<script>", "%s");
    }

    @Test
    void RP05_a_line_of_megabytes_costs_no_memory_and_is_no_answer() {
        SCENE.stage.lab.domain("long.test", Exchangers.endlessLine(LabStage.RCPT));
        Fate fate = SCENE.send("jane@long.test");
        assertThat(fate.result()).isIn("temperror no-answer", "permerror broken-peer");
    }
}
