package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Act;
import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabStage;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Clients that are slow, deaf, or gone; limits of one client. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeavingClientsTest {
    private static final MtaBehaviour PROPER = MtaBehaviour.proper().recording(Recording.BODIES);
    private static final String SHORT_LIMITS = """
            checks.sender.mode = off
            checks.reverse-dns.mode = off
            listen.limits { idle = 1s, data-rate = 100000, connections-per-client = 3 }
            """;

    private GatewayStage stage;

    @BeforeAll
    void start() throws IOException {
        stage = new GatewayStage(PROPER).start(SHORT_LIMITS);
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

    private LabClient inData() {
        LabClient client = stage.client();
        client.command("MAIL FROM:<a@b.test>", 250);
        client.command("RCPT TO:<r@example.org>", 250);
        client.command("DATA", 354);
        return client;
    }

    @Test
    void PA60_an_octet_now_and_then_does_not_keep_a_session_alive() {
        try (LabClient client = stage.client()) {
            client.send("MAIL FR");
            assertThat(client.readToEnd()).startsWith("421 4.4.2").contains("listen.limits.idle");
        }
    }

    @Test
    void RE10_hundreds_of_time_limits_that_end_together_end_each_session_and_delay_nobody_else() throws IOException {
        int silent = 400;
        try (GatewayStage crowd = new GatewayStage(PROPER)
                .start(SHORT_LIMITS.replace("connections-per-client = 3", "connections-per-client = 1000"))) {
            List<LabClient> clients = new ArrayList<>();
            for (int i = 0; i < silent; i++) {
                clients.add(crowd.connect());
            }
            clients.forEach(client -> client.expect(220));
            // Their limits end while these messages pass, one connection each.
            long end = System.nanoTime() + Duration.ofMillis(1500).toNanos();
            Duration slowest = Duration.ZERO;
            while (System.nanoTime() < end) {
                long began = System.nanoTime();
                try (LabClient honest = crowd.client()) {
                    assertThat(honest.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                                    .code())
                            .isEqualTo(250);
                }
                Duration took = Duration.ofNanos(System.nanoTime() - began);
                slowest = took.compareTo(slowest) > 0 ? took : slowest;
            }
            for (LabClient client : clients) {
                assertThat(client.readToEnd()).startsWith("421 4.4.2").contains("listen.limits.idle");
                client.close();
            }
            assertThat(slowest).isLessThan(Duration.ofSeconds(1));
        }
    }

    @Test
    void PA61_content_that_comes_too_slowly_is_cut_without_an_end() {
        long ended = stage.mta.tallies().ended().count();
        long cut = stage.mta.tallies().cut().count();
        try (LabClient client = inData()) {
            client.send("Subject: slow\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("421 4.4.2").contains("listen.limits.data-rate");
        }
        stage.mta.tallies().cut().awaitAtLeast(cut + 1);
        assertThat(stage.mta.tallies().ended().count()).isEqualTo(ended);
    }

    @Test
    void PA62_a_client_that_reads_nothing_is_read_no_further_and_closed() {
        try (LabClient client = stage.client()) {
            // Replies of 60 octets to commands of 6: the client's window is full long before it has sent all.
            String batch = "MAIL FROM:<a@b.test>\r\n" + "RCPT TO:<x@elsewhere.test>\r\n".repeat(2000);
            try {
                for (int i = 0; i < 200; i++) {
                    client.send(i == 0 ? batch : batch.substring(batch.indexOf("RCPT")));
                }
                assertThat(client.readToEnd()).doesNotEndWith("250 2.1.5 Ok\r\n");
            } catch (java.io.UncheckedIOException closed) {
                assertThat(closed).hasMessageContaining("sending");
            }
        }
        try (LabClient next = stage.client()) {
            next.quit();
        }
    }

    @Test
    void PA64_a_reset_while_the_mta_is_asked_leaves_nothing_behind() {
        stage.mta.behaviour(PROPER.at(LabStage.RCPT, Act.reply("250 2.1.5 Ok").after(Duration.ofMillis(300))));
        LabClient client = stage.client();
        long recipients = stage.mta.tallies().recipients().count();
        client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<r@example.org>\r\nRCPT TO:<s@example.org>\r\n");
        client.expect(250);
        stage.mta.tallies().recipients().awaitAtLeast(recipients + 1);
        client.reset();
        stage.mta.behaviour(PROPER);
        try (LabClient next = stage.client()) {
            assertThat(next.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void BE09_a_client_that_leaves_behind_the_dot_does_not_undo_the_message() {
        long messages = stage.mta.tallies().messages().count();
        stage.mta.behaviour(
                PROPER.at(LabStage.END_OF_DATA, Act.reply("250 2.0.0 Ok").after(Duration.ofMillis(200))));
        long ended = stage.mta.tallies().ended().count();
        LabClient client = inData();
        client.send("Subject: x\r\n\r\n.\r\n");
        stage.mta.tallies().ended().awaitAtLeast(ended + 1);
        client.reset();
        stage.mta.behaviour(PROPER);
        try (LabClient next = stage.client()) {
            assertThat(next.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
        assertThat(messages).isLessThan(stage.mta.tallies().messages().count());
    }

    @Test
    void RE01_one_client_gets_no_more_than_its_connections_and_others_are_served() {
        try (LabClient one = stage.client();
                LabClient two = stage.client();
                LabClient three = stage.client()) {
            try (LabClient four = stage.connect()) {
                assertThat(four.readToEnd()).startsWith("421 4.7.0").contains("connections-per-client");
            }
            try (LabClient other =
                    LabClient.from("127.9.0.2", stage.gateway().addresses().get(0))) {
                other.hello("other.test");
                other.quit();
            }
            three.quit();
            two.quit();
            one.quit();
        }
    }

    @Test
    void a_data_rate_of_zero_is_no_limit() throws IOException {
        try (GatewayStage free =
                        new GatewayStage(PROPER).start("checks.sender.mode = off\nlisten.limits.data-rate = 0\n");
                LabClient client = free.client()) {
            assertThat(client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\nbody\r\n")
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void PA25_who_talks_before_the_banner_is_turned_away() throws IOException {
        try (GatewayStage patient = new GatewayStage(PROPER).start("listen.greet-delay = 1s\n");
                LabClient hasty = patient.connect();
                LabClient polite = patient.connect()) {
            hasty.send("EHLO hasty.test\r\n");
            assertThat(hasty.readToEnd()).startsWith("554 5.5.0").doesNotContain("220");
            polite.hello("polite.test");
        }
    }
}
