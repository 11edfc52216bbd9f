package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.countersign.lab.MtaMessage;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole gateway between lab clients, a lab Internet and a lab MTA. */
class GatewayTest {
    private GatewayStage stage;

    @BeforeEach
    void aSmallInternet() {
        stage = new GatewayStage(MtaBehaviour.proper()
                .recording(Recording.BODIES)
                .mailboxes(Mailboxes.users("r@example.org", "s@example.org", "postmaster@example.org")));
        stage.lab.domain("b.test", Exchangers.wellBehaved("alice@b.test"));
    }

    @AfterEach
    void end() {
        stage.close();
    }

    private void start(String more) throws IOException {
        stage.start("checks.sender.mode = enforce\n" + more);
    }

    private LabClient client() {
        return stage.client();
    }

    @Test
    void a_message_from_a_sender_that_exists_reaches_the_mta_with_our_fields_in_front() throws IOException {
        start("");
        try (LabClient client = client()) {
            assertThat(client.deliver("alice@b.test", "r@example.org", "Subject: hello\r\n\r\n.dot\r\n")
                            .code())
                    .isEqualTo(250);
            client.quit();
        }
        MtaMessage message = stage.mta.awaitMessages(1).get(0);
        assertThat(message.content().text())
                .startsWith("Authentication-Results: mx1.example.org;")
                .contains("iprev=pass policy.iprev=127.9.0.1")
                .contains("x-sender-callout=pass reason=\"accepted\" smtp.mailfrom=alice@b.test")
                .contains("\r\nReceived: from client.test (client.test [127.9.0.1])")
                .endsWith("Subject: hello\r\n\r\n.dot\r\n");
    }

    @Test
    void a_sender_that_does_not_exist_is_refused_on_proof_with_the_peers_words_and_an_id() throws IOException {
        start("");
        try (LabClient client = client()) {
            client.command("MAIL FROM:<nobody@b.test>", 250);
            assertThat(client.command("RCPT TO:<r@example.org>", 550).text())
                    .startsWith("5.1.7 <nobody@b.test>: Sender address rejected: undeliverable address: 550 5.1.1")
                    .matches("(?s).*\\(id [0-9A-Z]{13}\\)");
            client.command("DATA", 554);
            client.quit();
        }
        assertThat(stage.mta.messages()).isEmpty();
    }

    @Test
    void mail_from_a_domain_whose_exchanger_never_answers_passes_with_a_tag() throws IOException {
        stage.lab.domain("mute.test", Exchangers.neverAnswers(LabStage.RCPT));
        start("checks.sender.wait = 500ms");
        try (LabClient client = client()) {
            assertThat(client.deliver("a@mute.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
        assertThat(stage.mta.awaitMessages(1).get(0).content().text())
                .contains("x-sender-callout=temperror reason=\"no-answer\"");
    }

    @Test
    void OR01_mail_for_a_domain_that_is_not_ours_is_refused_whatever_the_mta_would_do() throws IOException {
        start("");
        try (LabClient client = client()) {
            client.command("MAIL FROM:<alice@b.test>", 250);
            assertThat(client.command("RCPT TO:<x@elsewhere.test>", 550).text())
                    .startsWith("5.7.1 <x@elsewhere.test>: Relay access denied");
            client.command("RCPT TO:<victim%elsewhere.test@example.org>", 550);
            client.command("RCPT TO:<\"victim@elsewhere.test\"@example.org>", 550);
            client.command("RCPT TO:<elsewhere.test!victim@example.org>", 550);
        }
    }

    @Test
    void BE06_an_mta_that_dies_between_the_dot_and_its_answer_never_becomes_a_250() throws IOException {
        start("");
        stage.mta.behaviour(stage.mta.behaviour().at(LabStage.END_OF_DATA, io.countersign.lab.Act.close()));
        try (LabClient client = client()) {
            assertThat(client.deliver("alice@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(451);
        }
    }

    @Test
    void another_servers_callout_is_answered_while_the_mta_is_down_once_it_knows() throws IOException {
        start("");
        try (LabClient client = client()) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("RCPT TO:<unknown@example.org>", 550);
            client.quit();
        }
        stage.mta.stop();
        try (LabClient client = client()) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            assertThat(client.command("RCPT TO:<unknown@example.org>", 550).text())
                    .startsWith("5.1.1");
            client.command("RSET", 250);
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 451);
        }
    }
}
