package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Act;
import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Commands in one segment: the order of replies, who may speak when, and where a batch ends. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipeliningTest {
    private static final MtaBehaviour PROPER = MtaBehaviour.proper()
            .recording(Recording.BODIES)
            .mailboxes(Mailboxes.users("r@example.org", "s@example.org"));

    private GatewayStage stage;

    @BeforeAll
    void start() throws IOException {
        stage = new GatewayStage(PROPER).start("""
                        checks.sender.mode = off
                        checks.reverse-dns.mode = off
                        checks.recipient.mode = off
                        listen.limits.recipients = 100
                        """);
    }

    @BeforeEach
    void aProperMta() {
        stage.mta.behaviour(PROPER);
    }

    @AfterAll
    void end() {
        stage.close();
        LeakPresenceDetector.check();
    }

    /** Each RCPT is answered the later the earlier it was asked: not by this MTA, which answers in order; so by its pace. */
    private void slowRcpt() {
        stage.mta.behaviour(PROPER.smtp(b ->
                b.hook(heard -> heard.stage() == LabStage.RCPT && heard.line().contains("slow")
                        ? Optional.of(Act.reply("250 2.1.5 Ok slowly").after(Duration.ofMillis(300)))
                        : Optional.empty())));
    }

    @Test
    void PA27_replies_to_a_pipelined_envelope_come_in_order_whoever_is_slow() {
        slowRcpt();
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<slow@example.org>\r\nRCPT TO:<x@elsewhere.test>\r\n"
                    + "RCPT TO:<r@example.org>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\n");
            client.expect(250);
            assertThat(client.expect(250).text()).contains("slowly");
            assertThat(client.expect(550).text()).contains("Relay access denied");
            client.expect(250);
            assertThat(client.expect(550).text()).startsWith("5.1.1");
            client.expect(354);
            assertThat(client.content("Subject: pa27\r\n\r\n").code()).isEqualTo(250);
        }
    }

    @Test
    void PA28_data_behind_refused_recipients_is_refused_and_the_session_goes_on() {
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<nobody@example.org>\r\nDATA\r\n");
            client.expect(250);
            client.expect(550);
            assertThat(client.expect(554).text()).startsWith("5.5.1");
            client.command("RSET", 250);
        }
    }

    @Test
    void PA29_content_before_354_is_out_of_turn_and_the_client_never_sees_a_354() {
        long cut = stage.mta.tallies().ended().count();
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<r@example.org>\r\nDATA\r\nSubject: early\r\n\r\n.\r\n");
            client.expect(250);
            client.expect(250);
            assertThat(client.readToEnd()).startsWith("554 5.5.0").doesNotContain("354");
        }
        assertThat(stage.mta.tallies().ended().count()).isEqualTo(cut);
    }

    @Test
    void PA30_a_second_transaction_right_behind_the_end_of_the_first_is_taken() {
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            client.send("Subject: one\r\n\r\n.\r\nMAIL FROM:<c@b.test>\r\nRCPT TO:<s@example.org>\r\nDATA\r\n");
            client.expect(250);
            client.expect(250);
            client.expect(250);
            client.expect(354);
            assertThat(client.content("Subject: two\r\n\r\n").code()).isEqualTo(250);
            client.quit();
        }
    }

    @Test
    void PA31_what_stands_behind_quit_is_ignored() {
        long messages = stage.mta.tallies().recipients().count();
        try (LabClient client = stage.client()) {
            client.send("QUIT\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<r@example.org>\r\nQUIT\r\n");
            assertThat(client.readToEnd()).startsWith("221 ").matches("(?s)[^\r\n]*\r\n");
        }
        assertThat(stage.mta.tallies().recipients().count()).isEqualTo(messages);
    }

    @Test
    void a_line_that_is_no_command_behind_a_pending_recipient_waits_its_turn() {
        slowRcpt();
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<slow@example.org>\r\nBDAT what\r\n");
            client.expect(250);
            client.expect(250);
            assertThat(client.readToEnd()).startsWith("501 ");
        }
    }

    @Test
    void AN10_the_limit_of_recipients_holds_for_a_client_that_does_not_wait() {
        slowRcpt();
        stage.mta.behaviour(PROPER.mailboxes(Mailboxes.any()));
        try (LabClient client = stage.client()) {
            StringBuilder batch = new StringBuilder("MAIL FROM:<a@b.test>\r\n");
            for (int i = 0; i < 250; i++) {
                batch.append("RCPT TO:<u").append(i).append("@example.org>\r\n");
            }
            client.send(batch.toString());
            client.expect(250);
            for (int i = 0; i < 100; i++) {
                client.expect(250);
            }
            for (int i = 100; i < 250; i++) {
                assertThat(client.expect(452).text()).startsWith("4.5.3");
            }
            client.command("DATA", 354);
            assertThat(client.content("Subject: many\r\n\r\n").code()).isEqualTo(250);
        }
        assertThat(stage.mta
                        .messages()
                        .get(stage.mta.messages().size() - 1)
                        .envelope()
                        .recipients())
                .hasSize(100);
    }

    @Test
    void AN12_the_message_goes_to_those_that_were_accepted_and_to_nobody_else() {
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<nobody@example.org>", 550);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            assertThat(client.content("Subject: an12\r\n\r\n").code()).isEqualTo(250);
        }
        assertThat(stage.mta
                        .messages()
                        .get(stage.mta.messages().size() - 1)
                        .envelope()
                        .recipients())
                .hasSize(1);
    }

    @Test
    void PA63_a_whole_session_followed_by_fin_is_carried_out_to_its_end() {
        slowRcpt();
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<slow@example.org>\r\nRSET\r\nNOOP\r\nQUIT\r\n")
                    .finish();
            client.expect(250);
            client.expect(250);
            client.expect(250);
            client.expect(250);
            assertThat(client.readToEnd()).startsWith("221 ");
        }
    }

    @Test
    void PA63_a_half_close_behind_the_dot_still_gets_the_mtas_answer() {
        stage.mta.behaviour(
                PROPER.at(LabStage.END_OF_DATA, Act.reply("250 2.0.0 taken").after(Duration.ofMillis(200))));
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            client.send("Subject: x\r\n\r\n.\r\n").finish();
            assertThat(client.readToEnd()).startsWith("250 2.0.0 taken");
        }
    }

    @Test
    void PA39_a_half_close_in_mid_data_cuts_the_mta_without_an_end() {
        long cut = stage.mta.tallies().cut().count();
        long ended = stage.mta.tallies().ended().count();
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            client.send("Subject: x\r\n\r\nhalf a mess").finish();
            assertThat(client.readToEnd()).isEmpty();
        }
        stage.mta.tallies().cut().awaitAtLeast(cut + 1);
        assertThat(stage.mta.tallies().ended().count()).isEqualTo(ended);
    }
}
