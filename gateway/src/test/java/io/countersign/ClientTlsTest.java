package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabCertificate;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** STARTTLS as clients meet it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientTlsTest {
    private GatewayStage stage;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        LabCertificate.selfSigned("mx1.example.org").writePem(folder);
        stage = new GatewayStage(MtaBehaviour.proper().recording(Recording.BODIES))
                .start("""
                        checks.sender.mode = off
                        listen.tls { certificate = "%s", key = "%s" }
                        """.formatted(folder.resolve("certificate.pem"), folder.resolve("key.pem")));
    }

    @AfterAll
    void end() {
        stage.close();
        LeakPresenceDetector.check();
    }

    @Test
    void a_message_over_tls_says_so_in_received_and_the_session_ends_with_a_tls_close() {
        try (LabClient client = stage.client()) {
            client.startTls();
            LabReply offer = client.command("EHLO client.test", 250);
            assertThat(offer.text()).doesNotContain("STARTTLS");
            assertThat(client.deliver("a@b.test", "r@example.org", "Subject: tls\r\n\r\n")
                            .code())
                    .isEqualTo(250);
            client.send("QUIT\r\n");
            client.expect(221);
            assertThat(client.readToEnd()).as("the end, not a truncation").isEmpty();
            assertThat(client.transcript()).noneMatch(l -> l.startsWith("S: ("));
        }
        assertThat(stage.mta
                        .messages()
                        .get(stage.mta.messages().size() - 1)
                        .content()
                        .text())
                .contains("with ESMTPS");
    }

    @Test
    void TL01_commands_behind_starttls_in_the_same_segment_are_never_carried_out() {
        try (LabClient client = stage.client()) {
            client.send("STARTTLS\r\nMAIL FROM:<evil@b.test>\r\n");
            assertThat(client.readToEnd()).startsWith("554 5.5.0").doesNotContain("220");
        }
    }

    @Test
    void TL03_tls_forgets_what_was_said_in_clear() {
        try (LabClient client = stage.client()) {
            client.startTls();
            client.command("MAIL FROM:<a@b.test>", 503);
            client.command("EHLO again.test", 250);
            client.command("MAIL FROM:<a@b.test>", 250);
        }
    }

    @Test
    void TL04_starttls_twice_in_a_transaction_or_with_an_argument_is_refused() {
        try (LabClient client = stage.client()) {
            assertThat(client.command("STARTTLS now", 501).text()).startsWith("5.5.4");
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("STARTTLS", 503);
            client.command("RSET", 250);
            client.startTls();
            client.command("EHLO client.test", 250);
            client.command("STARTTLS", 503);
        }
    }

    @Test
    void TL04_starttls_behind_a_transaction_that_left_an_open_mta_connection() {
        try (LabClient client = stage.client()) {
            assertThat(client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("RSET", 250);
            client.startTls();
            client.command("EHLO client.test", 250);
            assertThat(client.deliver("a@b.test", "r@example.org", "Subject: y\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void TL06_garbage_instead_of_a_handshake_closes_the_connection() {
        try (LabClient client = stage.client()) {
            client.command("STARTTLS", 220);
            client.send("QUIT\r\n");
            assertThat(client.readToEnd()).doesNotContain("221");
        }
    }

    @Test
    void TL07_an_end_without_a_tls_close_in_mid_content_is_no_end_of_the_message() {
        long ended = stage.mta.tallies().ended().count();
        long cut = stage.mta.tallies().cut().count();
        LabClient client = stage.client();
        client.startTls();
        client.command("EHLO client.test", 250);
        client.command("MAIL FROM:<a@b.test>", 250);
        client.command("RCPT TO:<r@example.org>", 250);
        client.command("DATA", 354);
        client.send("Subject: x\r\n\r\npart\r\n");
        client.reset();
        stage.mta.tallies().cut().awaitAtLeast(cut + 1);
        assertThat(stage.mta.tallies().ended().count()).isEqualTo(ended);
    }
}
