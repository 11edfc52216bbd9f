package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.countersign.lab.MtaMessage;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** BDAT (RFC 3030) through the whole gateway. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChunkingTest {
    private static final MtaBehaviour PROPER =
            MtaBehaviour.proper().recording(Recording.BODIES).mailboxes(Mailboxes.users("r@example.org"));
    private static final String CHECKS_OFF =
            "checks.sender.mode = off\nchecks.reverse-dns.mode = off\nlisten.limits.message-size = 1MiB\n";

    private GatewayStage stage;

    @BeforeAll
    void start() throws IOException {
        stage = new GatewayStage(PROPER).start(CHECKS_OFF);
    }

    @BeforeEach
    void aProperMta() {
        stage.mta.behaviour(PROPER);
    }

    @AfterAll
    void end() {
        assertThat(stage.mta.tallies().ended().count())
                .isEqualTo(stage.mta.tallies().messages().count());
        stage.close();
        LeakPresenceDetector.check();
    }

    private LabClient inTransaction() {
        return inTransaction(stage);
    }

    private static LabClient inTransaction(GatewayStage at) {
        LabClient client = at.client();
        client.command("MAIL FROM:<a@b.test>", 250);
        client.command("RCPT TO:<r@example.org>", 250);
        return client;
    }

    private static String chunk(String content, String last) {
        return "BDAT " + content.getBytes(StandardCharsets.UTF_8).length + last + "\r\n" + content;
    }

    private static MtaMessage newest(GatewayStage at) {
        return at.mta.messages().get(at.mta.messages().size() - 1);
    }

    @Test
    void a_message_in_several_chunks_arrives_as_one_with_our_fields_in_front() {
        try (LabClient client = inTransaction()) {
            client.send(chunk("Subject: ch", "")).expect(250);
            client.send(chunk("unks\r\n\r\none\r", "")).expect(250);
            client.send(chunk("\n.\r\ntwo\r\n", "")).expect(250);
            client.command("BDAT 0 LAST", 250);
        }
        assertThat(newest(stage).content().text())
                .startsWith("Authentication-Results: mx1.example.org;")
                .endsWith("Subject: chunks\r\n\r\none\r\n.\r\ntwo\r\n");
    }

    @Test
    void PA38_pipelined_chunks_are_answered_one_by_one() {
        try (LabClient client = stage.client()) {
            client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<r@example.org>\r\n" + chunk("Subject: x\r\n", "")
                    + chunk("\r\nbody\r\n", "") + chunk("end\r\n", " LAST") + "QUIT\r\n");
            for (int i = 0; i < 5; i++) {
                client.expect(250);
            }
            assertThat(client.readToEnd()).startsWith("221");
        }
        assertThat(newest(stage).content().text()).endsWith("Subject: x\r\n\r\nbody\r\nend\r\n");
    }

    @Test
    void IN09_forged_results_are_taken_out_wherever_the_chunks_are_split() {
        String forged = "Authentication-Results: mx1.example.org;\r\n spf=pass\r\nSubject: forged\r\n\r\nbody\r\n";
        for (int split = 1; split < forged.length(); split += 3) {
            try (LabClient client = inTransaction()) {
                client.send(chunk(forged.substring(0, split), "")).expect(250);
                client.send(chunk(forged.substring(split), " LAST")).expect(250);
            }
            String text = newest(stage).content().text();
            assertThat(text).as("split at %d", split).endsWith("Subject: forged\r\n\r\nbody\r\n");
            assertThat(text).doesNotContain("\r\n spf=pass");
        }
    }

    @Test
    void PA32_a_chunk_without_chunking_is_refused_and_its_octets_are_no_commands() throws IOException {
        MtaBehaviour without = PROPER.smtp(b -> b.withoutKeyword("CHUNKING"));
        try (GatewayStage plain = new GatewayStage(without).start(CHECKS_OFF);
                LabClient client = inTransaction(plain)) {
            client.send(chunk("RSET\r\nNOOP\r\n", " LAST"));
            assertThat(client.expect(502).text()).startsWith("5.5.1");
            client.command("DATA", 503);
            client.quit();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BDAT", "BDAT -1", "BDAT 99999999999999999999", "BDAT 0x10", "BDAT 10 FIRST"})
    void PA33_a_chunk_whose_size_cannot_be_read_closes_the_session(String line) {
        try (LabClient client = inTransaction()) {
            client.send(line + "\r\nMAIL FROM:<x@b.test>\r\n");
            assertThat(client.readToEnd()).startsWith("501 5.5.4").matches("(?s)[^\r\n]*\r\n");
        }
    }

    @Test
    void PA33_an_empty_chunk_is_refused_and_so_is_one_larger_than_any_message() {
        try (LabClient client = inTransaction()) {
            client.command("BDAT 0", 501);
        }
        try (LabClient client = inTransaction()) {
            client.send(chunk("Subject: x\r\n", "")).expect(250);
            client.send("BDAT 9223372036854775807 LAST\r\n");
            client.send("x".repeat(2 << 20));
            assertThat(client.readToEnd()).startsWith("552 5.3.4");
        }
    }

    @Test
    void PA34_a_flood_of_tiny_chunks_is_ended() {
        try (LabClient client = inTransaction()) {
            client.send(chunk("x", "").repeat(200));
            assertThat(client.readToEnd()).contains("421 4.7.0");
        }
    }

    @Test
    void PA35_PA36_after_a_failed_chunk_nothing_is_left_and_data_does_not_mix_with_chunks() {
        try (LabClient client = inTransaction()) {
            client.send(chunk("Subject: x\r\n", "")).expect(250);
            client.command("DATA", 503);
            client.command("RCPT TO:<s@example.org>", 503);
            client.send(chunk("bare\nlf\r\n", " LAST"));
            assertThat(client.readToEnd()).startsWith("550 5.5.2 bare <LF>");
        }
        stage.mta.behaviour(PROPER.at(LabStage.BDAT, io.countersign.lab.Act.reply("452 4.3.1 full")));
        try (LabClient client = inTransaction()) {
            client.send(chunk("Subject: x\r\n\r\nfirst\r\n", ""));
            int first = client.read().code();
            client.send(chunk("second\r\n", " LAST"));
            assertThat(client.read().code()).isEqualTo(first == 452 ? 503 : 452);
            client.command("DATA", 503);
            client.command("RSET", 250);
        }
    }

    @Test
    void PA37_crlf_dot_crlf_in_a_chunk_ends_nothing() {
        try (LabClient client = inTransaction()) {
            client.send(chunk("Subject: x\r\n\r\n.\r\nRSET\r\n.\r\n", " LAST")).expect(250);
        }
        assertThat(newest(stage).content().text()).endsWith("\r\n\r\n.\r\nRSET\r\n.\r\n");
    }

    @Test
    void PA37_normalized_chunks_grow_and_still_arrive_whole() throws IOException {
        try (GatewayStage lenient = new GatewayStage(PROPER).start(CHECKS_OFF + "listen.bare-newline = normalize\n");
                LabClient client = inTransaction(lenient)) {
            client.send(chunk("Subject: x\n\nfirst\n", "")).expect(250);
            client.send(chunk("a\nb\nc\n", "")).expect(250);
            client.send(chunk("d\ne\n", " LAST")).expect(250);
            assertThat(newest(lenient).content().text())
                    .endsWith("Subject: x\r\n\r\nfirst\r\na\r\nb\r\nc\r\nd\r\ne\r\n");
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            client.send("Subject: y\n\nx\n.\r\n\r\n.\r\n");
            client.expect(250);
        }
    }

    @Test
    void PA50_what_is_too_large_is_read_to_its_end_refused_and_never_ended_at_the_mta() {
        long messages = stage.mta.tallies().ended().count();
        String big = "Subject: big\r\n\r\n" + ("y".repeat(998) + "\r\n").repeat(1200);
        try (LabClient client = inTransaction()) {
            client.send(chunk(big, " LAST"));
            assertThat(client.expect(552).text()).startsWith("5.3.4");
            client.command("MAIL FROM:<a@b.test> SIZE=10", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            assertThat(client.content(big).lines().get(0)).startsWith("552 5.3.4");
            client.command("NOOP", 250);
        }
        assertThat(stage.mta.tallies().ended().count()).isEqualTo(messages);
    }

    @Test
    void PA12_a_false_end_in_a_message_that_is_too_large_ends_nothing() {
        long messages = stage.mta.tallies().ended().count();
        try (LabClient client = inTransaction()) {
            client.command("DATA", 354);
            client.send("x\r\n".repeat(400_000) + "\n.\r\nMAIL FROM:<evil@b.test>\r\n.\r\n");
            assertThat(client.readToEnd()).startsWith("552 5.3.4").matches("(?s)[^\r\n]*\r\n");
        }
        assertThat(stage.mta.tallies().ended().count()).isEqualTo(messages);
    }

    @Test
    void PA39_a_client_that_goes_between_or_within_chunks_leaves_no_end_at_the_mta() {
        long ended = stage.mta.tallies().ended().count();
        long cut = stage.mta.tallies().cut().count();
        try (LabClient client = inTransaction()) {
            client.send(chunk("Subject: x\r\n\r\nbody\r\n", "")).expect(250);
            client.reset();
        }
        stage.mta.tallies().cut().awaitAtLeast(cut + 1);
        try (LabClient client = inTransaction()) {
            client.send("BDAT 1000 LAST\r\nSubject: x\r\n\r\nonly a part");
            stage.mta.tallies().connections().awaitAtLeast(1);
            client.finish();
            client.readToEnd();
        }
        assertThat(stage.mta.tallies().ended().count()).isEqualTo(ended);
    }
}
