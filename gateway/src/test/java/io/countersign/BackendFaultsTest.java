package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Act;
import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabExchanger;
import io.countersign.lab.LabReply;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the MTA behind us says or does, and what its client hears: through the whole gateway. */
class BackendFaultsTest {
    private static final MtaBehaviour PROPER = MtaBehaviour.proper()
            .recording(Recording.BODIES)
            .mailboxes(Mailboxes.users("r@example.org", "s@example.org"));
    private static final String PLAIN = """
            checks.sender.mode = off
            checks.reverse-dns.mode = off
            checks.recipient.mode = off
            backend { wait = 1s, timeouts { connect = 1s, reply = 500ms, end-of-data = 1s } }
            """;

    @AfterAll
    static void no_buffer_is_leaked() {
        LeakPresenceDetector.check();
    }

    private static GatewayStage stage(MtaBehaviour mta) throws IOException {
        return new GatewayStage(mta).start(PLAIN);
    }

    /** @param act instead of the proper reply at that stage, in the MTA's second connection and all later ones */
    private record Fault(String id, LabStage stage, Act act) {}

    @TestFactory
    List<DynamicTest> RP01_to_RP15_an_MTA_that_speaks_no_SMTP_is_a_4xx_and_the_next_message_goes_through() {
        List<Fault> faults = new ArrayList<>();
        for (LabStage stage : List.of(LabStage.MAIL, LabStage.RCPT, LabStage.DATA, LabStage.END_OF_DATA)) {
            String at = " at " + stage;
            faults.add(new Fault("RP01 CR alone" + at, stage, Act.octets("250 ok\r")));
            faults.add(new Fault("RP01 no end" + at, stage, Act.octets("250 ok").then(Act.close())));
            faults.add(new Fault("RP02 garbage" + at, stage, Act.garbage()));
            faults.add(new Fault("RP02 two digits" + at, stage, Act.octets("25 ok\r\n")));
            faults.add(new Fault("RP02 no blank" + at, stage, Act.octets("250ok\r\n")));
            faults.add(new Fault("RP03 two codes" + at, stage, Act.octets("250-yes\r\n550 no\r\n")));
            faults.add(new Fault("RP04 endless" + at, stage, Act.endless("250-and more\r\n")));
            faults.add(new Fault("RP06 silent" + at, stage, Act.never()));
            faults.add(new Fault("RP09 1xx" + at, stage, Act.reply("150 wait")));
            faults.add(new Fault("RP10 600" + at, stage, Act.reply("600 what")));
            faults.add(
                    new Fault("RP14 421" + at, stage, Act.reply("421 4.3.2 bye").then(Act.close())));
            faults.add(new Fault("RP15 closed" + at, stage, Act.close()));
            faults.add(new Fault("RP15 reset" + at, stage, Act.reset()));
        }
        faults.add(new Fault("RP09 354 at MAIL", LabStage.MAIL, Act.reply("354 go on")));
        faults.add(new Fault("RP09 354 at RCPT", LabStage.RCPT, Act.reply("354 go on")));
        faults.add(new Fault("RP09 250 at DATA", LabStage.DATA, Act.reply("250 ok")));
        return faults.stream()
                .map(fault -> DynamicTest.dynamicTest(fault.id(), () -> survives(fault)))
                .toList();
    }

    private static void survives(Fault fault) throws IOException {
        try (GatewayStage stage = stage(PROPER);
                LabClient client = stage.client()) {
            stage.mta.behaviour(PROPER.at(fault.stage(), fault.act()));
            LabReply reply = client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\nHello.\r\n");
            assertThat(reply.code()).as(reply.toString()).isBetween(400, 499);
            assertThat(reply.code()).as("the session goes on").isNotEqualTo(421);
            stage.mta.behaviour(PROPER);
            client.command("RSET", 250);
            assertThat(client.deliver("a@b.test", "r@example.org", "Subject: y\r\n\r\nHello.\r\n")
                            .code())
                    .isEqualTo(250);
            assertThat(stage.mta.messages().stream()
                            .filter(m -> m.content().text().contains("Subject: y")))
                    .hasSize(1);
        }
    }

    @Test
    void RP11_RP12_RP13_BE08_the_MTAs_last_word_is_passed_with_class_and_code_and_nothing_that_could_harm()
            throws IOException {
        try (GatewayStage stage = stage(PROPER);
                LabClient client = stage.client()) {
            stage.mta.behaviour(PROPER.at(
                    LabStage.END_OF_DATA,
                    Act.octets("554-5.7.1 100%s %n\r\n554 5.7.1 \u001b[2Jspam\u0007 \u00e9\r\n")));
            LabReply refused = client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n");
            assertThat(refused.code()).isEqualTo(554);
            assertThat(refused.text())
                    .startsWith("5.7.1 100%s %n")
                    .contains("spam")
                    .matches("[ -~\n]*");
            stage.mta.behaviour(PROPER.at(LabStage.END_OF_DATA, Act.reply("452 4.3.1 no room")));
            LabReply deferred = client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n");
            assertThat(deferred.code()).isEqualTo(452);
            assertThat(deferred.text()).startsWith("4.3.1 no room (id ");
            stage.mta.behaviour(PROPER.at(LabStage.END_OF_DATA, Act.reply("550 2.0.0 contradiction")));
            assertThat(client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(550);
        }
    }

    @Test
    void BE10_what_the_MTA_does_not_offer_is_not_offered_and_not_taken() throws IOException {
        MtaBehaviour poor = PROPER.smtp(b -> b.keywords("SIZE 100000"));
        try (GatewayStage stage = stage(poor);
                LabClient client = stage.connect()) {
            String offered = client.hello("client.test").text();
            assertThat(offered).contains("PIPELINING", "ENHANCEDSTATUSCODES", "SIZE " + (100_000 - 4_096));
            assertThat(offered).doesNotContain("8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "PRDR");
            client.command("MAIL FROM:<a@b.test> BODY=8BITMIME", 555);
            client.command("MAIL FROM:<a@b.test> RET=HDRS", 555);
            client.command("MAIL FROM:<a@b.test> SMTPUTF8", 555);
            client.command("MAIL FROM:<a@b.test> SIZE=99000", 552);
            // Its octets come with it and are read past.
            assertThat(client.send("BDAT 3 LAST\r\nabc").read().code()).isEqualTo(502);
        }
    }

    @Test
    void BE14_no_connection_is_kept_longer_than_idle_so_that_the_MTA_has_room_for_others() throws IOException {
        try (GatewayStage stage = new GatewayStage(PROPER).start(PLAIN + "backend.idle = 100ms\n");
                LabClient client = stage.client()) {
            client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n");
            stage.mta.tallies().open().awaitAtMost(0);
        }
    }

    @Test
    void BE24_replies_for_each_recipient_are_not_offered_though_the_MTA_has_them() throws IOException {
        try (GatewayStage stage =
                        stage(PROPER.smtp(b -> b.keyword("PRDR").keyword("BURL").keyword("AUTH PLAIN")));
                LabClient client = stage.connect()) {
            assertThat(client.hello("client.test").text()).doesNotContain("PRDR", "BURL", "AUTH");
            client.command("MAIL FROM:<a@b.test> PRDR", 555);
        }
    }

    @Test
    void BE25_content_that_fails_half_way_is_never_committed() throws IOException {
        try (GatewayStage stage = stage(PROPER);
                LabClient client = stage.client()) {
            String loop = "Received: from x by y; Tue, 24 Nov 2026 18:00:00 +0000\r\n".repeat(101);
            LabReply reply = client.deliver("a@b.test", "r@example.org", loop + "Subject: x\r\n\r\nHello.\r\n");
            assertThat(reply.code()).isEqualTo(554);
            assertThat(reply.text()).startsWith("5.4.6");
            assertThat(stage.mta.messages()).isEmpty();
            assertThat(client.deliver("a@b.test", "r@example.org", "Subject: y\r\n\r\n")
                            .code())
                    .isEqualTo(250);
            assertThat(stage.mta.awaitMessages(1).get(0).content().text()).contains("Subject: y");
        }
    }

    @Test
    void AN02_an_unknown_recipient_gets_the_MTAs_refusal_and_the_second_one_out_of_memory() throws IOException {
        try (GatewayStage stage =
                        new GatewayStage(PROPER).start("checks.sender.mode = off\nchecks.reverse-dns.mode = off\n");
                LabClient client = stage.client()) {
            client.command("MAIL FROM:<>", 250);
            assertThat(client.command("RCPT TO:<nobody@example.org>", 550).text())
                    .startsWith("5.1.1");
            long asked = stage.mta.tallies().recipients().count();
            assertThat(client.command("RCPT TO:<nobody@example.org>", 550).text())
                    .startsWith("5.1.1 <nobody@example.org>: Recipient address rejected: undeliverable address:");
            assertThat(stage.mta.tallies().recipients().count()).isEqualTo(asked);
        }
    }

    @Test
    void AN06_a_4xx_of_the_MTA_is_never_remembered() throws IOException {
        try (GatewayStage stage =
                        new GatewayStage(PROPER).start("checks.sender.mode = off\nchecks.reverse-dns.mode = off\n");
                LabClient client = stage.client()) {
            stage.mta.behaviour(PROPER.at(LabStage.RCPT, Act.reply("450 4.1.1 unknown for now")));
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 450);
            stage.mta.behaviour(PROPER);
            client.command("RCPT TO:<r@example.org>", 250);
        }
    }

    @Test
    void CO23_the_sender_of_our_own_callouts_is_accepted_whether_or_not_the_MTA_knows_it_and_never_verified()
            throws IOException {
        try (SenderScene scene = new SenderScene()) {
            LabExchanger mx = scene.stage.lab.domain(
                    "b.test",
                    io.countersign.lab.Exchangers.acceptsAny()
                            .hook(heard -> heard.stage() == LabStage.MAIL
                                            && heard.argument().isEmpty()
                                    ? Optional.of(Act.reply("550 no null senders"))
                                    : Optional.empty()));
            scene.start("callout.mail-from = \"probe@example.org\"\n");
            assertThat(scene.send("jane@b.test").result()).isEqualTo("pass accepted");
            assertThat(mx.lastSession().heard()).contains("MAIL FROM:<probe@example.org>");
            try (LabClient asker = scene.stage.client()) {
                asker.command("MAIL FROM:<>", 250);
                asker.command("RCPT TO:<probe@example.org>", 250);
                asker.command("RSET", 250);
                asker.command("MAIL FROM:<probe@example.org>", 250);
                asker.command("RCPT TO:<r@example.org>", 250);
                asker.command("RSET", 250);
                asker.command("MAIL FROM:<>", 250);
                asker.command("RCPT TO:<probe@example.org>", 250);
                // Content for it is mail like any other: the MTA has the word, and does not know it.
                asker.command("DATA", 550);
            }
            assertThat(mx.connections().count()).isEqualTo(1);
        }
    }

    @Test
    void CO28_CO29_CO30_senders_of_ours_bounces_and_mail_to_postmaster_cost_no_callout() throws IOException {
        try (SenderScene scene = new SenderScene()) {
            LabExchanger mx = scene.stage.lab.domain("b.test", io.countersign.lab.Exchangers.saysNoSuchUser());
            scene.stage.mta.behaviour(SenderScene.MTA.mailboxes(Mailboxes.any()));
            scene.start("");
            scene.stage.lab.dns().forgetQuestions();
            try (LabClient client = scene.stage.client()) {
                for (String sender : List.of("", "s@example.org")) {
                    assertThat(client.deliver(sender, "r@example.org", "Subject: x\r\n\r\n")
                                    .code())
                            .isEqualTo(250);
                }
                for (String recipient :
                        List.of("postmaster@example.org", "abuse@example.org", "Postmaster@example.org")) {
                    assertThat(client.deliver("jane@b.test", recipient, "Subject: x\r\n\r\n")
                                    .code())
                            .as(recipient)
                            .isEqualTo(250);
                }
            }
            assertThat(mx.connections().count()).isZero();
            assertThat(scene.stage.lab.dns().asked("example.org", "MX"))
                    .as("our own senders are asked of the MTA")
                    .isZero();
        }
    }
}
