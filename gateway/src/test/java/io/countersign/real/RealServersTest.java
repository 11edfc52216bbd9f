package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.LabClient;
import io.countersign.lab.LabMta;
import io.countersign.lab.MtaBehaviour;
import io.countersign.real.MailClients.Way;
import io.countersign.real.RealServers.Need;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample configurations do to real servers what docs/postfix.md and docs/exim.md say, without a gateway in front. */
class RealServersTest {
    @TempDir
    Path folder;

    @Test
    void the_postfix_sample_takes_one_identity_after_another_also_an_unknown_one() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix postfix = RealPostfix.behindCountersign(folder, "ours.test", List.of("alice"));
                LabClient client = LabClient.to(postfix.address())) {
            client.hello("gateway.test");
            for (String identity : List.of(
                    "ADDR=192.0.2.7 NAME=client.test PORT=4711 HELO=client.test",
                    "ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL] PORT=[UNAVAILABLE] HELO=[UNAVAILABLE]",
                    "ADDR=IPV6:2001:db8::9 NAME=[UNAVAILABLE] PORT=4712 HELO=six.test")) {
                client.command("XCLIENT " + identity, 220);
                assertThat(client.command("EHLO gateway.test", 250).text())
                        .contains("XCLIENT", "SMTPUTF8", "CHUNKING", "SIZE 53477376");
            }
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<alice@ours.test>", 250);
            client.quit();
            postfix.log().await("the last identity", line -> line.contains("client=unknown[2001:db8::9]"));
        }
    }

    @Test
    void the_postfix_sample_never_relays_and_refuses_unknown_recipients_at_once_however_many() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix postfix = RealPostfix.behindCountersign(folder, "ours.test", List.of("alice"));
                LabClient client = LabClient.to(postfix.address())) {
            client.hello("gateway.test");
            client.command("MAIL FROM:<a@sender.test>", 250);
            assertThat(client.command("RCPT TO:<x@elsewhere.test>", 554).text()).contains("5.7.1");
            for (int i = 0; i < 150; i++) {
                assertThat(client.patience(Duration.ofSeconds(1))
                                .command("RCPT TO:<nobody" + i + "@ours.test>", 550)
                                .text())
                        .startsWith("5.1.1 ");
            }
            client.command("RCPT TO:<alice@ours.test>", 250);
            client.quit();
        }
    }

    @Test
    void the_exim_sample_takes_the_client_from_the_proxy_header_and_serves_nobody_without_one() {
        RealServers.require(Need.EXIM);
        try (RealExim exim = RealExim.behindCountersign(folder, "ours.test", List.of("alice"))) {
            try (LabClient client = LabClient.to(exim.address())) {
                client.send("PROXY TCP4 127.0.0.77 127.0.0.1 4711 25\r\n");
                assertThat(client.hello("gateway.test").text())
                        .contains("[127.0.0.77]", "SMTPUTF8", "CHUNKING", "SIZE " + (51 << 20));
                client.command("MAIL FROM:<a@sender.test>", 250);
                assertThat(client.command("RCPT TO:<x@elsewhere.test>", 550).text())
                        .contains("relay not permitted");
                client.command("RCPT TO:<nobody@ours.test>", 550);
                client.command("RCPT TO:<alice@ours.test>", 250);
                client.quit();
            }
            try (LabClient client = LabClient.to(exim.address())) {
                client.send("EHLO gateway.test\r\n").expect(220);
                for (String command : List.of("EHLO gateway.test", "MAIL FROM:<>", "RCPT TO:<alice@ours.test>")) {
                    assertThat(client.command(command, 503).text()).contains("Proxy");
                }
            }
        }
    }

    @Test
    void what_the_clients_send_is_what_the_servers_store() {
        RealServers.require(Need.POSTFIX, Need.EXIM, Need.SWAKS, Need.PYTHON);
        try (RealPostfix postfix = RealPostfix.behindCountersign(folder, "ours.test", List.of("alice"));
                RealExim exim = RealExim.exchanger(folder, RealServers.freePlace(), "ours.test", List.of("alice"))) {
            Way way = new Way(postfix.address(), "127.0.0.9", "a@sender.test", "alice@ours.test");
            MailClients.swaks(way, RealMessages.dotLaden()).orFail("swaks");
            MailClients.smtplib(
                            new Way(exim.address(), "127.0.0.9", way.sender(), way.recipient()),
                            RealMessages.dotLaden(),
                            "")
                    .orFail("smtplib");
            RealMessages.assertArrived(postfix.mailbox("alice").await(1).get(0), RealMessages.dotLaden());
            RealMessages.assertArrived(exim.mailbox("alice").await(1).get(0), RealMessages.dotLaden());
        }
    }

    @Test
    void the_askers_ask_by_callout_and_believe_the_answer() {
        RealServers.require(Need.POSTFIX, Need.EXIM);
        try (LabMta mta = LabMta.start(MtaBehaviour.proper(), 1);
                RealPostfix postfix = RealPostfix.asker(folder, "asker.test", "ours.test", mta.address());
                RealExim exim = RealExim.asker(folder, "asker.test", "ours.test", mta.address(), "callout=10s")) {
            for (var asker : List.of(postfix.address(), exim.address())) {
                try (LabClient client = LabClient.from("127.0.0.9", asker)) {
                    client.patience(Duration.ofSeconds(30)).hello("client.test");
                    client.command("MAIL FROM:<somebody@ours.test>", 250);
                    client.command("RCPT TO:<x@asker.test>", 250);
                    client.quit();
                }
            }
            assertThat(mta.sessions()).hasSize(2);
        }
    }

    @Test
    void every_message_of_a_load_is_counted_by_its_recipient() {
        RealServers.require(Need.POSTFIX, Need.SMTP_SOURCE);
        try (RealPostfix postfix = RealPostfix.sinkBehindCountersign(folder, "ours.test")) {
            Way way = new Way(postfix.address(), "127.0.0.1", "a@sender.test", "user@ours.test");
            MailClients.smtpSource(way, 50, 5, 1000, Duration.ofSeconds(30)).orFail("smtp-source");
            List<String> sent = postfix.log()
                    .awaitCount("50 deliveries", line -> line.contains("status=sent"), 50, Duration.ofSeconds(20));
            assertThat(sent.stream().map(line -> line.replaceAll(".* to=<([^>]*)>.*", "$1")))
                    .hasSize(50)
                    .doesNotHaveDuplicates();
        }
    }
}
