package io.countersign.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LabExchangerTest {
    private final Lab lab = Lab.start(1);

    @AfterEach
    void close() {
        lab.close();
        LeakPresenceDetector.check();
    }

    @Test
    void a_well_behaved_exchanger_knows_its_users_and_no_others() {
        LabExchanger mx = lab.domain("b.test", Exchangers.wellBehaved("alice@b.test"));
        try (LabClient client = LabClient.from("127.9.0.1", mx.address())) {
            assertThat(client.hello("probe.test").text()).contains("mx.b.test").contains("PIPELINING");
            client.command("RCPT TO:<alice@b.test>", 503);
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<alice@B.test>", 250);
            client.command("RCPT TO:<postmaster@b.test>", 250);
            assertThat(client.command("RCPT TO:<bob@b.test>", 550).text()).startsWith("5.1.1 <bob@b.test>");
            client.command("RCPT TO:<alice@c.test>", 554);
            client.command("RSET", 250);
            assertThat(client.deliver("x@y.test", "alice@b.test", "Subject: s\r\n\r\n.hi\r\n")
                            .code())
                    .isEqualTo(250);
            client.quit();
        }
        LabSession session = mx.lastSession();
        assertThat(session.awaitEnding()).isEqualTo(LabSession.Ending.QUIT);
        assertThat(session.client()).isEqualTo("127.9.0.1");
        assertThat(session.lines()).startsWith("S: 220 mx.b.test ESMTP ready", "C: EHLO probe.test");
        assertThat(session.violations()).isEmpty();
        assertThat(mx.recipients().count()).isEqualTo(6);
        mx.open().awaitAtMost(0);
    }

    @Test
    void all_exchangers_share_one_port_at_addresses_of_their_own_with_DNS_to_match() {
        LabExchanger one = lab.domain("one.test", Exchangers.acceptsAny());
        LabExchanger two = lab.domain("two.test", Exchangers.acceptsAny());
        assertThat(one.address().getPort()).isEqualTo(two.address().getPort()).isEqualTo(lab.calloutPort());
        assertThat(one.address().getAddress()).isNotEqualTo(two.address().getAddress());
        assertThat(lab.configuration())
                .contains("callout.port = " + lab.calloutPort())
                .contains(lab.dns().server());
    }

    @Test
    void each_kind_of_refusal() {
        assertThat(rcpt(Exchangers.saysNoSuchUser()).toString()).startsWith("550 5.1.1");
        assertThat(rcpt(Exchangers.mailboxFull()).toString()).startsWith("452 4.2.2");
        assertThat(rcpt(Exchangers.mailboxDisabled()).toString()).startsWith("550 5.2.1");
        assertThat(rcpt(Exchangers.blocksUs()).toString()).startsWith("554 5.7.1");
        assertThat(rcpt(Exchangers.saysToAll("550 go away, {}")).toString()).isEqualTo("550 go away, x@b.test");
        assertThat(rcpt(Exchangers.acceptsAny().at(LabStage.RCPT, Act.reply("250-a", "250 b")))
                        .lines())
                .hasSize(2);
    }

    @Test
    void refusals_before_RCPT() {
        try (LabClient client = to(Exchangers.refusesNullSender("a@b.test"))) {
            client.hello("probe.test");
            client.command("MAIL FROM:<>", 553);
            client.command("MAIL FROM:<x@y.test>", 250);
        }
        try (LabClient client = to(Exchangers.blocksUsAtOnce())) {
            client.expect(554);
        }
        try (LabClient client = to(Exchangers.tooBusy())) {
            client.expect(421);
            assertThat(client.readToEnd()).isEmpty();
        }
        try (LabClient client = to(Exchangers.knowsOnlyHelo())) {
            client.expect(220);
            client.command("EHLO probe.test", 500);
            client.command("HELO probe.test", 250);
        }
    }

    @Test
    void greylisting_lets_a_triple_in_after_its_tries_or_its_time() {
        LabExchanger mx = lab.domain("grey.test", Exchangers.greylists(1, "a@grey.test"));
        for (int code : new int[] {450, 250, 250}) {
            assertThat(rcpt(mx.address(), "a@grey.test").code()).isEqualTo(code);
        }
        mx.behaviour(Exchangers.greylists(Duration.ofHours(1), "a@grey.test"));
        assertThat(rcpt(mx.address(), "a@grey.test").code()).isEqualTo(450);
    }

    @Test
    void silence_hanging_up_and_reset_at_any_stage() {
        try (LabClient client = to(Exchangers.neverAnswers(LabStage.GREETING))) {
            assertThatThrownBy(() -> client.patience(Duration.ofMillis(50)).read())
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("reading a reply");
        }
        LabExchanger hangsUp = lab.exchanger("h.test", Exchangers.hangsUp(LabStage.MAIL));
        try (LabClient client = LabClient.to(hangsUp.address())) {
            client.hello("probe.test");
            assertThat(client.send("MAIL FROM:<>\r\n").readToEnd()).isEmpty();
        }
        assertThat(hangsUp.lastSession().awaitEnding()).isEqualTo(LabSession.Ending.HUNG_UP);
        try (LabClient client = to(Exchangers.resets(LabStage.EHLO))) {
            client.expect(220);
            client.send("EHLO probe.test\r\n").readToEnd();
            assertThat(String.join("\n", client.transcript())).containsIgnoringCase("reset");
        }
        // The reset may come before connecting has returned, or after.
        assertThatThrownBy(() -> LabClient.to(new InetSocketAddress(lab.resettingAddress(), lab.calloutPort()))
                        .read())
                .isInstanceOf(UncheckedIOException.class);
        assertThatThrownBy(() -> LabClient.to(new InetSocketAddress(lab.deadAddress(), lab.calloutPort())))
                .hasMessageContaining("connecting");
    }

    @Test
    void replies_out_of_shape() {
        assertThat(rcpt(Exchangers.bareLf(LabStage.RCPT)).toString()).isEqualTo("250 2.0.0 Ok\\n");
        assertThat(rcpt(Exchangers.octetByOctet(LabStage.RCPT, Duration.ofMillis(1)))
                        .code())
                .isEqualTo(250);
        assertThat(rcpt(Exchangers.garbage(LabStage.RCPT)).code()).isZero();
        try (LabClient client = to(Exchangers.answersUnasked())) {
            client.hello("probe.test");
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<x@b.test>", 250);
            client.expect(550);
        }
        for (Behaviour endless :
                new Behaviour[] {Exchangers.endlessReply(LabStage.RCPT), Exchangers.endlessLine(LabStage.RCPT)}) {
            assertThatThrownBy(() -> rcpt(endless)).hasMessageContaining("more than");
        }
    }

    @Test
    void the_pace_delays_each_reply() {
        long start = System.nanoTime();
        assertThat(rcpt(Exchangers.slow(Duration.ofMillis(20), "x@b.test")).code())
                .isEqualTo(250);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(80_000_000L);
    }

    @Test
    void starttls_works_or_is_broken_as_asked() {
        LabExchanger good = lab.exchanger("good.test", Exchangers.withStartTls("x@b.test"));
        try (LabClient client = LabClient.to(good.address())) {
            assertThat(client.hello("probe.test").text()).contains("STARTTLS");
            client.startTls();
            client.command("MAIL FROM:<>", 503);
            assertThat(client.command("EHLO probe.test", 250).text()).doesNotContain("STARTTLS");
            assertThat(client.deliver("", "x@b.test", "hi\r\n").code()).isEqualTo(250);
        }
        assertThat(good.handshakes().count()).isEqualTo(1);
        try (LabClient client = to(Exchangers.brokenTls())) {
            client.hello("probe.test");
            assertThatThrownBy(client::startTls).hasMessageContaining("TLS handshake");
        }
        try (LabClient client = to(Exchangers.injectsBeforeTls())) {
            client.hello("probe.test");
            client.command("STARTTLS", 220);
            assertThat(client.read().text()).isEqualTo("injected");
        }
    }

    @Test
    void a_client_out_of_order_is_noted() {
        LabExchanger silent = lab.exchanger("silent.test", Exchangers.neverAnswers(LabStage.GREETING));
        try (LabClient client = LabClient.to(silent.address())) {
            client.send("EHLO early.test\n").finish().readToEnd();
        }
        silent.lastSession().awaitEnding();
        assertThat(silent.lastSession().violations()).containsExactly("talked before the greeting", "bare LF");
        LabExchanger mx = lab.exchanger("mx.b.test", Exchangers.acceptsAny().withoutKeyword("PIPELINING"));
        try (LabClient client = LabClient.to(mx.address())) {
            client.hello("probe.test");
            client.send("MAIL FROM:<>\r\nRCPT TO:<x@b.test>\r\n").expect(250);
            client.expect(250);
        }
        assertThat(mx.lastSession().violations())
                .containsExactly("did not wait for the reply before: RCPT TO:<x@b.test>");
    }

    @Test
    void connecting_to_a_black_hole_never_ends() throws IOException {
        InetSocketAddress hole = new InetSocketAddress(lab.blackHole(), lab.calloutPort());
        try (Socket socket = new Socket()) {
            assertThatThrownBy(() -> socket.connect(hole, 300)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void a_hook_decides_command_by_command_and_session_by_session() {
        Map<String, String> replies = Map.of("a@b.test", "250 ok", "b@b.test", "450 later");
        LabExchanger mx = lab.exchanger(
                "mx.b.test",
                Behaviour.proper()
                        .hook(heard -> heard.session() == 1
                                ? Optional.ofNullable(replies.get(heard.argument()))
                                        .map(Act::reply)
                                : Optional.empty()));
        assertThat(rcpt(mx.address(), "b@b.test").code()).isEqualTo(450);
        assertThat(rcpt(mx.address(), "b@b.test").code()).isEqualTo(554);
    }

    @Test
    void stopped_it_refuses_connections_until_started_again() {
        LabExchanger mx = lab.exchanger("mx.b.test", Exchangers.acceptsAny());
        try (LabClient client = LabClient.to(mx.address())) {
            client.expect(220);
            mx.stop();
            assertThat(client.readToEnd()).isEmpty();
        }
        assertThatThrownBy(() -> LabClient.to(mx.address())).isInstanceOf(UncheckedIOException.class);
        mx.start();
        assertThat(rcpt(mx.address(), "x@b.test").code()).isEqualTo(250);
        assertThat(mx.connections().count()).isEqualTo(2);
        assertThat(mx.open().peak()).isEqualTo(1);
    }

    private LabClient to(Behaviour behaviour) {
        return LabClient.to(lab.exchanger("mx.b.test", behaviour).address());
    }

    private LabReply rcpt(Behaviour behaviour) {
        return rcpt(lab.exchanger("mx.b.test", behaviour).address(), "x@b.test");
    }

    private static LabReply rcpt(InetSocketAddress mx, String recipient) {
        try (LabClient client = LabClient.to(mx)) {
            client.hello("probe.test");
            client.command("MAIL FROM:<>", 250);
            return client.command("RCPT TO:<" + recipient + ">");
        }
    }
}
