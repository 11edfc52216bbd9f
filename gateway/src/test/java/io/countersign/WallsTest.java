package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each wall has a name, which stands in the reply, and a counter. */
class WallsTest {
    private final GatewayStage stage = new GatewayStage(
            MtaBehaviour.proper().recording(Recording.BODIES).mailboxes(Mailboxes.users("r@example.org")));

    @AfterEach
    void end() {
        stage.close();
    }

    private void start(String more) throws IOException {
        stage.start("checks.reverse-dns.mode = off\n" + more);
    }

    private double strikes(String limit) {
        return stage.meters
                .counter("countersign.client.limit.strikes", "limit", limit)
                .count();
    }

    private LabClient from(String address) {
        return LabClient.from(address, stage.gateway().addresses().get(0));
    }

    @Test
    void RE01_a_network_may_not_have_more_connections_than_its_share_and_others_are_served() throws IOException {
        start("checks.sender.mode = off\nlisten.limits { connections-per-client = 2, connections-per-network = 3 }");
        try (LabClient first = from("127.9.1.1");
                LabClient second = from("127.9.1.2");
                LabClient third = from("127.9.1.3");
                LabClient fourth = from("127.9.1.4");
                LabClient neighbour = from("127.9.2.1")) {
            first.expect(220);
            second.expect(220);
            third.expect(220);
            assertThat(fourth.readToEnd()).startsWith("421 4.7.0").contains("listen.limits.connections-per-network");
            neighbour.expect(220);
            first.command("QUIT", 221);
            first.readToEnd();
            await().ignoreExceptions().untilAsserted(() -> {
                try (LabClient again = from("127.9.1.5")) {
                    again.expect(220);
                }
            });
        }
        assertThat(strikes("listen.limits.connections-per-network")).isGreaterThanOrEqualTo(1);
    }

    @Test
    void RE01_connections_in_all_are_bounded_and_the_refusal_is_told_at_once() throws IOException {
        start("checks.sender.mode = off\nlisten.limits.connections = 3");
        List<LabClient> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                idle.add(stage.client());
            }
            try (LabClient late = stage.connect()) {
                assertThat(late.readToEnd())
                        .startsWith("421 4.7.0 Error: too many connections (listen.limits.connections)");
            }
        } finally {
            idle.forEach(LabClient::close);
        }
        assertThat(strikes("listen.limits.connections")).isEqualTo(1);
    }

    @Test
    void RE02_whoever_would_wait_beyond_the_share_of_sessions_that_may_is_let_in_with_a_tag() throws IOException {
        stage.lab.domain("mute.test", Exchangers.neverAnswers(LabStage.RCPT));
        start("checks.sender { mode = enforce, wait = 20s }\nlisten.limits { connections = 10, waiting = 10% }");
        try (LabClient first = stage.client();
                LabClient second = stage.client()) {
            first.command("MAIL FROM:<a@mute.test>", 250);
            first.send("RCPT TO:<r@example.org>\r\n");
            // The callout is under way once its exchanger has been dialled.
            await().until(() -> stage.lab.exchangers().stream()
                    .anyMatch(exchanger -> exchanger.connections().count() > 0));
            assertThat(second.deliver("b@mute.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
        assertThat(stage.mta.awaitMessages(1).get(0).content().text())
                .contains("x-sender-callout=temperror reason=\"overloaded\"");
        assertThat(strikes("listen.limits.waiting")).isEqualTo(1);
    }

    @Test
    void commands_that_bring_no_message_nearer_end_the_session() throws IOException {
        start("checks.sender.mode = off\nlisten.limits.junk-commands = 10");
        try (LabClient client = stage.client()) {
            for (int i = 1; i < 10; i++) {
                client.command(List.of("NOOP", "RSET", "VRFY r", "HELP").get(i % 4));
            }
            assertThat(client.command("NOOP", 421).text()).contains("listen.limits.junk-commands");
        }
        assertThat(strikes("listen.limits.junk-commands")).isEqualTo(1);
    }

    @Test
    void PA24_received_fields_and_the_header_section_are_counted_and_bounded() throws IOException {
        start("checks.sender.mode = off\nlisten.limits { received = 10, header-size = 64KiB }");
        try (LabClient client = stage.client()) {
            assertThat(client.deliver("a@b.test", "r@example.org", "Received: x\r\n".repeat(10) + "\r\n")
                            .code())
                    .isEqualTo(250);
            assertThat(client.deliver("a@b.test", "r@example.org", "Received: x\r\n".repeat(11) + "\r\n")
                            .text())
                    .startsWith("5.4.6")
                    .contains("more than 10 Received");
            assertThat(client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n" + "body\r\n".repeat(50_000))
                            .code())
                    .isEqualTo(250);
            assertThat(client.deliver("a@b.test", "r@example.org", "X-Y: zzzzz\r\n".repeat(50_000) + "\r\n")
                            .text())
                    .startsWith("5.3.4")
                    .contains("listen.limits.header-size");
        }
        assertThat(strikes("listen.limits.received")).isEqualTo(1);
        assertThat(strikes("listen.limits.header-size")).isEqualTo(1);
        assertThat(stage.mta.messages()).hasSize(2);
    }

    @Test
    void PA22_a_line_without_end_is_refused_and_counted() throws IOException {
        start("checks.sender.mode = off");
        try (LabClient client = stage.client()) {
            client.send("x".repeat(100_000));
            assertThat(client.readToEnd()).startsWith("500 5.5.2");
        }
        assertThat(strikes("line-length")).isEqualTo(1);
    }

    @Test
    void RE05_while_the_heap_is_full_no_session_begins_and_when_there_is_room_again_it_is_as_before()
            throws IOException {
        // One percent of this JVM's heap is easily lived in.
        byte[] ballast = new byte[(int) Math.min(1 << 30, Runtime.getRuntime().maxMemory() / 40)];
        System.gc();
        start("checks.sender.mode = off\noverload.memory { caches = 1%, callouts = 1%, sessions = 1% }");
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            try (LabClient refused = stage.connect()) {
                assertThat(refused.readToEnd())
                        .startsWith("421 4.3.2 mx1.example.org Service overloaded")
                        .contains("overload.memory.sessions");
            }
        });
        assertThat(strikes("overload")).isGreaterThanOrEqualTo(1);
        assertThat(stage.meters.get("countersign.overload.stage").gauge().value())
                .isEqualTo(3);
        assertThat(ballast).isNotEmpty();
        stage.gateway().reload(GatewayStage.settings(stage.configuration("checks.sender.mode = off")));
        await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
            try (LabClient client = stage.connect()) {
                client.expect(220);
            }
        });
    }
}
