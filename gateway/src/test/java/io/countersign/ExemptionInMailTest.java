package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an exemption from the admin interface does to mail. */
class ExemptionInMailTest {
    private AdminStage stage;

    @BeforeEach
    void enforcing() throws IOException {
        stage = new AdminStage("checks.sender.mode = enforce");
        stage.lab.domain("bad.test", Exchangers.wellBehaved("alice@bad.test"));
        stage.lab.domain("worse.test", Exchangers.wellBehaved("alice@worse.test"));
    }

    @AfterEach
    void end() {
        stage.close();
    }

    private int mailFrom(String sender) {
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<" + sender + ">", 250);
            int code = client.command("RCPT TO:<rita@example.org>").code();
            if (code == 250) {
                client.command("DATA", 354);
                return client.content("Subject: x\r\n\r\n").code();
            }
            return code;
        }
    }

    private void exempt(String sender, String span) {
        assertThat(stage.wire()
                        .post("/api/v1/exemptions", "{\"sender\":\"" + sender + "\",\"for\":\"" + span + "\"}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void mail_of_an_exempt_sender_passes_until_somebody_ends_it_and_other_mail_does_not() {
        assertThat(mailFrom("nobody@bad.test")).isEqualTo(550);
        exempt("bad.test", "1h");
        assertThat(mailFrom("nobody@bad.test")).isEqualTo(250);
        assertThat(mailFrom("nobody@worse.test")).isEqualTo(550);
        assertThat(stage.mta.awaitMessages(1).get(0).envelope().from()).isEqualTo("nobody@bad.test");

        assertThat(stage.wire()
                        .post("/api/v1/exemptions/end", "{\"sender\":\"bad.test\"}")
                        .json())
                .containsEntry("ended", true);
        assertThat(mailFrom("nobody@bad.test")).isEqualTo(550);
    }

    @Test
    void an_exemption_ends_by_itself_and_survives_a_reload_until_then() throws IOException {
        exempt("nobody@bad.test", "8s");
        assertThat(mailFrom("nobody@bad.test")).isEqualTo(250);
        stage.gateway.reload(stage.read("checks.sender.mode = enforce"));
        assertThat(mailFrom("nobody@bad.test")).isEqualTo(250);
        await().atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> assertThat(mailFrom("nobody@bad.test")).isEqualTo(550));
        assertThat(stage.wire().get("/api/v1/exemptions").body()).doesNotContain("bad.test");
    }
}
