package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Command lines as they should not be, through the whole gateway. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandLinesTest {
    private GatewayStage stage;

    @BeforeAll
    void start() throws IOException {
        stage = new GatewayStage(MtaBehaviour.proper()
                        .recording(Recording.BODIES)
                        .mailboxes(Mailboxes.users("r@example.org", "s@example.org")))
                .start("checks.sender.mode = off\nchecks.reverse-dns.mode = off\n");
    }

    @AfterAll
    void end() {
        assertThat(stage.mta.tallies().ended().count())
                .as("the MTA saw an end for each message that was answered 250, and for no other")
                .isEqualTo(stage.mta.tallies().messages().count());
        stage.close();
        LeakPresenceDetector.check();
    }

    private static void refusedAndClosed(LabClient client, String code, String status) {
        assertThat(client.readToEnd()).startsWith(code + " " + status).matches("(?s)[^\r\n]*\r\n");
    }

    @Test
    void PA19_a_bare_lf_in_a_command_closes_the_session_and_nothing_behind_it_runs() {
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\nRCPT TO:<r@example.org>\r\n");
            refusedAndClosed(client, "500", "5.5.2");
        }
    }

    @Test
    void PA20_a_bare_cr_in_a_command_closes_the_session() {
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\rRCPT TO:<r@example.org>\r\n");
            refusedAndClosed(client, "500", "5.5.2");
        }
    }

    @Test
    void PA21_a_nul_in_a_command_closes_the_session_and_other_controls_are_refused() {
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\0 SIZE=1\r\n");
            refusedAndClosed(client, "500", "5.5.2");
        }
        try (LabClient client = stage.client()) {
            assertThat(client.command("MAIL FROM:<a\u0007@b.test>").code()).isBetween(500, 599);
            assertThat(client.command("RCPT TO:<r@example.org>").code()).isEqualTo(503);
            assertThat(client.command("MAIL FROM:<a\u007f@b.test>").code()).isBetween(500, 599);
        }
    }

    @Test
    void PA22_an_endless_command_line_gets_one_reply_is_thrown_away_and_the_session_closed() {
        try (LabClient client = stage.client()) {
            byte[] noise = new byte[1 << 20];
            Arrays.fill(noise, (byte) 'x');
            client.send(noise);
            assertThat(client.readToEnd()).startsWith("500 5.5.2 line too long").matches("(?s)[^\r\n]*\r\n");
        }
    }

    @Test
    void PA23_text_lines_pass_up_to_the_limit_and_a_longer_one_refuses_the_message() {
        try (LabClient client = stage.client()) {
            LabReply fair =
                    client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n" + "y".repeat(5000) + "\r\n");
            assertThat(fair.code()).as(fair.toString()).isEqualTo(250);
            LabReply unfair =
                    client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n" + "y".repeat(1 << 21) + "\r\n");
            assertThat(unfair.lines().get(0)).startsWith("550 5.6.0 line too long");
        }
    }

    @Test
    void PA24_a_hundred_received_fields_pass_and_one_more_is_a_loop() {
        try (LabClient client = stage.client()) {
            String received = "Received: from a by b; Tue, 1 Jan 2030 00:00:00 +0000\r\n";
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            assertThat(client.content(received.repeat(100) + "\r\n").code()).isEqualTo(250);
            LabReply loop = client.deliver("a@b.test", "r@example.org", received.repeat(101) + "\r\nbody\r\n");
            assertThat(loop.lines().get(0)).startsWith("554 5.4.6");
            client.command("NOOP", 250);
        }
    }

    @Test
    void PA43_commands_out_of_order_are_refused_with_503() {
        try (LabClient client = stage.connect()) {
            client.expect(220);
            client.command("MAIL FROM:<a@b.test>", 503);
            client.command("EHLO client.test", 250);
            assertThat(client.command("RCPT TO:<r@example.org>", 503).text()).startsWith("5.5.1");
            client.command("DATA", 503);
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("DATA", 503);
            client.command("MAIL FROM:<c@b.test>", 503);
            client.command("RCPT TO:<r@example.org>", 250);
        }
    }

    @Test
    void PA40_after_a_refused_message_nothing_of_its_envelope_is_left() {
        try (LabClient client = stage.client()) {
            LabReply loop = client.deliver("a@b.test", "r@example.org", "Received: x\r\n".repeat(101) + "\r\n");
            assertThat(loop.code()).isEqualTo(554);
            client.command("RCPT TO:<r@example.org>", 503);
            client.command("DATA", 503);
        }
    }

    @Test
    void PA41_failed_commands_in_mid_transaction_leave_it_alone() {
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("VRFY r", 252);
            client.command("FNORD", 500);
            assertThat(client.command("RCPT TO:<\u00fc@example.org>").code()).isEqualTo(553);
            client.command("DATA", 354);
            assertThat(client.content("Subject: x\r\n\r\n").code()).isEqualTo(250);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSET", "EHLO again.test", "HELO again.test"})
    void PA42_a_reset_clears_the_whole_transaction(String reset) {
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command(reset, 250);
            client.command("RCPT TO:<r@example.org>", 503);
            client.command("DATA", 503);
            LabReply next = client.deliver("c@b.test", "s@example.org", "Subject: after\r\n\r\n");
            assertThat(next.code()).isEqualTo(250);
        }
        assertThat(stage.mta
                        .messages()
                        .get(stage.mta.messages().size() - 1)
                        .envelope()
                        .toString())
                .contains("c@b.test")
                .doesNotContain("r@example.org");
    }

    @Test
    void PA44_eight_bit_addresses_need_smtputf8_and_replies_stay_ascii() {
        try (LabClient client = stage.client()) {
            assertThat(client.command("MAIL FROM:<\u00fcser@b.test>").lines().get(0))
                    .startsWith("553 5.6.7");
            client.command("MAIL FROM:<\u00fcser@b.test> SMTPUTF8", 250);
            LabReply refused = client.command("RCPT TO:<\u00fc@elsewhere.test>", 550);
            assertThat(StandardCharsets.US_ASCII.newEncoder().canEncode(refused.toString()))
                    .isTrue();
        }
    }

    @Test
    void PA50_a_size_beyond_ours_is_refused_at_mail_and_one_that_is_no_number_with_501() {
        try (LabClient client = stage.client()) {
            assertThat(client.command("MAIL FROM:<a@b.test> SIZE=99999999")
                            .lines()
                            .get(0))
                    .startsWith("552 5.3.4");
            assertThat(client.command("MAIL FROM:<a@b.test> SIZE=99999999999999999999")
                            .lines()
                            .get(0))
                    .startsWith("501 5.5.4");
            client.command("MAIL FROM:<a@b.test> SIZE=10", 250);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: mx1.example.org\r\n\r\n",
                "POST /x HTTP/1.1\r\nContent-Length: 20\r\n\r\nMAIL FROM:<a@b.test>\r\n",
                "SSH-2.0-OpenSSH_9.2\r\n"
            })
    void PA54_a_client_that_speaks_another_protocol_gets_one_reply_and_is_closed(String said) {
        try (LabClient client = stage.connect()) {
            client.expect(220);
            client.send(said);
            String answer = client.readToEnd();
            assertThat(answer).startsWith("521 ").matches("(?s)[^\r\n]*\r\n");
        }
    }

    @Test
    void PA54b_a_tls_hello_in_the_clear_is_refused_and_closed() {
        try (LabClient client = stage.connect()) {
            client.expect(220);
            client.send(new byte[] {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0, '\r', '\n'});
            assertThat(client.readToEnd()).matches("(?s)5\\d\\d [^\r\n]*\r\n");
        }
    }

    @Test
    void PA56_a_hundred_commands_without_a_message_are_enough() {
        try (LabClient client = stage.client()) {
            client.send("RSET\r\n".repeat(10_000));
            String all = client.readToEnd();
            assertThat(all.lines().filter(l -> l.startsWith("250 2.0.0")).count())
                    .isEqualTo(99);
            assertThat(all).contains("421 4.7.0").endsWith("\r\n");
            assertThat(all.lines().filter(l -> l.startsWith("421")).count()).isEqualTo(1);
        }
    }

    @Test
    void PA57_too_many_errors_end_the_session() {
        try (LabClient client = stage.client()) {
            for (int i = 0; i < 20; i++) {
                client.command("FNORD", 500);
            }
            assertThat(client.command("FNORD", 421).text()).startsWith("4.7.0");
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void PA58_PA59_vrfy_tells_nothing_and_what_is_not_offered_is_not_there() {
        try (LabClient client = stage.client()) {
            assertThat(client.command("VRFY r@example.org", 252).text())
                    .isEqualTo(client.command("VRFY nobody@example.org", 252).text());
            client.command("EXPN list", 502);
            for (String word : new String[] {"AUTH PLAIN x", "ETRN x", "TURN", "XEXCH50 1 2", "XCLIENT ADDR=1.2.3.4"}) {
                assertThat(client.command(word).lines().get(0)).startsWith("502 5.5.1");
            }
        }
    }

    @Test
    void IN02_a_helo_name_of_any_kind_leaves_received_one_field() {
        try (LabClient client = stage.connect()) {
            client.expect(220);
            LabReply hello = client.command("EHLO (x; by evil) \"y\u00e9\"");
            if (hello.code() != 250) {
                client.command("EHLO [127.9.0.1]", 250);
            }
            client.deliver("a@b.test", "r@example.org", "Subject: in02\r\n\r\n");
        }
        String text = stage.mta.messages().stream()
                .map(m -> m.content().text())
                .filter(t -> t.contains("Subject: in02"))
                .findFirst()
                .orElseThrow();
        String received = text.substring(text.indexOf("Received:"), text.indexOf("Subject: in02"));
        assertThat(received.substring("Received:".length()))
                .doesNotContain("\r\nReceived")
                .doesNotContain("evil)");
        assertThat(received.lines().skip(1)).allMatch(l -> l.startsWith("\t") || l.startsWith(" "));
    }
}
