package io.countersign.relay;

import static io.countersign.relay.RelayClient.get;
import static io.countersign.relay.RelayClient.word;
import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Act;
import io.countersign.lab.Behaviour;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.countersign.relay.MtaTransaction.OpenAnswer;
import io.countersign.relay.MtaTransaction.RecipientAnswer;
import io.countersign.relay.MtaTransaction.RecipientAnswer.At;
import io.netty.util.LeakPresenceDetector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gets the message: accepted, owed, withdrawn, refused; and what a lost connection does to that. */
class RelayEnvelopeTest {
    private final LabMta mta = LabMta.start(MtaBehaviour.proper(), 1);
    private final Relaying relaying = new Relaying(Relaying.settings(mta.address()));

    @AfterEach
    void close() {
        relaying.close();
        mta.close();
        LeakPresenceDetector.check();
    }

    private void behave(UnaryOperator<Behaviour> change) {
        mta.behaviour(MtaBehaviour.proper().smtp(change));
    }

    private List<String> deliver(RelayClient client) {
        assertThat(word(client.open().answer())).isEqualTo("354");
        client.content(RelayClient.MESSAGE);
        assertThat(word(client.end())).isEqualTo("250");
        client.close();
        return mta.awaitMessages(1).get(0).envelope().to();
    }

    @Test
    void O3_many_recipients_are_answered_in_order_each_with_its_own_reply() {
        behave(b -> b.hook(heard -> heard.stage() == LabStage.RCPT
                ? Optional.of(Act.reply((heard.line().contains("bad") ? "550 5.1.1 " : "250 2.1.5 ") + heard.line()))
                : Optional.empty()));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        List<CompletableFuture<RecipientAnswer>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            answers.add(client.rcptLater((i % 3 == 0 ? "bad" : "good") + i + "@example.org"));
        }
        for (int i = 0; i < 200; i++) {
            MtaAnswer answer = get(answers.get(i)).answer();
            assertThat(word(answer)).isEqualTo(i % 3 == 0 ? "550" : "250");
            assertThat(((MtaAnswer.Replied) answer).reply().text()).contains("d" + i + "@");
        }
        client.close();
    }

    @Test
    void MAIL_goes_out_with_the_first_recipient_and_not_before() {
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        client.mail("c@b.test");
        assertThat(mta.tallies().connections().count()).isZero();
        assertThat(client.rcptCode("r@example.org")).isEqualTo("250");
        client.close();
    }

    @Test
    void a_refused_sender_is_the_answer_to_every_recipient() {
        behave(b -> b.at(LabStage.MAIL, Act.reply("553 5.1.8 sender domain does not exist")));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        CompletableFuture<RecipientAnswer> one = client.rcptLater("r@example.org");
        CompletableFuture<RecipientAnswer> two = client.rcptLater("s@example.org");
        assertThat(word(get(one).answer())).isEqualTo("553");
        assertThat(get(one).at()).isEqualTo(At.MAIL);
        assertThat(get(two)).isEqualTo(get(one));
        assertThat(client.rcpt("t@example.org")).isEqualTo(get(one));
        client.close();
    }

    @Test
    void commands_go_one_by_one_where_the_MTA_does_not_pipeline() {
        behave(b -> b.withoutKeyword("PIPELINING"));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        List<CompletableFuture<RecipientAnswer>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(client.rcptLater("r" + i + "@example.org"));
        }
        answers.forEach(answer -> assertThat(word(get(answer).answer())).isEqualTo("250"));
        assertThat(deliver(client)).hasSize(20);
        assertThat(mta.sessions()).allSatisfy(s -> assertThat(s.violations()).isEmpty());
    }

    @Test
    void an_MTA_that_knows_no_EHLO_is_spoken_to_with_HELO() {
        behave(b -> b.at(LabStage.EHLO, Act.reply("502 5.5.1 what?")));
        RelayClient client = relaying.client(1);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        client.close();
        assertThat(mta.sessions().get(0).violations()).isEmpty();
    }

    @Test
    void a_withdrawn_recipient_gets_nothing_and_the_others_get_the_message() {
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        assertThat(client.rcptCode("r1@example.org")).isEqualTo("250");
        assertThat(client.rcptCode("r2@example.org")).isEqualTo("250");
        assertThat(client.rcptCode("r3@example.org")).isEqualTo("250");
        client.withdraw("r2@example.org");
        assertThat(deliver(client)).containsExactly("r1@example.org", "r3@example.org");
        assertThat(mta.tallies().connections().count()).isEqualTo(1);
    }

    @Test
    void a_recipient_withdrawn_before_its_reply_came_gets_nothing_either() {
        behave(b -> b.pace(Duration.ofMillis(50)));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        CompletableFuture<RecipientAnswer> one = client.rcptLater("r1@example.org");
        CompletableFuture<RecipientAnswer> two = client.rcptLater("r2@example.org");
        client.withdraw("r2@example.org");
        get(one);
        get(two);
        assertThat(deliver(client)).containsExactly("r1@example.org");
    }

    @Test
    void owed_recipients_are_put_to_the_MTA_before_content() {
        RelayClient client = relaying.client(1);
        client.mail("");
        client.owe("r1@example.org");
        client.owe("r2@example.org");
        client.owe("r3@example.org");
        client.withdraw("r2@example.org");
        assertThat(mta.tallies().connections().count()).isZero();
        assertThat(deliver(client)).containsExactly("r1@example.org", "r3@example.org");
    }

    @Test
    void an_owed_recipient_that_is_not_accepted_any_more_stops_the_message_and_the_cache_can_learn() {
        behave(b -> b.mailboxes(Mailboxes.users("r1@example.org")));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        client.owe("r1@example.org");
        client.owe("gone@example.org");
        OpenAnswer answer = client.open();
        assertThat(answer.answer().kind()).isEqualTo(MtaAnswer.Kind.UNREACHABLE);
        assertThat(answer.refused()).singleElement().satisfies(refused -> {
            assertThat(refused.to().toString()).isEqualTo("<gone@example.org>");
            assertThat(word(refused.answer())).isEqualTo("550");
        });
        client.reset();
        client.mail("a@b.test");
        client.owe("gone@example.org");
        OpenAnswer alone = client.open();
        assertThat(word(alone.answer())).as("one recipient: the MTA's own word").isEqualTo("550");
        assertThat(alone.refused()).hasSize(1);
        client.close();
        assertThat(mta.tallies().ended().count()).isZero();
        assertThat(mta.tallies().messages().count()).isZero();
    }

    @Test
    void a_sender_refused_for_owed_recipients_says_nothing_about_them() {
        behave(b -> b.at(LabStage.MAIL, Act.reply("553 5.1.8 no such sender")));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        client.owe("r1@example.org");
        OpenAnswer answer = client.open();
        assertThat(word(answer.answer())).isEqualTo("553");
        assertThat(answer.refused()).isEmpty();
        client.close();
    }

    @Test
    void owed_recipients_and_no_MTA_send_nothing() {
        mta.stop();
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        client.owe("r1@example.org");
        OpenAnswer answer = client.open();
        assertThat(answer.answer().kind()).isEqualTo(MtaAnswer.Kind.UNREACHABLE);
        assertThat(answer.refused()).isEmpty();
        client.close();
    }

    @Test
    void a_client_silent_between_RCPT_and_DATA_gives_its_connection_to_others_and_gets_its_envelope_put_again() {
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        assertThat(client.rcptCode("r1@example.org")).isEqualTo("250");
        relaying.moveOn(Duration.ofSeconds(61));
        Awaitility.await().until(() -> relaying.gauge("countersign.mta.connections.idle") == 1);
        assertThat(relaying.count("countersign.mta.hold.expired")).isEqualTo(1);
        assertThat(client.rcptCode("r2@example.org")).isEqualTo("250");
        assertThat(deliver(client)).containsExactlyInAnyOrder("r1@example.org", "r2@example.org");
    }

    @Test
    void a_client_that_is_heard_from_keeps_its_connection() {
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        assertThat(client.rcptCode("r1@example.org")).isEqualTo("250");
        for (int i = 0; i < 3; i++) {
            client.on(t -> {
                relaying.moveOn(Duration.ofSeconds(59));
                t.touched();
            });
        }
        assertThat(deliver(client)).containsExactly("r1@example.org");
        assertThat(relaying.count("countersign.mta.hold.expired")).isZero();
    }

    @Test
    void BE04_RP15_a_connection_lost_between_recipients_fails_those_without_an_answer_and_puts_the_others_again() {
        behave(b ->
                b.hook(heard -> heard.stage() == LabStage.RCPT && heard.line().contains("r2") && heard.session() == 1
                        ? Optional.of(Act.reply("421 4.3.2 going down").then(Act.close()))
                        : Optional.empty()));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        CompletableFuture<RecipientAnswer> one = client.rcptLater("r1@example.org");
        CompletableFuture<RecipientAnswer> two = client.rcptLater("r2@example.org");
        CompletableFuture<RecipientAnswer> three = client.rcptLater("r3@example.org");
        assertThat(word(get(one).answer())).isEqualTo("250");
        assertThat(word(get(two).answer())).isEqualTo("LOST");
        assertThat(word(get(three).answer())).isEqualTo("LOST");
        assertThat(client.rcptCode("r4@example.org")).isEqualTo("250");
        assertThat(deliver(client)).containsExactlyInAnyOrder("r1@example.org", "r4@example.org");
        assertThat(mta.tallies().connections().count()).isEqualTo(2);
    }

    @Test
    void BE03_a_reply_that_does_not_come_in_time_is_an_answer_too() {
        behave(b -> b.at(LabStage.RCPT, Act.never()));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        CompletableFuture<RecipientAnswer> answer = client.rcptLater("r@example.org");
        Awaitility.await().until(() -> mta.tallies().recipients().count() == 1);
        assertThat(answer).isNotDone();
        assertThat(word(relaying.moveOnUntil(answer, Duration.ofSeconds(61)).answer()))
                .isEqualTo("SILENT");
        client.close();
    }

    @Test
    void RP08_two_replies_to_one_command_end_the_connection() {
        behave(b -> b.at(LabStage.RCPT, Act.octets("250 2.1.5 one\r\n250 2.1.5 two\r\n")));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        assertThat(client.rcptCode("r@example.org")).isEqualTo("250");
        mta.tallies().open().awaitAtMost(0);
        behave(b -> b);
        assertThat(client.rcptCode("s@example.org")).isEqualTo("250");
        assertThat(deliver(client)).containsExactlyInAnyOrder("r@example.org", "s@example.org");
        assertThat(mta.tallies().connections().count()).isEqualTo(2);
    }

    @Test
    void RP02_garbage_from_the_MTA_is_a_loss() {
        behave(b -> b.at(LabStage.RCPT, Act.octets("2500 what\r\n")));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        assertThat(client.rcptCode("r@example.org")).isEqualTo("LOST");
        client.close();
    }

    @Test
    void a_session_reset_while_it_waits_for_a_connection_leaves_nothing_behind() {
        behave(b -> b.at(LabStage.GREETING, Act.reply("220 slow ESMTP").after(Duration.ofMillis(150))));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        CompletableFuture<RecipientAnswer> answer = client.rcptLater("r@example.org");
        client.reset();
        Awaitility.await().until(() -> relaying.gauge("countersign.mta.connections.idle") == 1);
        assertThat(answer).isNotDone();
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        client.close();
        assertThat(mta.tallies().connections().count()).isEqualTo(1);
    }

    @Test
    void resetting_and_beginning_anew_in_one_turn_stays_on_the_connection_and_in_step() {
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        assertThat(client.rcptCode("r1@example.org")).isEqualTo("250");
        for (int i = 0; i < 20; i++) {
            CompletableFuture<RecipientAnswer> answer = new CompletableFuture<>();
            client.on(t -> {
                t.reset();
                t.mail(io.countersign.smtp.ReversePath.NULL, io.countersign.smtp.MailParameters.NONE);
                t.recipient(
                        RelayClient.path("r2@example.org"), io.countersign.smtp.RcptParameters.NONE, answer::complete);
            });
            assertThat(word(get(answer).answer())).isEqualTo("250");
        }
        assertThat(deliver(client)).containsExactly("r2@example.org");
        assertThat(mta.tallies().connections().count()).isEqualTo(1);
    }
}
