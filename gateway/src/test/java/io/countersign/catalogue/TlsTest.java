package io.countersign.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.GatewayStage;
import io.countersign.lab.LabCertificate;
import io.countersign.lab.LabClient;
import io.countersign.lab.MtaBehaviour;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** TLS at both sides of the whole gateway, with the oracles after each case. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTest {
    private String tls = "";
    private Path folder = Path.of("");
    private World world;

    @BeforeAll
    void start(@TempDir Path where) throws IOException {
        folder = where;
        LabCertificate.selfSigned("mx1.example.org").writePem(folder);
        tls = "listen.tls { certificate = \"%s\", key = \"%s\" }\n"
                .formatted(folder.resolve("certificate.pem"), folder.resolve("key.pem"));
        world = World.before(
                MtaBehaviour.proper().smtp(b -> b.keyword("STARTTLS")),
                World.CHECKS_OFF + tls + "backend.tls = required\n");
    }

    @AfterAll
    void end() {
        world.close();
    }

    private static Dialogue secured() {
        return Dialogue.greeted().startTls().line("EHLO client.test").hear("250 ");
    }

    @Test
    void TL01_TL03_what_was_said_before_tls_counts_no_more() {
        world.play(Dialogue.greeted()
                .startTls()
                .line("MAIL FROM:<a@b.test>")
                .hear("503 5.5.1")
                .line("EHLO client.test")
                .hear("250 ")
                .data()
                .say("Subject: x\r\n\r\n.\r\n")
                .accepted("Subject: x\r\n\r\n"));
        world.play(
                Dialogue.greeted()
                        .say("STARTTLS\r\nMAIL FROM:<evil@b.test>\r\n")
                        .hear("554 5.5.0")
                        .closed(),
                new Cut.Whole());
        world.play(
                Dialogue.greeted()
                        .say("STARTTLS\r\n\u0016\u0003\u0001")
                        .hear("554 5.5.0")
                        .closed(),
                new Cut.Whole());
    }

    @Test
    void TL04_starttls_out_of_place_is_refused_and_the_session_goes_on() {
        world.play(Dialogue.greeted()
                .line("STARTTLS x")
                .hear("501 5.5.4")
                .line("MAIL FROM:<a@b.test>")
                .hear("250 ")
                .line("STARTTLS")
                .hear("503 5.5.1")
                .line("RSET")
                .hear("250 ")
                .startTls()
                .line("EHLO client.test")
                .hear("250 ")
                .line("STARTTLS")
                .hear("503 5.5.1"));
        world.play(Dialogue.connected()
                .hear("220 ")
                .line("STARTTLS")
                .hear("503 5.5.1|502 5.5.1")
                .line("HELO client.test")
                .hear("250 ")
                .line("STARTTLS")
                .hear("503 5.5.1|502 5.5.1"));
    }

    @Test
    void TL13_tls_on_both_legs_loses_and_merges_no_reply() {
        String content = "Subject: both\r\n\r\n" + "line of text\r\n".repeat(500);
        world.play(secured()
                .say("MAIL FROM:<a@b.test>\r\nRCPT TO:<x@elsewhere.test>\r\nRCPT TO:<r@example.org>\r\nDATA\r\n")
                .hear("250 2.1.0")
                .hear("550 5.7.1")
                .hear("250 ")
                .hear("354 ")
                .say(content
                        + ".\r\nMAIL FROM:<c@b.test>\r\nRCPT TO:<s@example.org>\r\nBDAT 14 LAST\r\nSubject: two\r\n")
                .accepted(content)
                .hear("250 2.1.0")
                .hear("250 ")
                .accepted("Subject: two\r\n"));
    }

    @Test
    void TL07_a_false_end_under_tls_ends_nothing_either() {
        world.play(secured()
                .data()
                .say("Subject: x\r\n\r\nx\n.\nRSET\r\n.\r\n")
                .hear("550 5.5.2 bare <LF>")
                .closed());
        world.play(secured().data().say("Subject: x\r\n\r\nhalf").reset());
    }

    private SSLSocket withAlpn(String... protocols) throws IOException, GeneralSecurityException {
        InetSocketAddress gateway = world.stage().gateway().addresses().get(0);
        Socket plain = new Socket(gateway.getAddress(), gateway.getPort());
        plain.setSoTimeout(10_000);
        readReply(plain);
        say(plain, "EHLO client.test\r\n");
        readReply(plain);
        say(plain, "STARTTLS\r\n");
        assertThat(readReply(plain)).startsWith("220 ");
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "mx1.example.org", 25, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static String readReply(Socket socket) throws IOException {
        StringBuilder reply = new StringBuilder();
        int lineStart = 0;
        while (true) {
            int octet = socket.getInputStream().read();
            if (octet < 0) {
                throw new IOException("ended after " + reply);
            }
            reply.append((char) octet);
            if (octet == '\n') {
                if (reply.charAt(lineStart + 3) == ' ') {
                    return reply.toString();
                }
                lineStart = reply.length();
            }
        }
    }

    @Test
    void TL09_a_client_that_wants_another_protocol_in_tls_is_turned_away() throws Exception {
        Oracles oracles = world.begin();
        for (String[] offer : new String[][] {{"h2", "http/1.1"}, {"imap"}}) {
            try (SSLSocket socket = withAlpn(offer)) {
                assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
            }
        }
        for (String[] offer : new String[][] {{}, {"smtp"}, {"h2", "smtp"}}) {
            try (SSLSocket socket = withAlpn(offer)) {
                socket.startHandshake();
                say(socket, "EHLO client.test\r\n");
                assertThat(readReply(socket)).startsWith("250");
            }
        }
        oracles.check("ALPN", 0, 0);
    }

    @Test
    void TL11_an_mta_whose_certificate_does_not_hold_never_gets_mail_in_clear() {
        try (World distrusting = World.before(
                MtaBehaviour.proper().smtp(b -> b.keyword("STARTTLS")),
                World.CHECKS_OFF + "backend.tls = verified\n")) {
            try (LabClient client = distrusting.stage().connect()) {
                // Never seen: the gateway knows nothing of what the MTA offers.
                assertThat(client.read().lines().get(0)).startsWith("421 4.3.2");
            }
            assertThat(distrusting.stage().mta.sessions())
                    .allSatisfy(session -> assertThat(session.heard())
                            .noneMatch(line -> line.startsWith("MAIL") || line.startsWith("XCLIENT")));
        }
    }

    @Test
    void TL12_a_reload_with_a_bad_key_keeps_the_old_certificate_and_says_so(@TempDir Path other) throws IOException {
        GatewayStage stage = world.stage();
        Path bad = Files.writeString(
                other.resolve("bad.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        String broken = World.CHECKS_OFF + tls.replace(folder.resolve("key.pem").toString(), bad.toString())
                + "backend.tls = required\n";
        assertThatThrownBy(() -> stage.gateway().reload(GatewayStage.settings(stage.configuration(broken))))
                .isInstanceOfAny(IOException.class, AssertionError.class);
        world.play(
                secured().data().say("Subject: still\r\n\r\n.\r\n").accepted("Subject: still\r\n\r\n"),
                new Cut.Whole());
    }
}
