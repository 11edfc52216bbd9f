package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.real.MailClients.Way;
import io.countersign.real.RealServers.Need;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real clients, the gateway, a real Exim with the sample configuration. */
class EximBehindTest {
    private static final String CLIENT = "127.0.0.9";

    @TempDir
    static Path folder;

    private static RealExim exim;
    private static GatewayInFront gateway;

    @BeforeAll
    static void start() {
        RealServers.require(Need.EXIM, Need.SWAKS, Need.PYTHON, Need.SMTP_SOURCE);
        exim = RealExim.behindCountersign(
                folder, "ours.test", List.of("seven", "eight", "utf8", "dots", "none", "large"));
        gateway = new GatewayInFront(exim.place(), """
                checks.sender.mode = off
                backend { client-identity = proxy-protocol, connections-per-client = 50 }
                """);
        gateway.dns.host("client.test", CLIENT);
    }

    @AfterAll
    static void stop() {
        if (gateway != null) {
            gateway.close();
        }
        if (exim != null) {
            exim.close();
        }
    }

    @Test
    void mail_of_every_kind_arrives_as_it_was_sent() {
        send("seven", RealMessages.sevenBit(), "");
        send("eight", RealMessages.eightBit(), "BODY=8BITMIME");
        send("dots", RealMessages.dotLaden(), "");
        send("none", RealMessages.empty(), "");
        Way utf8 = way("utf8").from("jürgen@sender.test");
        MailClients.smtplib(utf8, RealMessages.smtpUtf8(), "SMTPUTF8 BODY=8BITMIME")
                .orFail("smtplib");
        assertArrived("utf8", RealMessages.smtpUtf8());
    }

    @Test
    void a_message_of_50_MiB_arrives_as_it_was_sent() {
        byte[] message = RealMessages.large(50 << 20);
        MailClients.swaks(way("large"), message).orFail("swaks");
        assertArrived("large", message);
    }

    @Test
    void exim_refuses_an_unknown_recipient_in_its_own_words() {
        Program.Outcome outcome = MailClients.smtplib(way("nobody"), RealMessages.sevenBit(), "");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.output()).contains("550").contains("Unrouteable address");
    }

    @Test
    void many_messages_over_ten_connections_arrive_and_none_twice() {
        Way way = new Way(gateway.address(), "127.0.0.1", "a@sender.test", "load@ours.test");
        int messages = Math.max(100, RealServers.loadMessages() / 10); // Exim starts two processes for each
        MailClients.smtpSource(way, messages, 10, 2000, RealServers.loadPatience())
                .orFail("smtp-source");
        List<String> delivered = exim.log()
                .awaitCount(
                        messages + " deliveries",
                        line -> line.contains(" => ") && line.contains("load@ours.test"),
                        messages,
                        RealServers.loadPatience());
        assertThat(delivered.stream().map(line -> line.replaceAll(".*?([0-9]+load@ours.test).*", "$1")))
                .hasSize(messages)
                .doesNotHaveDuplicates();
    }

    private static void send(String user, byte[] message, String options) {
        MailClients.smtplib(way(user), message, options).orFail("smtplib");
        assertArrived(user, message);
    }

    private static Way way(String user) {
        return new Way(gateway.address(), CLIENT, "a@sender.test", user + "@ours.test");
    }

    private static void assertArrived(String user, byte[] message) {
        List<String> added =
                RealMessages.assertArrived(exim.mailbox(user).await(1).get(0), message);
        assertThat(added.get(0))
                .startsWith("Received: from ")
                .contains("[" + CLIENT + "]")
                .contains(RealExim.NAME);
        assertThat(added.get(1)).startsWith("Authentication-Results: mx1.ours.test; iprev=pass policy.iprev=" + CLIENT);
        assertThat(added.get(2))
                .startsWith("Received: from client.test (client.test [" + CLIENT + "]) by mx1.ours.test");
        exim.log().await("the client's address", line -> line.contains(" <= ") && line.contains("[" + CLIENT + "]"));
    }
}
