package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.LabClient;
import io.countersign.real.MailClients.Way;
import io.countersign.real.RealServers.Need;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real clients, the gateway, a real Postfix with the sample configuration: what arrives is what was sent. */
class PostfixBehindTest {
    private static final String CLIENT = "127.0.0.9";

    @TempDir
    static Path folder;

    private static RealPostfix postfix;
    private static GatewayInFront gateway;

    @BeforeAll
    static void start() {
        RealServers.require(Need.POSTFIX, Need.SWAKS, Need.PYTHON, Need.SMTP_SOURCE);
        List<String> users = List.of("seven", "eight", "utf8", "dots", "none", "large");
        postfix = RealPostfix.behindCountersign(
                folder,
                "ours.test",
                users.stream()
                        .flatMap(u -> List.of(u + "-swaks", u + "-smtplib").stream())
                        .toList());
        gateway = new GatewayInFront(postfix.place(), "checks.sender.mode = off");
        gateway.dns.host("client.test", CLIENT);
    }

    @AfterAll
    static void stop() {
        if (gateway != null) {
            gateway.close();
        }
        if (postfix != null) {
            postfix.close();
        }
    }

    @Test
    void seven_bit_mail_arrives_as_it_was_sent() {
        bySwaks("seven", RealMessages.sevenBit());
        bySmtplib("seven", RealMessages.sevenBit(), "");
    }

    @Test
    void eight_bit_mail_arrives_as_it_was_sent() {
        bySwaks("eight", RealMessages.eightBit());
        bySmtplib("eight", RealMessages.eightBit(), "BODY=8BITMIME");
    }

    @Test
    void internationalised_mail_arrives_as_it_was_sent() {
        Way way = way("utf8-smtplib").from("jürgen@sender.test");
        MailClients.smtplib(way, RealMessages.smtpUtf8(), "SMTPUTF8 BODY=8BITMIME")
                .orFail("smtplib");
        assertArrived("utf8-smtplib", RealMessages.smtpUtf8());
        postfix.log().await("the sender as it is written", line -> line.contains("from=<jürgen@sender.test>"));
    }

    @Test
    void dots_arrive_exactly_as_many_as_were_sent() {
        bySwaks("dots", RealMessages.dotLaden());
        bySmtplib("dots", RealMessages.dotLaden(), "");
    }

    @Test
    void an_empty_message_arrives_empty() {
        bySmtplib("none", RealMessages.empty(), "");
    }

    @Test
    void many_messages_over_fifty_connections_arrive_and_none_twice() {
        try (RealPostfix sink = RealPostfix.sinkBehindCountersign(folder, "ours.test");
                GatewayInFront front = new GatewayInFront(sink.place(), """
                        checks.sender.mode = off
                        backend.connections-per-client = 50
                        # A client that says QUIT is counted until its connection has ended, and smtp-source is quick to come again.
                        listen.limits.connections-per-client = 100
                        """)) {
            int messages = RealServers.loadMessages();
            Way way = new Way(front.address(), "127.0.0.1", "a@sender.test", "user@ours.test");
            MailClients.smtpSource(way, messages, 50, 2000, RealServers.loadPatience())
                    .orFail("smtp-source");
            List<String> sent = sink.log()
                    .awaitCount(
                            messages + " deliveries",
                            line -> line.contains("status=sent"),
                            messages,
                            RealServers.loadPatience());
            assertThat(sent.stream().map(line -> line.replaceAll(".* to=<([^>]*)>.*", "$1")))
                    .hasSize(messages)
                    .doesNotHaveDuplicates();
            assertThat(sink.log().lines(line -> line.contains(": client=") && !line.endsWith("[127.0.0.1]")))
                    .as("messages of somebody else")
                    .isEmpty();
        }
    }

    @Test
    void a_message_of_50_MiB_arrives_as_it_was_sent() {
        byte[] message = RealMessages.large(50 << 20);
        bySwaks("large", message);
        bySmtplib("large", message, "");
    }

    @Test
    void a_message_past_the_limit_is_refused_before_it_is_sent() {
        try (LabClient client = LabClient.from(CLIENT, gateway.address())) {
            assertThat(client.hello("client.test").text()).contains("SIZE " + (50 << 20));
            assertThat(client.command("MAIL FROM:<a@sender.test> SIZE=" + ((50 << 20) + 1), 552)
                            .text())
                    .startsWith("5.3.4 ");
            client.command("MAIL FROM:<a@sender.test> SIZE=" + (50 << 20), 250);
            client.quit();
        }
    }

    @Test
    void postfix_refuses_an_unknown_recipient_in_its_own_words() {
        Program.Outcome outcome = MailClients.smtplib(way("nobody"), RealMessages.sevenBit(), "");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.output()).contains("550").contains("User unknown in local recipient table");
    }

    private static void bySwaks(String what, byte[] message) {
        MailClients.swaks(way(what + "-swaks"), message).orFail("swaks");
        assertArrived(what + "-swaks", message);
    }

    private static void bySmtplib(String what, byte[] message, String options) {
        MailClients.smtplib(way(what + "-smtplib"), message, options).orFail("smtplib");
        assertArrived(what + "-smtplib", message);
    }

    private static Way way(String user) {
        return new Way(gateway.address(), CLIENT, "a@sender.test", user + "@ours.test");
    }

    /** As it was sent, in the right order behind our fields, and Postfix knows whose it is. */
    private static void assertArrived(String user, byte[] message) {
        List<String> added =
                RealMessages.assertArrived(postfix.mailbox(user).await(1).get(0), message);
        int results = indexOf(added, "Authentication-Results: mx1.ours.test; iprev=pass policy.iprev=" + CLIENT);
        int received = indexOf(added, "Received: from client.test (client.test [" + CLIENT + "]) by mx1.ours.test");
        assertThat(results).as("our fields in %s", added).isNotNegative().isLessThan(received);
        assertThat(added.get(results - 1))
                .as("what Postfix says of the client")
                // unknown: its name was still being looked up when Postfix was told
                .matches("Received: from client\\.test \\((client\\.test|unknown) \\[" + CLIENT
                        + "\\]\\) by mta\\.test .*");
        postfix.log()
                .await("the client's address", line -> line.contains(": client=") && line.endsWith("[" + CLIENT + "]"));
    }

    private static int indexOf(List<String> fields, String start) {
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).startsWith(start)) {
                return i;
            }
        }
        return -1;
    }
}
