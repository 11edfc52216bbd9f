package io.countersign.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.countersign.config.ChecksSettings.Action;
import io.countersign.config.JournalSettings;
import io.countersign.journal.JournalReader.Found;
import io.countersign.journal.JournalReader.Query;
import io.countersign.journal.JournalReader.WouldHave;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class SqliteJournalTest {
    @TempDir
    private Path dir;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private SqliteJournal start(Path where) {
        return start(where, 5L << 30);
    }

    private SqliteJournal start(Path where, long octets) {
        return SqliteJournal.start(where, new JournalSettings(Optional.of(where), Duration.ofDays(30), octets), meters);
    }

    private double dropped(String reason) {
        return meters.counter("countersign.journal.dropped", "reason", reason).count();
    }

    private void awaitWritten(int records) {
        await().until(() -> meters.counter("countersign.journal.records").count() >= records);
    }

    private Found find(String what) {
        return find(new Query(Wanted.parse(what).orElseThrow(), Instant.EPOCH, 0, 100));
    }

    private Found find(Query query) {
        try (JournalReader reader = new SqliteReader(dir)) {
            return reader.find(query).join();
        }
    }

    private List<String> ids(Found found) {
        return found.stories().stream().map(Story::id).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0T00000000002",
                "0t00000000002",
                "(id 0T00000000002)",
                "550 5.1.7 <a@b>: Sender address rejected (id 0T00000000002)",
                "a2@b.test",
                "<A2@B.test>",
                "only@two.test",
                "two.test",
                "@two.test",
                "192.0.2.2",
                "[192.0.2.2]",
                "<m2@b.test>",
                "m2@b.test",
                "4XyZ2"
            })
    void mail_is_found_by_whatever_somebody_has_of_it(String what) {
        try (SqliteJournal journal = start(dir)) {
            journal.record(Records.accepted(1));
            journal.record(Records.record(2, "a2@b.test", "only@two.test", "192.0.2.2", "h"));
            journal.record(Records.accepted(3));
        }
        assertThat(ids(find(what))).containsExactly(Records.id(2));
    }

    @Test
    void what_is_read_is_what_was_written() {
        TransactionRecord t = Records.accepted(7);
        try (SqliteJournal journal = start(dir)) {
            journal.record(t);
        }
        Story s = find(Records.id(7)).stories().get(0);
        assertThat(s.at().toEpochMilli()).isEqualTo(t.at().toEpochMilli());
        assertThat(s.client())
                .isEqualTo(new Story.Client(
                        "192.0.2.1",
                        io.countersign.dns.ClientName.Result.PASS,
                        "mail.b.test",
                        "",
                        "mail.b.test",
                        "TLSv1.3 X"));
        assertThat(s.from()).isEqualTo("<a7@b.test>");
        assertThat(s.recipients()).containsExactly(new Story.Recipient("<r@example.org>", "250 2.1.5 Ok", null));
        assertThat(s.sender().verdict()).isNotNull().satisfies(v -> {
            assertThat(v.reason()).isEqualTo(Reason.ACCEPTED);
            assertThat(v.evidence().exchanger()).isEqualTo("mx.b.test");
            assertThat(v.evidence().reply()).isEqualTo("250 2.1.5 Ok");
        });
        assertThat(s.sender().action()).isEqualTo(Action.ACCEPT);
        assertThat(s.sender().rule()).isEqualTo("checks.sender.actions: accepted = accept");
        assertThat(s.reply()).isEqualTo("250 2.0.0 Ok: queued as 4XyZ7");
        assertThat(s.queueId()).isEqualTo("4XyZ7");
        assertThat(s.messageId()).isEqualTo("<m7@b.test>");
        assertThat(s.size()).isEqualTo(1234);
        assertThat(s.took()).isEqualTo(Duration.ofMillis(6));
        assertThat(s.timings())
                .containsEntry(TransactionRecord.Stamp.ANSWER, Duration.ofMillis(5))
                .hasSize(5);
        assertThat(s.outcome()).isEqualTo(TransactionRecord.Outcome.ACCEPTED);
    }

    @Test
    void the_newest_comes_first_and_a_limit_says_that_there_is_more() {
        try (SqliteJournal journal = start(dir)) {
            for (int i = 1; i <= 5; i++) {
                journal.record(Records.accepted(i));
            }
        }
        Found two = find(new Query(Wanted.parse("b.test").orElseThrow(), Instant.EPOCH, 0, 2));
        assertThat(ids(two)).containsExactly(Records.id(5), Records.id(4));
        assertThat(two.more()).isTrue();
        Found rest = find(new Query(null, Instant.EPOCH, two.stories().get(1).position(), 10));
        assertThat(ids(rest)).as("after the fourth").containsExactly(Records.id(5));
        assertThat(find(new Query(null, Instant.now().plusSeconds(60), 0, 10)).stories())
                .isEmpty();
    }

    @Test
    void a_reader_sees_what_is_written_while_the_journal_is_open() {
        try (SqliteJournal journal = start(dir)) {
            journal.record(Records.accepted(1));
            awaitWritten(1);
            assertThat(ids(find(Records.id(1)))).hasSize(1);
        }
    }

    @Test
    void what_comes_later_belongs_to_its_record_and_the_dialogue_is_kept() {
        Instant at = Instant.now();
        try (SqliteJournal journal = start(dir)) {
            journal.record(Records.wouldHave(1, "a@b.test"));
            journal.late(new LateJudgement(
                    Records.id(1),
                    at,
                    Records.path("a@b.test"),
                    Records.verdict(Reason.NO_SUCH_MAILBOX, at),
                    Action.REJECT,
                    "the rule"));
            journal.callout(Records.address("a@b.test"), Records.verdict(Reason.NO_SUCH_MAILBOX, at));
            journal.callout(Records.address("other@b.test"), Records.verdict(Reason.ACCEPTED, at));
        }
        Story story = find(Records.id(1)).stories().get(0);
        assertThat(story.late()).singleElement().satisfies(l -> {
            assertThat(l.wouldHaveRefused()).isTrue();
            assertThat(l.rule()).isEqualTo("the rule");
            assertThat(l.verdict()).isNotNull();
        });
        try (JournalReader reader = new SqliteReader(dir)) {
            assertThat(reader.callouts(story).join()).singleElement().satisfies(c -> {
                assertThat(c.address()).isEqualTo("a@b.test");
                assertThat(c.verdict().evidence().dialogue()).containsExactly("> MAIL FROM:<>", "< 250 Ok");
            });
        }
    }

    @Test
    void would_have_been_refused_is_grouped_and_says_who_proved_good() {
        Instant at = Instant.now();
        try (SqliteJournal journal = start(dir)) {
            journal.record(Records.wouldHave(1, "good@b.test", "rule"));
            journal.record(Records.wouldHave(2, "good@b.test", "rule"));
            journal.record(Records.wouldHave(3, "bad@b.test", "rule"));
            journal.record(Records.wouldHave(4, "x@c.test", "rule"));
            journal.late(new LateJudgement(Records.id(4), at, Records.path("x@c.test"), null, Action.DEFER, "another"));
            journal.callout(Records.address("good@b.test"), Records.verdict(Reason.ACCEPTED, at));
        }
        try (JournalReader reader = new SqliteReader(dir)) {
            List<WouldHave> groups = reader.wouldHaveRefused(Instant.EPOCH).join();
            assertThat(groups).extracting(WouldHave::domain).containsExactly("b.test", "c.test", "c.test");
            WouldHave b = groups.get(0);
            assertThat(b.messages()).isEqualTo(3);
            assertThat(b.senders()).isEqualTo(2);
            assertThat(b.provedGood()).isEqualTo(1);
            assertThat(b.example()).isEqualTo(Records.id(3));
            assertThat(groups).extracting(WouldHave::rule).contains("another");
        }
    }

    @Test
    void IN05_IN08_texts_of_strangers_are_only_texts() {
        String evil = "'); DROP TABLE mail; --\r\n\u001b[2J\t\"x\u202e";
        TransactionRecord t = Records.record(1, "\"a';drop\"@b.test", "r@example.org", "192.0.2.1", evil);
        TransactionRecord with = new TransactionRecord(
                t.id(),
                t.sessionId(),
                t.at(),
                t.client(),
                t.from(),
                List.of(new TransactionRecord.Recipient("<r@example.org>", SmtpReply.of(550, evil), evil)),
                t.sender(),
                t.reply(),
                t.mtaReply(),
                evil,
                t.size(),
                t.timings(),
                t.outcome(),
                t.notes(),
                List.of(evil));
        try (SqliteJournal journal = start(dir)) {
            journal.record(with);
            journal.record(Records.accepted(2));
        }
        Story story = find("\"a';drop\"@b.test").stories().get(0);
        assertThat(story.client().helo()).isEqualTo("'); DROP TABLE mail; --???[2J?\"x?");
        assertThat(story.recipients()).hasSize(1);
        assertThat(story.wouldHave()).hasSize(1);
        assertThat(story.toString()).doesNotContainPattern("[\\p{Cntrl}\u202e]");
        assertThat(ids(find("'); DROP TABLE mail; --@x"))).isEmpty();
        assertThat(ids(find(Records.id(2)))).hasSize(1);
    }

    @Test
    void a_journal_that_cannot_be_written_drops_and_counts_and_holds_nobody_up() throws IOException {
        Path file = Files.createFile(dir.resolve("in-the-way"));
        int sent = SqliteJournal.QUEUE + 5000;
        try (SqliteJournal journal = start(file.resolve("journal"))) {
            TransactionRecord record = Records.accepted(1);
            long begun = System.nanoTime();
            for (int i = 0; i < sent; i++) {
                journal.record(record);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
            assertThat(dropped("queue"))
                    .as("no more wait than the queue and one batch hold")
                    .isBetween(5000.0 - SqliteJournal.BATCH, 5000.0);
            await().until(() ->
                    meters.get("countersign.journal.failing").gauge().value() == 1);
        }
        assertThat(dropped("queue") + dropped("broken"))
                .as("each lost record is counted")
                .isEqualTo(sent);
    }

    @Test
    void handing_over_blocks_no_event_loop() {
        try (SqliteJournal journal = start(dir)) {
            Mono.fromRunnable(() -> {
                        for (int i = 0; i < 1000; i++) {
                            journal.record(Records.accepted(i));
                        }
                    })
                    .subscribeOn(Schedulers.parallel())
                    .block();
            awaitWritten(1000);
        }
    }

    @Test
    void after_a_restart_the_journal_goes_on_in_the_same_file() throws IOException {
        for (int i = 1; i <= 3; i++) {
            try (SqliteJournal journal = start(dir)) {
                journal.record(Records.accepted(i));
            }
        }
        assertThat(ids(find("b.test"))).containsExactly(Records.id(3), Records.id(2), Records.id(1));
        assertThat(new Folder(dir).files()).hasSize(1);
    }

    @Test
    void a_damaged_file_is_put_aside_and_a_new_one_begun() throws IOException {
        try (SqliteJournal journal = start(dir)) {
            journal.record(Records.accepted(1));
        }
        Path file = new Folder(dir).files().get(0).path();
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.write(new byte[4096]);
        }
        try (SqliteJournal journal = start(dir)) {
            journal.record(Records.accepted(2));
            awaitWritten(2);
        }
        assertThat(ids(find("b.test"))).containsExactly(Records.id(2));
        assertThat(dir.resolve(file.getFileName() + ".broken")).exists();
        assertThat(dropped("broken")).isZero();
    }

    @Test
    void a_file_that_is_damaged_while_it_is_written_costs_only_itself() throws IOException {
        try (SqliteJournal journal = start(dir)) {
            journal.record(Records.accepted(1));
            awaitWritten(1);
            Path file = new Folder(dir).files().get(0).path();
            for (String name : List.of(file.toString(), file + "-wal")) {
                try (RandomAccessFile raw = new RandomAccessFile(name, "rw")) {
                    raw.setLength(100);
                }
            }
            for (int i = 2; i <= 4000; i++) {
                journal.record(Records.accepted(i));
            }
            await().until(() -> find(Records.id(4000)).stories().size() == 1);
        }
    }

    @Test
    void the_journal_stays_within_its_size_and_the_oldest_goes_first() throws IOException {
        long most = 64L << 20;
        int records = 60_000;
        try (SqliteJournal journal = start(dir, most)) {
            for (int i = 1; i <= records; i++) {
                while (meters.get("countersign.journal.queue").gauge().value() > SqliteJournal.QUEUE / 2.0) {
                    Thread.onSpinWait();
                }
                journal.record(Records.accepted(i));
            }
            awaitWritten(records);
        }
        assertThat(dropped("queue")).isZero();
        Folder folder = new Folder(dir);
        assertThat(folder.files().size()).isGreaterThan(2);
        assertThat(folder.octets()).isLessThan(most);
        assertThat(ids(find(Records.id(records)))).hasSize(1);

        long half = folder.octets() / 2;
        assertThat(folder.prune(Duration.ofDays(1), half, Instant.now())).isPositive();
        assertThat(folder.octets()).isLessThanOrEqualTo(half);
        assertThat(ids(find(Records.id(1)))).as("the oldest").isEmpty();
        assertThat(ids(find(Records.id(records)))).as("the newest").hasSize(1);

        folder.prune(Duration.ofDays(1), most, Instant.now().plus(Duration.ofDays(3)));
        assertThat(folder.files()).as("all but the newest are older than a day").hasSize(1);
    }

    @Test
    void a_flood_of_refused_sessions_is_sampled_and_mail_is_not() {
        try (SqliteJournal journal = start(dir)) {
            for (int i = 1; i <= 2000; i++) {
                journal.record(Records.refusedSession(i));
            }
            journal.record(Records.accepted(3000));
        }
        assertThat(dropped("sampled")).isGreaterThan(1000);
        assertThat(ids(find(Records.id(3000)))).hasSize(1);
        assertThat(find(new Query(null, Instant.EPOCH, 0, 1000)).stories())
                .hasSizeLessThan(10 * SqliteJournal.SESSIONS_A_SECOND);
    }

    @Test
    void two_gateways_do_not_write_one_journal_and_the_second_goes_on_when_the_first_has_ended() {
        SqliteJournal first = start(dir);
        first.record(Records.accepted(1));
        awaitWritten(1);
        try (SqliteJournal second = start(dir)) {
            second.record(Records.accepted(2));
            await().until(() ->
                    meters.find("countersign.journal.queue").gauges().size() > 0);
            first.close();
            awaitWritten(2);
        }
        assertThat(ids(find("b.test"))).containsExactly(Records.id(2), Records.id(1));
    }

    @Test
    void a_thousand_recipients_are_all_found() {
        List<TransactionRecord.Recipient> many = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            many.add(new TransactionRecord.Recipient("<r" + i + "@example.org>", SmtpReply.of("250 2.1.5 Ok"), null));
        }
        TransactionRecord t = Records.accepted(1);
        try (SqliteJournal journal = start(dir)) {
            journal.record(new TransactionRecord(
                    t.id(),
                    t.sessionId(),
                    t.at(),
                    t.client(),
                    t.from(),
                    many,
                    t.sender(),
                    t.reply(),
                    t.mtaReply(),
                    t.messageId(),
                    t.size(),
                    t.timings(),
                    t.outcome(),
                    t.notes(),
                    t.wouldHave()));
        }
        assertThat(ids(find("r999@example.org"))).hasSize(1);
        assertThat(find("r0@example.org").stories().get(0).recipients()).hasSize(1000);
    }
}
