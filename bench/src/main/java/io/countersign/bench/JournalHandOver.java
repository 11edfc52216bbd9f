package io.countersign.bench;

import io.countersign.config.ChecksSettings.Action;
import io.countersign.config.JournalSettings;
import io.countersign.dns.ClientName;
import io.countersign.journal.Journal;
import io.countersign.journal.LogJournal;
import io.countersign.journal.SqliteJournal;
import io.countersign.journal.TransactionRecord;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Source;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the journal costs a message. {@code handOver} is what an event loop pays, with the journal off (the log's, which is silent at
 * this level) beside it; {@code written} is all of it, until the record is on disk: 512 records handed over and waited for.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // by open
public class JournalHandOver {
    /** Below what the writer takes at a time, so that the queue never fills up. */
    private static final int BURST = 512;

    private final Journal off = new LogJournal();
    private Path dir;
    private SqliteJournal on;
    private Counter written;
    private double before;
    private int number;
    private InetAddress client;
    private MailAddress recipient;

    @Setup(Level.Trial)
    public void open() throws IOException {
        dir = Files.createTempDirectory("journal-bench");
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        on = SqliteJournal.start(dir, new JournalSettings(Optional.of(dir), Duration.ofDays(30), 1L << 30), meters);
        written = meters.counter("countersign.journal.records");
        client = address();
        recipient = MailAddress.parse("user@example.org").orElseThrow();
    }

    private static InetAddress address() throws UnknownHostException {
        return InetAddress.getByName("192.0.2.1");
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        on.close();
        try (Stream<Path> files = Files.walk(dir)) {
            files.sorted(Comparator.reverseOrder()).forEach(JournalHandOver::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TransactionRecord next() {
        int n = ++number;
        Instant now = Instant.now();
        SmtpReply taken = SmtpReply.of("250 2.0.0 Ok: queued as 4XyZ" + n);
        return new TransactionRecord(
                "0T" + (10_000_000_000L + n),
                "0T" + (10_000_000_000L + n),
                now,
                new TransactionRecord.Client(
                        client, new ClientName(ClientName.Result.PASS, "mail.b.test", ""), "mail.b.test", "TLSv1.3"),
                new ReversePath(MailAddress.parse("sender" + n + "@b" + n % 1000 + ".test")
                        .orElseThrow()),
                List.of(new TransactionRecord.Recipient(
                        "<" + recipient.text() + ">", SmtpReply.of("250 2.1.5 Ok"), null)),
                new TransactionRecord.Sender(
                        new Verdict(Reason.ACCEPTED, Stage.RCPT, Source.CACHE, Duration.ofHours(2), now, Evidence.NONE),
                        SpfResult.PASS,
                        Action.ACCEPT,
                        "checks.sender.actions: accepted = accept"),
                taken,
                taken,
                "<message" + n + "@b.test>",
                20_000,
                new TransactionRecord.Timings(
                        new long[] {1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000}, 6_000_000),
                TransactionRecord.Outcome.ACCEPTED,
                Set.of(),
                List.of());
    }

    /** Making the record alone, to take off the others. */
    @Benchmark
    @OperationsPerInvocation(BURST)
    public int record() {
        int sum = 0;
        for (int i = 0; i < BURST; i++) {
            sum += next().id().length();
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(BURST)
    public void recordAndOff() {
        for (int i = 0; i < BURST; i++) {
            off.record(next());
        }
    }

    /** Without a wait the queue would be full in a moment: each burst is waited for, so this is the record's whole way. */
    @Benchmark
    @OperationsPerInvocation(BURST)
    public void written() {
        before = written.count();
        for (int i = 0; i < BURST; i++) {
            on.record(next());
        }
        while (written.count() < before + BURST) {
            Thread.onSpinWait();
        }
    }
}
