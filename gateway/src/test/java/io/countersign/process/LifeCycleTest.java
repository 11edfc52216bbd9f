package io.countersign.process;

import static io.countersign.process.ProcessStage.PROPER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.countersign.admin.Wire;
import io.countersign.lab.Act;
import io.countersign.lab.LabCertificate;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import io.countersign.lab.LabStage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From start to end of a gateway's process, with the signals that come in between. */
class LifeCycleTest {
    @TempDir
    private Path folder;

    private ProcessStage stage;

    @BeforeEach
    void start() {
        stage = new ProcessStage(folder);
    }

    @AfterEach
    void end() {
        stage.close();
    }

    private ChildGateway gateway(String more, String... flags) throws IOException {
        return ChildGateway.start(stage.configuration("gateway.conf", more), "", flags);
    }

    private static LabClient inContent(ChildGateway gateway) {
        LabClient client = gateway.client();
        client.command("MAIL FROM:<a@b.test>", 250);
        client.command("RCPT TO:<r@example.org>", 250);
        client.command("DATA", 354);
        client.send("Subject: under way\r\n\r\n");
        return client;
    }

    @Test
    void OP01_drain_ends_idle_sessions_and_lets_transactions_finish() throws Exception {
        try (ChildGateway gateway = gateway("drain = 1m");
                LabClient idle = gateway.client();
                LabClient inContent = inContent(gateway)) {
            gateway.signal("TERM");
            assertThat(idle.readToEnd()).startsWith("421 4.3.2");
            Assertions.assertThatThrownBy(gateway::connect).hasMessageContaining("connecting");
            inContent.send("finished while draining\r\n.\r\n");
            assertThat(inContent.read().code()).isEqualTo(250);
            assertThat(inContent.readToEnd()).startsWith("421 4.3.2");
            assertThat(gateway.awaitEnd()).isZero();
        }
        assertThat(stage.mta.tallies().messages().count()).isEqualTo(1);
    }

    @Test
    void OP01_what_the_mta_has_whole_is_waited_for_longer_than_drain_and_the_rest_is_cut_without_an_end()
            throws Exception {
        stage.mta.behaviour(
                PROPER.at(LabStage.END_OF_DATA, Act.reply("250 2.0.0 Ok late").after(Duration.ofSeconds(3))));
        try (ChildGateway gateway = gateway("drain = 0s");
                LabClient afterDot = inContent(gateway);
                LabClient inContent = inContent(gateway)) {
            afterDot.send(".\r\n");
            await().until(() -> stage.mta.tallies().ended().count() == 1);
            gateway.signal("TERM");
            assertThat(inContent.readToEnd()).startsWith("421 4.3.2");
            assertThat(afterDot.read().text()).contains("Ok late");
            assertThat(gateway.awaitEnd()).isZero();
        }
        stage.mta.tallies().cut().awaitAtLeast(1);
        assertThat(stage.mta.tallies().ended().count()).isEqualTo(1);
    }

    @Test
    void OP02_a_second_sigterm_ends_at_once_and_the_mta_never_sees_an_end_of_what_was_under_way() throws Exception {
        try (ChildGateway gateway = gateway("drain = 10m");
                LabClient client = inContent(gateway)) {
            gateway.signal("TERM");
            gateway.awaitLine("draining");
            gateway.signal("TERM");
            gateway.awaitEnd();
            assertThat(client.readToEnd()).doesNotContain("250");
        }
        stage.mta.tallies().cut().awaitAtLeast(1);
        assertThat(stage.mta.tallies().ended().count()).isZero();
    }

    @Test
    void OP02_a_kill_leaves_no_half_message_at_the_mta() throws Exception {
        try (ChildGateway gateway = gateway("");
                LabClient client = inContent(gateway)) {
            gateway.signal("KILL");
            gateway.awaitEnd();
            assertThat(client.readToEnd()).doesNotContain("250");
        }
        stage.mta.tallies().cut().awaitAtLeast(1);
        assertThat(stage.mta.tallies().ended().count()).isZero();
        assertThat(stage.mta.messages()).isEmpty();
    }

    /** {@code -Dstop.seconds=30} for the long form. */
    @Test
    void RE16_a_process_that_was_stopped_and_goes_on_answers_each_command_once_and_takes_mail() throws Exception {
        long seconds = Long.getLong("stop.seconds", 3);
        try (ChildGateway gateway = gateway("listen.limits.idle = 2s");
                LabClient silent = gateway.client();
                LabClient asking = gateway.client()) {
            gateway.signal("STOP");
            asking.send("NOOP\r\n");
            await().pollDelay(Duration.ofSeconds(seconds)).until(() -> true);
            gateway.signal("CONT");
            String told = silent.readToEnd();
            assertThat(told).startsWith("421 4.4.2");
            assertThat(told.lines()).as("a deadline strikes once").hasSize(1);
            LabReply answer = asking.read();
            assertThat(answer.code()).isIn(250, 421);
            if (answer.code() == 250) {
                asking.command("NOOP", 250);
            } else {
                assertThat(asking.readToEnd()).isEmpty();
            }
            try (LabClient fresh = gateway.client()) {
                assertThat(fresh.deliver("a@b.test", "r@example.org", "Subject: awake\r\n\r\n")
                                .code())
                        .isEqualTo(250);
            }
        }
    }

    @Test
    void OP06_a_port_that_is_taken_is_named_and_the_exit_code_is_69() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            Path file = stage.configuration("gateway.conf", "");
            Files.writeString(file, Files.readString(file).replace("127.0.0.1:0", address));
            try (ChildGateway gateway = ChildGateway.launch(file, "")) {
                assertThat(gateway.awaitEnd()).isEqualTo(69);
                assertThat(gateway.log())
                        .contains("countersign: cannot start: listen.smtp: cannot listen on " + address);
            }
        }
    }

    @Test
    void OP04_OP05_OP11_reloads_take_over_what_is_right_refuse_what_is_wrong_and_a_hundred_at_once_are_few()
            throws Exception {
        LabCertificate.selfSigned("mx1.example.org").writePem(folder);
        String tls = "listen.tls { certificate = \"%s\", key = \"%s\" }\n"
                .formatted(folder.resolve("certificate.pem"), folder.resolve("key.pem"));
        try (ChildGateway gateway = gateway(tls)) {
            gateway.signal("HUP", 100);
            gateway.awaitLine("the configuration was read again");
            stage.configuration("gateway.conf", tls + "listen.limits.recipents = 100");
            gateway.signal("HUP");
            gateway.awaitLine("the configuration was not taken over");
            assertThat(gateway.log()).contains("recipents").contains("did you mean");
            assertThat(gateway.linesWith("the configuration was read again"))
                    .as("a hundred SIGHUPs at once")
                    .isLessThan(20);

            // A key that does not fit: the old certificate goes on.
            Path key = folder.resolve("key.pem");
            Files.copy(key, folder.resolve("good.pem"), StandardCopyOption.REPLACE_EXISTING);
            Files.writeString(key, "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n");
            stage.configuration("gateway.conf", tls + "listen.limits.recipients = 100");
            long refused = gateway.linesWith("the configuration was not taken over");
            gateway.signal("HUP");
            await().atMost(ChildGateway.PATIENCE)
                    .until(() -> gateway.linesWith("the configuration was not taken over") > refused);
            try (LabClient client = gateway.client()) {
                client.startTls();
                client.command("EHLO client.test", 250);
            }

            Files.copy(folder.resolve("good.pem"), key, StandardCopyOption.REPLACE_EXISTING);
            long taken = gateway.linesWith("the configuration was read again");
            gateway.signal("HUP");
            await().atMost(ChildGateway.PATIENCE)
                    .until(() -> gateway.linesWith("the configuration was read again") > taken);
            try (LabClient client = gateway.client()) {
                client.startTls();
                client.command("EHLO client.test", 250);
            }
        }
    }

    @Test
    void OP13_OP14_a_turkish_locale_an_odd_charset_and_a_machine_without_ipv6_change_nothing() throws Exception {
        Path file = stage.configuration("gateway.conf", "dns.timeout = 200ms");
        Files.writeString(
                file,
                Files.readString(file)
                        .replace("checks.sender.mode = off", "checks.sender.mode = enforce")
                        .replaceAll("dns\\.servers = .*", "dns.servers = [ \"127.0.0.1:9\" ]"));
        try (ChildGateway gateway = ChildGateway.start(
                        file,
                        "",
                        "-Duser.language=tr",
                        "-Duser.country=TR",
                        "-Dfile.encoding=ISO-8859-9",
                        "-Duser.timezone=Asia/Kathmandu",
                        "-Djava.net.preferIPv4Stack=true");
                LabClient client = gateway.client()) {
            client.command("mail from:<INFO@B.TEST> size=100", 250);
            client.command("rcpt to:<r@EXAMPLE.ORG>", 250);
            client.command("data", 354);
            assertThat(client.content("Subject: i\r\n\r\nbody\r\n").code()).isEqualTo(250);
            client.command("quit", 221);
            assertThat(gateway.linesWith("ERROR")).isZero();
        }
        // The resolver was gone, too: a message is let in with a tag, never refused for it.
        assertThat(stage.mta.awaitMessages(1).get(0).content().text()).contains("x-sender-callout=temperror");
    }

    @Test
    void RE04_when_descriptors_run_short_clients_wait_in_the_queue_nothing_spins_and_all_are_served_in_the_end()
            throws Exception {
        Path file = stage.configuration("gateway.conf", "127.0.0.1:0", "listen.limits.connections-per-client = 1000");
        try (ChildGateway gateway = ChildGateway.start(file, "ulimit -n 256")) {
            List<LabClient> greeted = new ArrayList<>();
            List<LabClient> waiting = new ArrayList<>();
            try {
                for (int i = 0; i < 300; i++) {
                    waiting.add(gateway.connect());
                }
                gateway.awaitLine("of 256 file descriptors are open");
                while (!waiting.isEmpty() && isGreeted(waiting.get(0))) {
                    greeted.add(waiting.remove(0));
                }
                assertThat(greeted).hasSizeBetween(10, 200);
                Duration before = gateway.cpu();
                await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
                assertThat(gateway.cpu().minus(before)).isLessThan(Duration.ofSeconds(1));
                // Operators get in: descriptors were kept back for them as well.
                Wire operator = new Wire(gateway.admin(), "");
                assertThat(operator.with("GET", "/health/live", "Host: x\r\n").status())
                        .isEqualTo(200);
                assertThat(operator.with("GET", "/health/ready", "Host: x\r\n").body())
                        .contains("overloaded: file descriptors are short");
                // Whoever got in can send: the MTA's descriptor was kept back for it.
                LabClient first = greeted.get(0).patience(ChildGateway.PATIENCE);
                first.command("EHLO client.test", 250);
                assertThat(first.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                                .code())
                        .isEqualTo(250);
                while (!waiting.isEmpty()) {
                    greeted.remove(0).close();
                    LabClient next = waiting.remove(0).patience(ChildGateway.PATIENCE);
                    next.expect(220);
                    greeted.add(next);
                }
                assertThat(gateway.isAlive()).isTrue();
                assertThat(gateway.log()).doesNotContain("Too many open files");
            } finally {
                greeted.forEach(LabClient::close);
                waiting.forEach(LabClient::close);
            }
        }
    }

    private static boolean isGreeted(LabClient client) {
        try {
            client.patience(Duration.ofSeconds(3)).expect(220);
            return true;
        } catch (java.io.UncheckedIOException nothingYet) {
            return false;
        }
    }
}
