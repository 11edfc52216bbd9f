package io.countersign.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.MtaBehaviour.Proxy;
import io.countersign.lab.MtaBehaviour.Xclient;
import io.netty.util.LeakPresenceDetector;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LabMtaTest {
    private final Lab lab = Lab.start(1);

    @AfterEach
    void close() {
        lab.close();
        LeakPresenceDetector.check();
    }

    @Test
    void a_message_is_recorded_with_its_envelope_parameters_and_content() {
        LabMta mta = mta(MtaBehaviour.proper().recording(Recording.BODIES));
        String content = "Subject: s\r\n\r\n.dot\r\n\r\nGrüße\r\n";
        try (LabClient client = greeted(mta)) {
            client.command("MAIL FROM:<a@b.test> BODY=8BITMIME SIZE=40", 250);
            client.command("RCPT TO:<r@example.org> NOTIFY=NEVER", 250);
            client.command("RCPT TO:<s@example.org>", 250);
            client.command("DATA", 354);
            assertThat(client.content(content).text()).contains("queued as LAB");
            client.quit();
        }
        MtaMessage message = mta.awaitMessages(1).get(0);
        assertThat(message.envelope().from()).isEqualTo("a@b.test");
        assertThat(message.envelope().parameters()).isEqualTo("BODY=8BITMIME SIZE=40");
        assertThat(message.envelope().to()).containsExactly("r@example.org", "s@example.org");
        assertThat(message.envelope().recipients().get(0).parameters()).isEqualTo("NOTIFY=NEVER");
        assertThat(message.helo()).isEqualTo("gateway.test");
        assertThat(message.identity().source()).isEqualTo(Identity.Source.SOCKET);
        assertThat(message.content().text()).isEqualTo(content);
        assertThat(message.content().size()).isEqualTo(content.length() + 2);
        assertThat(message.content().sha256())
                .isEqualTo(Content.sha256(message.content().octets().orElseThrow()));
        assertThat(message.content().faults()).isEmpty();
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().cut().count()).isZero();
    }

    @Test
    void many_messages_pipelined_on_one_connection() {
        LabMta mta = mta(MtaBehaviour.proper());
        try (LabClient client = greeted(mta)) {
            for (int i = 0; i < 50; i++) {
                client.send("MAIL FROM:<>\r\nRCPT TO:<r@example.org>\r\nDATA\r\n")
                        .expect(250);
                client.expect(250);
                client.expect(354);
                assertThat(client.content("x\r\n".repeat(i)).code()).isEqualTo(250);
            }
        }
        assertThat(mta.awaitMessages(50)).extracting(m -> m.content().size()).contains(0L, 147L);
        assertThat(mta.sessions().get(0).violations()).isEmpty();
    }

    @Test
    void chunks_are_put_together_and_their_octets_are_no_commands() {
        LabMta mta = mta(MtaBehaviour.proper().recording(Recording.BODIES));
        try (LabClient client = greeted(mta)) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.send("BDAT 6\r\nQUIT\r\n").expect(503);
            client.command("RCPT TO:<r@example.org>", 250);
            client.send("BDAT 5\r\na\r\n.\r").expect(250);
            client.send("BDAT 7 LAST\r\n\n.\r\nb\r\n").expect(250);
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("BDAT 0 LAST", 250);
        }
        assertThat(mta.awaitMessages(2).get(0).content().text()).isEqualTo("a\r\n.\r\n.\r\nb\r\n");
        assertThat(mta.messages().get(0).content().transfer()).isEqualTo(Content.Transfer.BDAT);
    }

    @Test
    void known_recipients_are_accepted_others_not() {
        LabMta mta = mta(MtaBehaviour.proper()
                .mailboxes(Mailboxes.users("r@example.org").but("full@example.org", Mailboxes.FULL)));
        try (LabClient client = greeted(mta)) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("RCPT TO:<x@example.org>", 550);
            client.command("RCPT TO:<full@example.org>", 452);
            assertThat(client.command("RCPT TO:<r@other.test>", 554).text()).contains("Relay access denied");
            client.command("RSET", 250);
            client.command("DATA", 503);
        }
    }

    @Test
    void a_content_cut_off_is_told_from_one_that_ended() {
        LabMta mta = mta(MtaBehaviour.proper().at(LabStage.END_OF_DATA, Act.reply("451 4.3.0 try again")));
        try (LabClient client = greeted(mta)) {
            assertThat(client.deliver("", "r@example.org", "x\r\n").code()).isEqualTo(451);
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            client.send("half a message\r\n");
        }
        try (LabClient client = greeted(mta)) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.send("BDAT 10\r\n0123").reset();
        }
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().cut().count()).isEqualTo(2);
        assertThat(mta.tallies().ended().count()).isEqualTo(1);
        assertThat(mta.tallies().messages().count()).isZero();
    }

    @Test
    void it_dies_falls_silent_or_answers_early_where_it_is_told() {
        MtaBehaviour proper = MtaBehaviour.proper();
        LabMta mta = mta(proper.at(LabStage.END_OF_DATA, Act.close()));
        try (LabClient client = atData(mta)) {
            assertThat(client.send("x\r\n.\r\n").readToEnd()).isEmpty();
        }
        mta.behaviour(proper.at(LabStage.END_OF_DATA, Act.never()));
        try (LabClient client = atData(mta)) {
            assertThatThrownBy(() -> client.patience(Duration.ofMillis(50)).content("x\r\n"))
                    .isInstanceOf(UncheckedIOException.class);
        }
        mta.behaviour(proper.duringContent(5, Act.close()));
        try (LabClient client = atData(mta)) {
            assertThat(client.send("01234567\r\n.\r\n").readToEnd()).isEmpty();
        }
        mta.behaviour(proper.duringContent(5, Act.reply("552 5.3.4 too big").then(Act.close())));
        try (LabClient client = atData(mta)) {
            client.send("01234567\r\n").expect(552);
            assertThat(client.readToEnd()).isEmpty();
        }
        mta.behaviour(proper.duringContent(0, Act.pause(Duration.ofMillis(20))));
        try (LabClient client = atData(mta)) {
            assertThat(client.content("x\r\n").code()).isEqualTo(250);
        }
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().ended().count()).isEqualTo(3);
        assertThat(mta.tallies().cut().count()).isEqualTo(2);
        assertThat(mta.tallies().messages().count()).isEqualTo(1);
    }

    @Test
    void xclient_gives_another_identity_and_asks_for_EHLO_again() {
        LabMta mta = mta(MtaBehaviour.proper().xclient(Xclient.ONCE));
        try (LabClient client = greeted(mta)) {
            client.command(
                    "XCLIENT NAME=c.test ADDR=IPV6:2001:db8::1 PORT=77 HELO=odd+20name LOGIN=[UNAVAILABLE]", 220);
            client.command("MAIL FROM:<>", 503);
            client.command("EHLO gateway.test", 250);
            assertThat(client.deliver("", "r@example.org", "x\r\n").code()).isEqualTo(250);
            client.command("XCLIENT ADDR=192.0.2.1", 550);
        }
        Identity identity = mta.awaitMessages(1).get(0).identity();
        assertThat(identity.source()).isEqualTo(Identity.Source.XCLIENT);
        assertThat(identity.address()).isEqualTo("2001:db8::1");
        assertThat(identity.port()).isEqualTo(77);
        assertThat(identity.attribute("HELO")).isEqualTo("odd name");
        mta.behaviour(MtaBehaviour.proper().xclient(Xclient.ANY));
        try (LabClient client = greeted(mta)) {
            client.command("XCLIENT ADDR=192.0.2.1 NAME=one.test", 220);
            client.command("XCLIENT ADDR=192.0.2.2", 220);
            client.command("EHLO gateway.test", 250);
            assertThat(client.deliver("", "r@example.org", "x\r\n").code()).isEqualTo(250);
        }
        assertThat(mta.awaitMessages(2).get(1).identity().address()).isEqualTo("192.0.2.2");
        assertThat(mta.messages().get(1).identity().attribute("NAME"))
                .as("an attribute that the second XCLIENT left out is still the first client's")
                .isEqualTo("one.test");
        mta.behaviour(MtaBehaviour.proper().xclient(Xclient.NONE));
        try (LabClient client = LabClient.to(mta.address())) {
            assertThat(client.hello("gateway.test").text()).doesNotContain("XCLIENT");
            client.command("XCLIENT ADDR=192.0.2.1", 502);
        }
    }

    @Test
    void proxy_headers_of_both_versions_tell_the_client() {
        LabMta mta = mta(MtaBehaviour.proper().proxy(Proxy.REQUIRED));
        byte[] two = ByteBuffer.allocate(28)
                .put(new byte[] {13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0, 12})
                .put(new byte[] {(byte) 198, 51, 100, 7, 127, 0, 0, 1, 4, 1, 0, 25})
                .array();
        try (LabClient client = LabClient.to(mta.address())) {
            client.send("PROXY TCP4 192.0.2.9 127.0.0.1 4711 25\r\n").hello("gateway.test");
            client.deliver("", "r@example.org", "x\r\n");
        }
        try (LabClient client = LabClient.to(mta.address())) {
            client.send(two).hello("gateway.test");
            client.deliver("", "r@example.org", "x\r\n");
        }
        try (LabClient client = LabClient.to(mta.address())) {
            assertThat(client.send("EHLO gateway.test\r\n").readToEnd()).isEmpty();
        }
        List<MtaMessage> messages = mta.awaitMessages(2);
        assertThat(messages).extracting(m -> m.identity().address()).containsExactly("192.0.2.9", "198.51.100.7");
        assertThat(messages).extracting(m -> m.identity().port()).containsExactly(4711, 1025);
    }

    @Test
    void PA01_the_lax_MTA_takes_what_was_smuggled_and_the_strict_one_notes_it() {
        String attack = "x\n.\nMAIL FROM:<evil@b.test>\nRCPT TO:<r@example.org>\nDATA\nevil\n.\r\n";
        LabMta lax = mta(MtaBehaviour.proper().lines(LineRule.LAX));
        try (LabClient client = atData(lax)) {
            client.send(attack).expect(250);
        }
        assertThat(lax.awaitMessages(2)).extracting(m -> m.envelope().from()).containsExactly("", "evil@b.test");
        LabMta strict = mta(MtaBehaviour.proper());
        try (LabClient client = atData(strict)) {
            client.send(attack + "\r\n.\r\n").expect(250);
        }
        assertThat(strict.awaitMessages(1)).hasSize(1);
        assertThat(strict.messages().get(0).content().faults()).containsExactly(LineFault.BARE_LF);
        assertThat(strict.sessions().get(0).violations()).containsExactly("BARE_LF in content");
        try (LabClient client = greeted(strict)) {
            client.send("NOOP\n").expect(250);
            client.send("NOOP \r \0\r\n").expect(250);
        }
        assertThat(strict.sessions().get(1).violations()).hasSize(2);
    }

    @Test
    void starttls_and_nothing_in_clear_survives_it() {
        LabMta mta = mta(MtaBehaviour.proper().smtp(b -> b.keyword("STARTTLS")));
        try (LabClient client = greeted(mta)) {
            client.startTls();
            client.command("MAIL FROM:<>", 503);
            assertThat(client.command("EHLO gateway.test", 250).text()).doesNotContain("STARTTLS");
            assertThat(client.deliver("", "r@example.org", "x\r\n".repeat(50_000))
                            .code())
                    .isEqualTo(250);
        }
        assertThat(mta.awaitMessages(1).get(0).content().size()).isEqualTo(150_000);
        try (LabClient client = greeted(mta)) {
            client.send("STARTTLS\r\nMAIL FROM:<>\r\n").expect(220);
        }
        assertThat(mta.sessions().get(1).violations()).containsExactly("did not wait for the reply to: STARTTLS");
    }

    @Test
    void down_and_up_again_at_the_same_port() {
        LabMta mta = mta(MtaBehaviour.proper());
        LabClient first = greeted(mta);
        mta.dropConnections();
        assertThat(first.readToEnd()).isEmpty();
        first.close();
        mta.stop();
        assertThatThrownBy(() -> LabClient.to(mta.address())).isInstanceOf(UncheckedIOException.class);
        mta.start();
        greeted(mta).close();
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().connections().count()).isEqualTo(2);
    }

    @Test
    void a_slow_reader_keeps_its_pace_and_a_paused_one_stops() {
        LabMta slow = mta(MtaBehaviour.proper().octetsPerSecond(50_000));
        try (LabClient client = atData(slow)) {
            long start = System.nanoTime();
            assertThat(client.content("0123456\r\n".repeat(1_000)).code()).isEqualTo(250);
            assertThat(System.nanoTime() - start).isGreaterThan(100_000_000L);
        }
        LabMta paused = mta(MtaBehaviour.proper());
        try (LabClient client = greeted(paused)) {
            paused.pauseReading();
            client.send("NOOP\r\n");
            assertThatThrownBy(() -> client.patience(Duration.ofMillis(50)).read())
                    .isInstanceOf(UncheckedIOException.class);
            paused.resumeReading();
            client.patience(Tally.PATIENCE).expect(250);
        }
    }

    @Test
    void the_lab_tells_the_gateway_where_its_MTA_is() {
        LabMta mta = mta(MtaBehaviour.proper());
        assertThat(lab.configuration()).contains("backend.address = [ \"" + mta.backend() + "\" ]");
    }

    @Test
    void many_connections_at_once_are_counted() {
        LabMta mta = mta(MtaBehaviour.sink());
        List<LabClient> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(greeted(mta));
        }
        assertThat(mta.tallies().open().count()).isEqualTo(20);
        clients.forEach(LabClient::close);
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().open().peak()).isEqualTo(20);
        assertThat(mta.sessions()).isEmpty();
    }

    private LabMta mta(MtaBehaviour behaviour) {
        return lab.mta(behaviour);
    }

    private static LabClient greeted(LabMta mta) {
        LabClient client = LabClient.to(mta.address());
        client.hello("gateway.test");
        return client;
    }

    private static LabClient atData(LabMta mta) {
        LabClient client = greeted(mta);
        client.command("MAIL FROM:<>", 250);
        client.command("RCPT TO:<r@example.org>", 250);
        client.command("DATA", 354);
        return client;
    }
}
