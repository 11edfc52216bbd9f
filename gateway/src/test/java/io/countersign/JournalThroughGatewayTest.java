package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.countersign.journal.JournalReader;
import io.countersign.journal.JournalReader.Query;
import io.countersign.journal.SqliteReader;
import io.countersign.journal.Story;
import io.countersign.journal.TransactionRecord.Note;
import io.countersign.journal.TransactionRecord.Outcome;
import io.countersign.journal.TransactionRecord.Stamp;
import io.countersign.journal.Wanted;
import io.countersign.lab.Content.Recording;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.countersign.verdict.Reason;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a postmaster can find out afterwards, by the journal and by the command. */
class JournalThroughGatewayTest {
    @TempDir
    private Path dir;

    private GatewayStage stage;

    @BeforeEach
    void aSmallInternet() {
        stage = new GatewayStage(MtaBehaviour.proper()
                .recording(Recording.BODIES)
                .mailboxes(Mailboxes.users("r@example.org", "postmaster@example.org")));
        stage.lab.domain("b.test", Exchangers.wellBehaved("alice@b.test"));
    }

    @AfterEach
    void end() {
        stage.close();
    }

    private LabClient client(String more) throws IOException {
        return stage.start("journal.dir = \"" + dir + "\"\n" + more).client();
    }

    private List<Story> find(String what) {
        try (JournalReader reader = new SqliteReader(dir)) {
            return reader.find(new Query(Wanted.parse(what).orElseThrow(), Instant.EPOCH, 0, 10))
                    .join()
                    .stories();
        }
    }

    private Story awaitOne(String what) {
        return await().until(() -> find(what), found -> found.size() == 1).get(0);
    }

    private record Said(int exit, String out, String err) {}

    private Said trace(String... arguments) throws IOException {
        Path file = Files.writeString(
                Files.createTempFile(dir.getParent(), "countersign", ".conf"),
                stage.configuration("journal.dir = \"" + dir + "\""));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line =
                Countersign.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        String[] all = new String[arguments.length + 3];
        all[0] = "trace";
        all[1] = "-c";
        all[2] = file.toString();
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        int exit = line.execute(all);
        Files.delete(file);
        return new Said(exit, out.toString(), err.toString());
    }

    @Test
    void a_refusal_is_found_by_the_id_in_the_bounce_with_the_dialogue_as_it_was_spoken() throws IOException {
        String bounce;
        try (LabClient client = client("checks.sender.mode = enforce\n")) {
            client.command("MAIL FROM:<nobody@b.test>", 250);
            bounce = client.command("RCPT TO:<r@example.org>", 550).text();
        }
        Story story = awaitOne(bounce);
        assertThat(story.outcome()).isEqualTo(Outcome.REJECTED);
        assertThat(story.from()).isEqualTo("<nobody@b.test>");
        assertThat(Objects.requireNonNull(story.sender().verdict()).reason()).isEqualTo(Reason.NO_SUCH_MAILBOX);
        assertThat(story.client().address()).isEqualTo("127.9.0.1");
        assertThat(story.client().helo()).isEqualTo("client.test");
        assertThat(story.timings()).containsKeys(Stamp.RECIPIENT, Stamp.SENDER);
        assertThat(story.recipients().get(0).rule()).contains("no-such-mailbox = reject");

        Said said = trace(bounce, "--dialogue");
        assertThat(said.exit()).as(said.err()).isZero();
        assertThat(said.out())
                .contains("REJECTED  " + story.id(), "on the side of: the sender's domain")
                .contains("mx.b.test", "no such mailbox")
                .contains("RCPT TO:<nobody@b.test>");
        assertThat(trace("--json", "--dialogue", story.id()).out())
                .contains("\"id\":\"" + story.id() + "\"", "\"reason\":\"no-such-mailbox\"", "\"dialogue\":[\"* ")
                .hasLineCount(1);
    }

    @Test
    void an_accepted_message_is_found_by_its_message_id_and_by_the_mtas_queue_id() throws IOException {
        try (LabClient client = client("checks.sender.mode = enforce\n")) {
            assertThat(client.deliver(
                                    "alice@b.test",
                                    "r@example.org",
                                    "Subject: x\r\nMessage-ID:\r\n <one@b.test>\r\n\r\nHello\r\n")
                            .code())
                    .isEqualTo(250);
        }
        Story story = awaitOne("<one@b.test>");
        assertThat(story.outcome()).isEqualTo(Outcome.ACCEPTED);
        assertThat(story.size()).isPositive();
        assertThat(find(Objects.requireNonNull(story.queueId()))).hasSize(1);
        assertThat(story.timings()).containsKeys(Stamp.values());
        assertThat(trace("r@example.org").out())
                .contains("The MTA took the message as " + story.queueId(), "<one@b.test>");
    }

    @Test
    void what_enforcing_would_have_done_is_there_also_when_the_verdict_came_after_the_message() throws IOException {
        try (LabClient client = client("checks.sender.mode = monitor\n")) {
            assertThat(client.deliver("nobody@b.test", "r@example.org", "Subject: x\r\n\r\n")
                            .code())
                    .isEqualTo(250);
        }
        Story story = await().until(
                        () -> find("nobody@b.test"),
                        f -> f.size() == 1 && f.get(0).wouldHaveBeenRefused())
                .get(0);
        assertThat(story.outcome()).isIn(Outcome.ACCEPTED, Outcome.TAGGED);
        assertThat(trace("nobody@b.test").out()).contains("enforcing would have refused it");
        try (JournalReader reader = new SqliteReader(dir)) {
            assertThat(reader.wouldHaveRefused(Instant.EPOCH).join())
                    .anySatisfy(w -> assertThat(w.domain()).isEqualTo("b.test"));
        }
        assertThat(trace("--would-have-refused").out())
                .contains("enforcing would have refused", story.id(), "b.test", "no-such-mailbox = reject");
        assertThat(trace("--would-have-refused", "--json", "--since", "1h").out())
                .contains("\"domain\":\"b.test\"", "\"example\":\"" + story.id() + "\"");
        assertThat(trace("--would-have-refused", "b.test").exit()).isEqualTo(64);
    }

    @Test
    void the_id_in_a_refusal_without_a_transaction_is_found_too() throws IOException {
        String refusal;
        try (LabClient client = client("")) {
            refusal = client.command("MAIL FROM:<alice@b.test> SIZE=999999999999", 552)
                    .text();
        }
        Story story = awaitOne(refusal);
        assertThat(story.notes()).contains(Note.NO_TRANSACTION);
        assertThat(story.from()).isEmpty();
        assertThat(trace("127.9.0.1").out()).contains("before there was a message");
    }

    @Test
    void another_servers_callout_is_told_as_one() throws IOException {
        try (LabClient client = client("")) {
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
        }
        assertThat(awaitOne("r@example.org").notes()).contains(Note.PROBE);
        assertThat(trace("r@example.org").out()).contains("a callout. There was no message.");
    }

    @Test
    void trace_says_plainly_that_there_is_nothing_and_what_it_looked_for() throws IOException {
        try (LabClient client = client("")) {
            client.deliver("alice@b.test", "r@example.org", "Subject: x\r\n\r\n");
        }
        awaitOne("alice@b.test");
        Said said = trace("stranger@nowhere.test", "--since", "2d");
        assertThat(said.exit()).isEqualTo(1);
        assertThat(said.out()).isEmpty();
        assertThat(said.err())
                .contains("Nothing found", "stranger@nowhere.test as address", "The journal goes back to");
        assertThat(trace("--limit", "0").exit()).isEqualTo(64);
        assertThat(trace("--since", "yesterday").exit()).isEqualTo(64);
        assertThat(trace("a b c d").exit()).isEqualTo(64);
    }
}
