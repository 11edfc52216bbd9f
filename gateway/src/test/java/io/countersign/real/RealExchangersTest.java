package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabReply;
import io.countersign.lab.MtaBehaviour;
import io.countersign.real.RealServers.Need;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Senders whose exchangers are a real Postfix ({@code pf.test}) and a real Exim ({@code ex.test}) are verified, enforcing. */
class RealExchangersTest {
    @TempDir
    static Path folder;

    private static LabMta mta;
    private static RealPostfix postfix;
    private static RealExim exim;
    private static GatewayInFront gateway;

    @BeforeAll
    static void start() {
        RealServers.require(Need.POSTFIX, Need.EXIM);
        mta = LabMta.start(MtaBehaviour.proper().recording(Recording.BODIES), 1);
        InetSocketAddress one = RealServers.freePlace();
        InetSocketAddress other = RealServers.freePlace(one.getPort());
        List<String> users = List.of("known", "later");
        postfix = RealPostfix.exchanger(folder, one, "pf.test", users);
        exim = RealExim.exchanger(folder, other, "ex.test", users);
        gateway = new GatewayInFront(mta.backend(), """
                checks.sender.mode = enforce
                callout.port = %d
                callout.reuse = 0s  # a stopped server goes on talking on connections it has
                """.formatted(one.getPort()));
        gateway.dns.mx("pf.test", 10, "mx.pf.test").a("mx.pf.test", one.getHostString());
        gateway.dns.mx("ex.test", 10, "mx.ex.test").a("mx.ex.test", other.getHostString());
    }

    @AfterAll
    static void stop() {
        for (AutoCloseable server : new AutoCloseable[] {gateway, postfix, exim, mta}) {
            close(server);
        }
    }

    @Test
    void postfix_is_asked_once_and_politely_and_its_word_reaches_a_forged_sender() {
        LabReply refusal = send("forged@pf.test");
        assertThat(refusal.code()).isEqualTo(550);
        assertThat(refusal.text())
                .startsWith("5.1.7 <forged@pf.test>: Sender address rejected: undeliverable address: 550 5.1.1 ")
                .contains("User unknown in local recipient table");
        String rejected = postfix.log().await("the question", line -> line.contains("to=<forged@pf.test>"));
        assertThat(rejected).contains("from=<>", "helo=<mx1.ours.test>");
        String process = rejected.replaceAll(".*smtpd\\[([0-9]+)].*", "smtpd[$1]");
        String end = postfix.log()
                .await(
                        "the end of the conversation",
                        line -> line.contains(process)
                                && line.contains("disconnect from")
                                && line.matches(".* rcpt=[0-9]+/[0-9]+ .*"));
        assertThat(end).contains("ehlo=1", "mail=", "quit=1").doesNotContain("data=");
        assertThat(postfix.log().lines(line -> line.contains("to=<forged@pf.test>")))
                .as("one question")
                .hasSize(1);
    }

    @Test
    void exim_is_asked_once_and_politely_and_its_word_reaches_a_forged_sender() {
        LabReply refusal = send("forged@ex.test");
        assertThat(refusal.code()).isEqualTo(550);
        assertThat(refusal.text())
                .startsWith("5.1.7 <forged@ex.test>: Sender address rejected: undeliverable address: 550 ")
                .contains("Unrouteable address");
        assertThat(exim.log()
                        .awaitCount(
                                "the question", line -> line.contains("RCPT <forged@ex.test>"), 1, RealExim.PATIENCE))
                .hasSize(1)
                .allMatch(line -> line.contains("F=<>") && line.contains("H=(mx1.ours.test)"));
        exim.log()
                .await(
                        "the end of the conversation",
                        line -> line.contains("no MAIL") || line.contains("closed by QUIT"));
        assertThat(exim.log().lines(line -> line.contains("lost") || line.contains("error")))
                .as("complaints")
                .isEmpty();
    }

    @Test
    void senders_that_exist_pass_and_the_mta_is_told_so() {
        for (String sender : List.of("known@pf.test", "known@ex.test")) {
            assertThat(send(sender).code()).isEqualTo(250);
            assertThat(results(sender)).contains("x-sender-callout=pass reason=\"accepted\" smtp.mailfrom=" + sender);
        }
    }

    @Test
    void while_an_exchanger_is_stopped_its_users_mail_passes_with_a_tag() {
        postfix.stop();
        exim.stop();
        try {
            for (String sender : List.of("later@pf.test", "later@ex.test")) {
                assertThat(send(sender).code()).isEqualTo(250);
                assertThat(results(sender)).contains("x-sender-callout=temperror reason=\"unreachable\"");
            }
        } finally {
            postfix.start();
            exim.start();
        }
    }

    private static LabReply send(String sender) {
        try (LabClient client = LabClient.from("127.0.0.9", gateway.address())) {
            client.hello("client.test");
            LabReply reply = client.deliver(sender, "r@ours.test", "Subject: from " + sender + "\r\n\r\nhello\r\n");
            client.quit();
            return reply;
        }
    }

    /** What the MTA was told about the message from this sender. */
    private static String results(String sender) {
        return mta.messages().stream()
                .filter(message -> message.envelope().from().equals(sender))
                .findFirst()
                .orElseThrow()
                .content()
                .text()
                .replaceAll("\r\n[ \t]+", " ") // fields may be folded
                .lines()
                .filter(line -> line.startsWith("Authentication-Results:"))
                .findFirst()
                .orElseThrow();
    }

    private static void close(AutoCloseable server) {
        if (server != null) {
            try {
                server.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }
}
