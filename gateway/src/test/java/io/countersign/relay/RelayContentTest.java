package io.countersign.relay;

import static io.countersign.relay.RelayClient.get;
import static io.countersign.relay.RelayClient.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.lab.Act;
import io.countersign.lab.Behaviour;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabStage;
import io.countersign.lab.MtaBehaviour;
import io.countersign.relay.MtaAnswer.Fate;
import io.countersign.relay.MtaTransaction.ChunkKind;
import io.countersign.relay.MtaTransaction.Transfer;
import io.countersign.smtp.BodyType;
import io.countersign.smtp.MailParameters;
import io.netty.util.LeakPresenceDetector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Content on its way: whole and answered by the MTA, or cut without an end. */
class RelayContentTest {
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

    private RelayClient inContent() {
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        assertThat(client.rcptCode("r@example.org")).isEqualTo("250");
        assertThat(word(client.open().answer())).isEqualTo("354");
        return client;
    }

    private RelayClient inChunks() {
        RelayClient client = relaying.client(1);
        client.mail("a@b.test");
        assertThat(client.rcptCode("r@example.org")).isEqualTo("250");
        assertThat(word(get(client.openLater(Transfer.BDAT)).answer())).isEqualTo("354");
        return client;
    }

    @Test
    void O4_content_arrives_as_it_was_given_and_ends_once() {
        RelayClient client = relaying.client(1);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        client.close();
        assertThat(mta.tallies().ended().count()).isEqualTo(1);
        assertThat(mta.messages().get(0).content().faults()).isEmpty();
        assertThat(mta.messages().get(0).envelope().to()).containsExactly("r@example.org");
    }

    @Test
    void the_reply_to_the_message_is_the_MTAs_whatever_it_is_BE08() {
        behave(b -> b.at(LabStage.END_OF_DATA, Act.reply("550 5.7.1 looks like spam")));
        RelayClient client = relaying.client(1);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("550");
        behave(b -> b.at(LabStage.END_OF_DATA, Act.reply("452 4.3.1 disk full")));
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("452");
        client.close();
        assertThat(mta.tallies().connections().count()).isEqualTo(1);
    }

    @Test
    void BE06_an_MTA_that_dies_between_dot_and_reply_makes_no_250_but_a_possible_duplicate() {
        behave(b -> b.at(LabStage.END_OF_DATA, Act.close()));
        RelayClient client = inContent();
        client.content(RelayClient.MESSAGE);
        MtaAnswer answer = client.end();
        assertThat(answer.kind()).isEqualTo(MtaAnswer.Kind.LOST);
        assertThat(answer.fateOfMessage()).isEqualTo(Fate.UNKNOWN);
        assertThat(client.interrupted).isNotDone();
        client.close();
    }

    @Test
    void BE06_BE07_an_MTA_silent_for_too_long_is_a_possible_duplicate_and_its_late_250_is_noticed() {
        behave(b -> b.at(
                LabStage.END_OF_DATA, Act.reply("250 2.0.0 Ok: queued as LATE").after(Duration.ofMillis(600))));
        RelayClient client = inContent();
        client.content(RelayClient.MESSAGE);
        CompletableFuture<MtaAnswer> answer = client.endLater();
        mta.tallies().ended().awaitAtLeast(1);
        relaying.moveOn(Duration.ofMinutes(10));
        assertThat(get(answer).kind()).isEqualTo(MtaAnswer.Kind.SILENT);
        assertThat(get(answer).fateOfMessage()).isEqualTo(Fate.UNKNOWN);
        client.close();
        Awaitility.await().until(() -> relaying.count("countersign.mta.late.replies") == 1);
        mta.tallies().open().awaitAtMost(0);
    }

    @Test
    void a_reply_that_is_late_in_the_next_envelope_is_a_silence_and_no_late_250() {
        RelayClient client = relaying.client(1);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        behave(b -> b.at(LabStage.RCPT, Act.reply("250 2.1.5 Ok").after(Duration.ofSeconds(3))));
        client.mail("a@b.test");
        CompletableFuture<MtaTransaction.RecipientAnswer> answer = client.rcptLater("r@example.org");
        mta.tallies().recipients().awaitAtLeast(2);
        assertThat(word(relaying.moveOnUntil(answer, Duration.ofSeconds(61)).answer()))
                .isEqualTo("SILENT");
        client.close();
        mta.tallies().open().awaitAtMost(0);
        assertThat(relaying.count("countersign.mta.late.replies")).isZero();
    }

    @Test
    void BE05_an_MTA_that_dies_in_mid_body_interrupts_the_session() {
        mta.behaviour(MtaBehaviour.proper().duringContent(1_000, Act.reset()));
        RelayClient client = inContent();
        client.content("x".repeat(998) + "\r\n");
        MtaAnswer why = get(client.interrupted);
        assertThat(why.kind()).isEqualTo(MtaAnswer.Kind.LOST);
        assertThat(why.fateOfMessage()).isEqualTo(Fate.NOT_TAKEN);
        client.content("more, which is thrown away\r\n");
        assertThat(client.end()).isEqualTo(why);
        client.close();
        mta.tallies().cut().awaitAtLeast(1);
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void BE17_a_refusal_in_mid_body_is_passed_on_and_nothing_more_is_sent() {
        mta.behaviour(MtaBehaviour.proper().duringContent(1_000, Act.reply("552 5.3.4 too big")));
        RelayClient client = inContent();
        client.content("x".repeat(998) + "\r\n");
        assertThat(word(get(client.interrupted))).isEqualTo("552");
        client.content("more\r\n");
        assertThat(word(client.end())).isEqualTo("552");
        client.reset();
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().ended().count()).isZero();
        mta.behaviour(MtaBehaviour.proper());
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        client.close();
    }

    @Test
    void O2_a_250_before_the_end_of_content_is_never_believed() {
        mta.behaviour(MtaBehaviour.proper().duringContent(1_000, Act.reply("250 2.0.0 Ok")));
        RelayClient client = inContent();
        client.content("x".repeat(998) + "\r\n");
        assertThat(get(client.interrupted).kind()).isEqualTo(MtaAnswer.Kind.LOST);
        client.close();
        mta.tallies().cut().awaitAtLeast(1);
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void PA39_a_client_that_leaves_in_mid_body_leaves_no_message_behind() {
        RelayClient client = inContent();
        client.content("Subject: half a message\r\n\r\nand then");
        client.close();
        mta.tallies().cut().awaitAtLeast(1);
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void PA13_after_a_reset_in_mid_body_the_connection_is_cut_and_not_spoken_on() {
        RelayClient client = inContent();
        client.content("Subject: half\r\n\r\n.");
        client.reset();
        mta.tallies().cut().awaitAtLeast(1);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        client.close();
        assertThat(mta.tallies().connections().count()).isEqualTo(2);
        assertThat(mta.tallies().ended().count()).isEqualTo(1);
    }

    @Test
    void O1_content_that_was_not_flushed_yet_is_cut_too() {
        RelayClient client = inContent();
        // All in one turn of the loop: what was handed over last never left.
        client.on(t -> {
            t.content(client.buffer("Subject: x\r\n\r\nbody\r\n"));
            t.close();
        });
        mta.tallies().cut().awaitAtLeast(1);
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void a_client_that_leaves_after_its_final_dot_does_not_stop_the_message() {
        behave(b -> b.at(LabStage.END_OF_DATA, Act.reply("250 2.0.0 Ok").after(Duration.ofMillis(100))));
        RelayClient client = inContent();
        client.content(RelayClient.MESSAGE);
        CompletableFuture<MtaAnswer> answer = client.endLater();
        client.close();
        assertThat(word(get(answer))).isEqualTo("250");
        assertThat(mta.tallies().messages().count()).isEqualTo(1);
    }

    @Test
    void content_without_its_last_line_end_is_never_ended() {
        RelayClient client = inContent();
        client.content("Subject: x\r\n\r\nno line end");
        assertThatThrownBy(client::endLater).isInstanceOf(IllegalStateException.class);
        client.close();
        mta.tallies().cut().awaitAtLeast(1);
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void RP09_a_2xx_to_DATA_is_no_go_ahead() {
        behave(b -> b.at(LabStage.DATA, Act.reply("250 2.0.0 yes?")));
        RelayClient client = relaying.client(1);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("LOST");
        client.close();
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void DATA_refused_by_the_MTA_is_passed_on_and_the_connection_lives() {
        behave(b -> b.at(LabStage.DATA, Act.reply("451 4.3.0 milter away")));
        RelayClient client = relaying.client(1);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("451");
        client.reset();
        behave(b -> b);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        client.close();
        assertThat(mta.tallies().connections().count()).isEqualTo(1);
    }

    @Test
    void BE16_BE23_a_slow_MTA_makes_the_session_wait_and_memory_stays_flat() {
        mta.pauseReading();
        mta.resumeReading();
        RelayClient client = inContent();
        AtomicInteger resumed = new AtomicInteger();
        client.on(t -> t.onWritable(resumed::incrementAndGet));
        mta.pauseReading();
        String block = ("y".repeat(998) + "\r\n").repeat(64);
        long sent = 0;
        boolean full = false;
        for (int i = 0; i < 2_000 && !full; i++) {
            client.content(block);
            sent += block.length();
            boolean[] writable = new boolean[1];
            client.on(t -> writable[0] = t.isWritable());
            full = !writable[0];
        }
        assertThat(full).as("unwritable after %d octets", sent).isTrue();
        assertThat(resumed).hasValue(0);
        mta.resumeReading();
        Awaitility.await().untilAsserted(() -> assertThat(resumed).hasValueGreaterThan(0));
        assertThat(word(client.end())).isEqualTo("250");
        client.close();
        assertThat(mta.messages().get(0).content().size()).isEqualTo(sent);
    }

    @Test
    void BE16_an_MTA_that_stops_reading_for_good_is_given_up() {
        RelayClient client = inContent();
        mta.pauseReading();
        String block = ("y".repeat(998) + "\r\n").repeat(64);
        boolean[] writable = {true};
        for (int i = 0; i < 2_000 && writable[0]; i++) {
            client.content(block);
            client.on(t -> writable[0] = t.isWritable());
        }
        relaying.moveOn(Duration.ofSeconds(61));
        MtaAnswer why = get(client.interrupted);
        assertThat(why.kind()).isEqualTo(MtaAnswer.Kind.SILENT);
        assertThat(why.fateOfMessage()).isEqualTo(Fate.NOT_TAKEN);
        client.close();
        mta.resumeReading();
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void chunks_are_answered_one_by_one_and_the_last_one_is_the_message() {
        RelayClient client = inChunks();
        assertThat(word(get(client.chunk("Subject: x\r\n\r\n", ChunkKind.MORE))))
                .isEqualTo("250");
        CompletableFuture<MtaAnswer> second = client.chunk("two\r\n", ChunkKind.MORE);
        CompletableFuture<MtaAnswer> third = client.chunk("three\r\n", ChunkKind.LAST);
        assertThat(word(get(second))).isEqualTo("250");
        assertThat(word(get(third))).isEqualTo("250");
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        client.close();
        assertThat(mta.tallies().messages().count()).isEqualTo(2);
        assertThat(mta.messages().get(0).content().size()).isEqualTo(14 + 5 + 7);
    }

    @Test
    void an_empty_last_chunk_ends_the_message() {
        RelayClient client = inChunks();
        assertThat(word(get(client.chunk("Subject: x\r\n\r\n", ChunkKind.MORE))))
                .isEqualTo("250");
        assertThat(word(get(client.chunk("", ChunkKind.LAST)))).isEqualTo("250");
        client.close();
        assertThat(mta.tallies().messages().count()).isEqualTo(1);
    }

    @Test
    void chunks_go_one_after_the_other_where_the_MTA_does_not_pipeline() {
        behave(b -> b.withoutKeyword("PIPELINING"));
        RelayClient client = inChunks();
        List<CompletableFuture<MtaAnswer>> answers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            answers.add(client.chunk("line " + i + "\r\n", i == 4 ? ChunkKind.LAST : ChunkKind.MORE));
        }
        answers.forEach(answer -> assertThat(word(get(answer))).isEqualTo("250"));
        client.close();
        assertThat(mta.messages().get(0).content().size()).isEqualTo(40);
        assertThat(mta.sessions().get(0).violations()).isEmpty();
    }

    @Test
    void O1_a_chunk_broken_off_never_becomes_a_message() {
        RelayClient client = inChunks();
        CompletableFuture<MtaAnswer> answer = new CompletableFuture<>();
        client.on(t -> {
            t.chunk(1_000, ChunkKind.LAST, answer::complete);
            t.content(client.buffer("only this much"));
        });
        client.reset();
        mta.tallies().cut().awaitAtLeast(1);
        assertThat(mta.tallies().ended().count()).isZero();
        assertThat(answer).isNotDone();
        client.close();
    }

    @Test
    void more_octets_than_a_chunk_announced_never_reach_the_MTA_as_commands() {
        RelayClient client = inChunks();
        assertThatThrownBy(() -> client.on(t -> {
                    t.chunk(2, ChunkKind.MORE, answer -> {});
                    t.content(client.buffer("DATA\r\n"));
                }))
                .isInstanceOf(IllegalStateException.class);
        client.close();
        mta.tallies().open().awaitAtMost(0);
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void a_refused_chunk_is_passed_on() {
        behave(b -> b.at(LabStage.BDAT, Act.reply("452 4.3.1 no room")));
        RelayClient client = inChunks();
        assertThat(word(get(client.chunk("Subject: x\r\n\r\n", ChunkKind.MORE))))
                .isEqualTo("452");
        client.reset();
        behave(b -> b);
        assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
        client.close();
    }

    @Test
    void BE12_what_a_client_was_offered_and_the_MTA_lacks_now_fails_the_transaction_and_is_withheld() {
        behave(b -> b);
        relaying.mta.start();
        Awaitility.await().until(() -> !relaying.saved.isEmpty());
        behave(b -> b.withoutKeyword("CHUNKING").withoutKeyword("8BITMIME"));
        mta.dropConnections();
        RelayClient client = relaying.client(1);
        client.mail("a@b.test", new MailParameters(-1, BodyType.EIGHT_BIT_MIME, false, null, null));
        assertThat(client.rcptCode("r@example.org")).isEqualTo("LOST");
        client.mail("a@b.test");
        assertThat(client.rcptCode("r@example.org")).isEqualTo("250");
        assertThat(word(get(client.openLater(Transfer.BDAT)).answer())).isEqualTo("LOST");
        client.reset();
        assertThat(relaying.mta.capabilities().orElseThrow().has("8BITMIME")).isFalse();
        client.close();
        assertThat(mta.tallies().ended().count()).isZero();
    }

    @Test
    void size_is_passed_on_where_the_MTA_knows_it_and_left_out_where_it_does_not_BE10() {
        behave(b -> b.withoutKeyword("SIZE").withoutKeyword("8BITMIME"));
        RelayClient client = relaying.client(1);
        client.mail("a@b.test", new MailParameters(1234, BodyType.SEVEN_BIT, false, null, null));
        assertThat(client.rcptCode("r@example.org")).isEqualTo("250");
        client.close();
        behave(b -> b);
        RelayClient other = relaying.client(2);
        mta.dropConnections();
        other.mail("a@b.test", new MailParameters(1234, BodyType.SEVEN_BIT, false, null, null));
        assertThat(other.rcptCode("r@example.org")).isEqualTo("250");
        other.close();
        List<String> mails = mta.sessions().stream()
                .flatMap(s -> s.heard().stream())
                .filter(line -> line.startsWith("MAIL"))
                .toList();
        assertThat(mails).containsExactly("MAIL FROM:<a@b.test>", "MAIL FROM:<a@b.test> SIZE=1234 BODY=7BIT");
    }
}
