package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Act;
import io.countersign.lab.Content.Recording;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabExchanger;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the checks do to a transaction: product.md §3, §4, §8. */
class EnforcementTest {
    private static final MtaBehaviour PROPER = MtaBehaviour.proper()
            .recording(Recording.BODIES)
            .mailboxes(Mailboxes.users("r@example.org", "s@example.org", "postmaster@example.org"));

    private GatewayStage stage;
    private LabExchanger exchanger;

    @BeforeEach
    void aSmallInternet() {
        stage = new GatewayStage(PROPER);
        exchanger = stage.lab.domain("b.test", Exchangers.wellBehaved("alice@b.test", "double-bounce@b.test"));
    }

    @AfterEach
    void end() {
        stage.close();
    }

    @AfterAll
    static void nothingLeaked() {
        LeakPresenceDetector.check();
    }

    private LabClient enforcing(String more) throws IOException {
        return stage.start("checks.sender.mode = enforce\n" + more).client();
    }

    @Test
    void nobody_is_asked_about_a_sender_before_the_mta_accepted_a_recipient_that_is_not_exempt() throws IOException {
        try (LabClient client = enforcing("")) {
            client.command("MAIL FROM:<nobody@b.test>", 250);
            client.command("RCPT TO:<unknown@example.org>", 550);
            client.command("RCPT TO:<x@elsewhere.test>", 550);
            client.command("RCPT TO:<postmaster@example.org>", 250);
            assertThat(exchanger.connections().count()).isZero();
            client.command("RCPT TO:<r@example.org>", 550);
            assertThat(exchanger.connections().count()).isEqualTo(1);
            client.command("DATA", 354);
            assertThat(client.content("Subject: x\r\n\r\n").code()).isEqualTo(250);
        }
        assertThat(stage.mta.awaitMessages(1).get(0).envelope().to())
                .as("the recipient that was refused for the sender gets nothing")
                .containsExactly("postmaster@example.org");
    }

    @Test
    void a_probe_address_is_asked_about_at_data_and_not_before() throws IOException {
        try (LabClient client = enforcing("")) {
            client.command("MAIL FROM:<mailer-daemon@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            assertThat(exchanger.connections().count()).isZero();
            assertThat(client.command("DATA", 550).text()).startsWith("5.1.7");
            client.command("MAIL FROM:<double-bounce@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            assertThat(client.content("Subject: x\r\n\r\n").code()).isEqualTo(250);
        }
    }

    @Test
    void OP18_monitor_mode_refuses_and_delays_nothing() throws IOException {
        stage.lab.domain("mute.test", Exchangers.neverAnswers(LabStage.RCPT));
        try (LabClient client = stage.start("checks.sender.mode = monitor\nchecks.reverse-dns.mode = monitor\n")
                .client()) {
            for (String sender : new String[] {"nobody@b.test", "a@mute.test", "a@no-such-domain.test"}) {
                assertThat(client.deliver(sender, "r@example.org", "Subject: x\r\n\r\n")
                                .code())
                        .as(sender)
                        .isEqualTo(250);
            }
        }
    }

    @Test
    void an_unknown_sender_in_our_own_domain_is_refused_on_the_mtas_word() throws IOException {
        try (LabClient client = enforcing("")) {
            client.command("MAIL FROM:<nobody@example.org>", 250);
            assertThat(client.command("RCPT TO:<r@example.org>", 550).text()).startsWith("5.1.7");
            client.command("RSET", 250);
            assertThat(client.deliver("s@example.org", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void exempt_clients_senders_and_recipients_are_not_asked_about() throws IOException {
        try (LabClient client = enforcing(
                "exempt.senders = [ \"nobody@b.test\" ]\nexempt.recipients = [ \"s@\" ]\nexempt.clients = [ \"127.9.0.8\" ]\n")) {
            assertThat(client.deliver("nobody@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
            assertThat(client.deliver("other@b.test", "s@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
            assertThat(client.deliver("other@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(550);
        }
        try (LabClient trusted =
                LabClient.from("127.9.0.8", stage.gateway().addresses().get(0))) {
            trusted.hello("trusted.test");
            assertThat(trusted.deliver("other@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void overrides_by_client_sender_and_recipient_domain_count() throws IOException {
        stage.lab.domain("c.test", Exchangers.wellBehaved("alice@c.test"));
        try (LabClient client = enforcing("""
                overrides = [
                  { sender-domain = "c.test", checks.sender.mode = off }
                  { recipient-domain = "lenient.example", checks.sender.mode = off }
                ]
                """)) {
            stage.mta.behaviour(PROPER.mailboxes(Mailboxes.any()));
            assertThat(client.deliver("nobody@c.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
            client.command("MAIL FROM:<nobody@b.test>", 250);
            client.command("RCPT TO:<x@lenient.example>", 250);
            client.command("RCPT TO:<r@example.org>", 550);
            client.command("DATA", 354);
            assertThat(client.content("Subject: x\r\n\r\n").code()).isEqualTo(250);
        }
        assertThat(stage.mta.awaitMessages(2).get(1).envelope().to()).containsExactly("x@lenient.example");
    }

    @Test
    void a_client_without_reverse_dns_is_deferred_or_refused_as_configured_but_never_a_callout() throws IOException {
        stage.start("checks.sender.mode = off\nchecks.reverse-dns { mode = enforce, actions.none = reject }\n");
        try (LabClient nameless =
                        LabClient.from("127.9.0.3", stage.gateway().addresses().get(0));
                LabClient named = stage.client()) {
            nameless.hello("nameless.test");
            nameless.command("MAIL FROM:<alice@b.test>", 250);
            assertThat(nameless.command("RCPT TO:<r@example.org>", 550).text())
                    .startsWith("5.7.25 Client host rejected: cannot find your hostname, [127.9.0.3]");
            nameless.command("RSET", 250);
            nameless.command("MAIL FROM:<>", 250);
            nameless.command("RCPT TO:<r@example.org>", 250);
            nameless.command("RSET", 250);
            nameless.command("MAIL FROM:<double-bounce@b.test>", 250);
            nameless.command("RCPT TO:<r@example.org>", 250);
            assertThat(nameless.command("DATA", 550).text()).startsWith("5.7.25");
            assertThat(named.deliver("alice@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
    }

    @Test
    void deferral_for_want_of_reverse_dns_has_an_end() throws IOException {
        stage.start("checks.sender { mode = off, defer-at-most = 100ms }\n"
                + "checks.reverse-dns { mode = enforce, actions.none = defer }\n");
        try (LabClient nameless =
                LabClient.from("127.9.0.3", stage.gateway().addresses().get(0))) {
            nameless.hello("nameless.test");
            nameless.command("MAIL FROM:<alice@b.test>", 250);
            assertThat(nameless.command("RCPT TO:<r@example.org>", 450).text()).startsWith("4.7.25");
            org.awaitility.Awaitility.await().until(() -> {
                int code = nameless.command("RCPT TO:<r@example.org>").code();
                return code == 250;
            });
        }
    }

    @Test
    void a_deferred_sender_is_let_in_once_the_deferral_has_run_out() throws IOException {
        stage.lab.domain("mute.test", Exchangers.neverAnswers(LabStage.RCPT));
        try (LabClient client =
                enforcing("checks.sender { wait = 50ms, defer-at-most = 200ms, actions.undetermined = defer }\n")) {
            client.command("MAIL FROM:<a@mute.test>", 250);
            assertThat(client.command("RCPT TO:<r@example.org>", 451).text()).startsWith("4.1.7 <a@mute.test>");
            org.awaitility.Awaitility.await().until(() -> {
                client.command("RSET", 250);
                client.command("MAIL FROM:<a@mute.test>", 250);
                return client.command("RCPT TO:<r@example.org>").code() == 250;
            });
        }
    }

    @Test
    void a_second_callout_is_answered_from_memory_while_the_mta_is_silent() throws IOException {
        stage.start("checks.sender.mode = off\nchecks.recipient.wait = 100ms\ncache.refresh.recipient-accepted = 1s\n");
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.quit();
        }
        stage.mta.behaviour(PROPER.at(LabStage.RCPT, Act.never()));
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("RSET", 250);
            client.command("MAIL FROM:<alice@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("RSET", 250);
            client.quit();
        }
    }

    @Test
    void the_mtas_late_refusal_of_a_remembered_recipient_is_the_answer_to_data() throws IOException {
        stage.start("checks.sender.mode = off\nchecks.recipient.wait = 100ms\n");
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("RCPT TO:<s@example.org>", 250);
            client.command("RSET", 250);
            stage.mta.behaviour(PROPER.smtp(b -> b.hook(
                    heard -> heard.stage() == LabStage.RCPT && heard.line().contains("<r@")
                            ? Optional.of(Act.reply("550 5.1.1 gone since").after(java.time.Duration.ofMillis(300)))
                            : Optional.empty())));
            long recipients = stage.mta.tallies().recipients().count();
            client.command("MAIL FROM:<alice@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            stage.mta.tallies().recipients().awaitAtLeast(recipients + 1);
            assertThat(client.command("DATA", 550).text()).startsWith("5.1.1 gone since");
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<s@example.org>", 250);
            client.command("RSET", 250);
        }
        assertThat(stage.mta.tallies().cut().count()).isZero();
    }

    @Test
    void AN01_AN03_a_callout_is_answered_like_any_recipient_and_never_with_one_of_ours() throws IOException {
        try (LabClient client = enforcing("")) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<zufall4711@example.org>", 550);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("RCPT TO:<postmaster>", 250);
            assertThat(client.quit().code()).isEqualTo(221);
        }
        assertThat(exchanger.connections().count()).isZero();
        assertThat(stage.mta.tallies().cut().count()).isZero();
    }

    @Test
    void AN01_AN02_callouts_are_counted_by_what_they_were_told_and_by_whom() throws IOException {
        stage.start("checks.sender.mode = off\n");
        try (LabClient client = stage.client()) {
            for (int i = 0; i < 2; i++) {
                client.command("MAIL FROM:<>", 250);
                client.command("RCPT TO:<r@example.org>", 250);
                client.command("RCPT TO:<nobody@example.org>", 550);
                client.command("RCPT TO:<r@elsewhere.test>", 550);
                client.command("RSET", 250);
            }
            client.command("MAIL FROM:<double-bounce@b.test>", 250);
            client.command("RCPT TO:<s@example.org>", 250);
            client.command("RSET", 250);
        }
        assertThat(answered("null-sender", "accepted", "mta")).isEqualTo(1);
        assertThat(answered("null-sender", "accepted", "memory")).isEqualTo(1);
        assertThat(answered("null-sender", "unknown", "mta")).isEqualTo(1);
        assertThat(answered("null-sender", "unknown", "memory")).isEqualTo(1);
        assertThat(answered("probe-address", "accepted", "mta")).isEqualTo(1);
        assertThat(stage.meters.get("countersign.probes").counter().count()).isEqualTo(3);
    }

    private long answered(String sender, String answer, String by) {
        return stage.meters
                .get("countersign.probe.answers")
                .tags("sender", sender, "answer", answer, "by", by)
                .timer()
                .count();
    }

    @Test
    void AN04_harvesters_get_no_answer_about_unknown_recipients_and_known_ones_still_one() throws IOException {
        stage.start("checks.sender.mode = off\nlisten.limits.unknown-recipients { delay = 3, refuse = 4 }\n");
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            for (int i = 0; i < 3; i++) {
                client.command("RCPT TO:<u" + i + "@example.org>", 550);
            }
            long before = System.nanoTime();
            client.command("RCPT TO:<u4@example.org>", 550);
            assertThat(System.nanoTime() - before).isGreaterThan(900_000_000L);
            client.command("RCPT TO:<r@example.org>", 250);
            assertThat(client.command("RCPT TO:<u5@example.org>", 421).text()).startsWith("4.7.0");
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void AN06_AN07_the_mtas_4xx_is_passed_and_its_relay_denial_is_our_fault_not_the_recipients() throws IOException {
        stage.start("checks.sender.mode = off\n");
        try (LabClient client = stage.client()) {
            stage.mta.behaviour(PROPER.at(LabStage.RCPT, Act.reply("450 4.2.0 greylisted")));
            client.command("MAIL FROM:<a@b.test>", 250);
            assertThat(client.command("RCPT TO:<r@example.org>", 450).text()).startsWith("4.2.0 greylisted (id ");
            stage.mta.behaviour(PROPER.at(LabStage.RCPT, Act.reply("554 5.7.1 <r@example.org>: Relay access denied")));
            assertThat(client.command("RCPT TO:<r@example.org>", 451).text()).startsWith("4.3.5");
            stage.mta.behaviour(PROPER);
            client.command("RCPT TO:<r@example.org>", 250);
        }
    }

    @Test
    void AN09_the_local_part_is_passed_in_the_clients_own_case() throws IOException {
        stage.start("checks.sender.mode = off\n");
        stage.mta.behaviour(PROPER.mailboxes(Mailboxes.any()));
        try (LabClient client = stage.client()) {
            assertThat(client.deliver("Al.Ice+tag@b.test", "R+Tag@Example.ORG", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
        assertThat(stage.mta.awaitMessages(1).get(0).envelope().to().get(0)).startsWith("R+Tag@");
    }
}
