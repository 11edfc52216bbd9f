package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.MtaBehaviour;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two client addresses cannot keep the MTA's connections to themselves. */
class PinningTest {
    private final GatewayStage stage = new GatewayStage(MtaBehaviour.proper().recording(Recording.BODIES));

    @AfterEach
    void end() {
        stage.close();
    }

    private LabClient from(String address) {
        LabClient client = LabClient.from(address, stage.gateway().addresses().get(0));
        client.hello("client.test");
        return client;
    }

    private static LabClient silentAfterRcpt(LabClient client) {
        client.command("MAIL FROM:<a@b.test>", 250);
        client.command("RCPT TO:<r@example.org>", 250);
        return client;
    }

    @Test
    void whoever_is_silent_after_rcpt_loses_the_mtas_connection_to_whoever_sends_and_can_go_on_later()
            throws IOException {
        stage.start("""
                checks.sender.mode = off
                backend { connections = 2, connections-per-client = 1, hold = 1s, wait = 20s }
                """);
        try (LabClient first = silentAfterRcpt(from("127.9.1.1"));
                LabClient second = silentAfterRcpt(from("127.9.1.2"));
                LabClient honest = from("127.9.2.1")) {
            assertThat(honest.deliver("a@b.test", "r@example.org", "Subject: honest\r\n\r\n")
                            .code())
                    .isEqualTo(250);
            first.command("DATA", 354);
            assertThat(first.content("Subject: late\r\n\r\n").code())
                    .as("its envelope is put again")
                    .isEqualTo(250);
            second.command("QUIT", 221);
        }
        assertThat(stage.mta.awaitMessages(2)).hasSize(2);
    }

    @Test
    void who_was_answered_from_memory_while_no_connection_was_free_gets_an_answer_to_data_too() throws IOException {
        stage.start("""
                checks.sender.mode = off
                checks.recipient.wait = 100ms
                backend { connections = 1, connections-per-client = 1, hold = 1m, wait = 3s }
                """);
        try (LabClient first = from("127.9.1.1");
                LabClient second = from("127.9.2.1")) {
            first.deliver("a@b.test", "r@example.org", "Subject: now it is remembered\r\n\r\n");
            silentAfterRcpt(first);
            silentAfterRcpt(second);
            assertThat(second.command("DATA", 451).text()).startsWith("4.3.2");
            silentAfterRcpt(second);
            second.send("DATA\r\n");
            first.command("QUIT", 221);
            second.expect(354);
            assertThat(second.content("Subject: when one is free\r\n\r\n").code())
                    .isEqualTo(250);
        }
    }

    @Test
    void whoever_sends_content_slowly_holds_no_more_connections_than_one_client_may() throws IOException {
        stage.start("""
                checks.sender.mode = off
                checks.recipient.mode = off
                backend { connections = 3, connections-per-client = 1, wait = 200ms }
                """);
        try (LabClient first = silentAfterRcpt(from("127.9.1.1"));
                LabClient second = silentAfterRcpt(from("127.9.1.2"));
                LabClient firstAgain = from("127.9.1.1");
                LabClient honest = from("127.9.2.1")) {
            first.command("DATA", 354);
            second.command("DATA", 354);
            first.send("Subject: slow");
            second.send("Subject: slow");
            firstAgain.command("MAIL FROM:<a@b.test>", 250);
            assertThat(firstAgain.command("RCPT TO:<r@example.org>", 451).text())
                    .startsWith("4.3.2");
            assertThat(honest.deliver("a@b.test", "r@example.org", "Subject: honest\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
        assertThat(stage.mta.awaitMessages(1)).hasSize(1);
    }
}
