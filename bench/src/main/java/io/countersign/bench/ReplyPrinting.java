package io.countersign.bench;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.ReplyPrinter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One reply to its text, beside the same by {@code String.format} and by concatenation. The alternatives know one line only. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ReplyPrinting {
    private static final SmtpReply SHORT = SmtpReply.of(250, EnhancedStatus.of(2, 1, 5), "Ok");
    private static final SmtpReply REFUSAL = SmtpReply.of(
            550,
            EnhancedStatus.of(5, 1, 7),
            "<alice@example.org>: Sender address rejected: undeliverable address: 550 5.1.1 no such user (id 4RtY-0-1)");
    private static final SmtpReply EHLO = new SmtpReply(
            250,
            null,
            List.of(
                    "mx.example.com",
                    "PIPELINING",
                    "SIZE 52428800",
                    "STARTTLS",
                    "ENHANCEDSTATUSCODES",
                    "8BITMIME",
                    "DSN",
                    "SMTPUTF8",
                    "CHUNKING"));

    @Benchmark
    public String shortReply() {
        return ReplyPrinter.print(SHORT);
    }

    @Benchmark
    public String refusal() {
        return ReplyPrinter.print(REFUSAL);
    }

    @Benchmark
    public String ehlo() {
        return ReplyPrinter.print(EHLO);
    }

    @Benchmark
    public String refusalByFormat() {
        return String.format(
                Locale.ROOT,
                "%d %s %s\r\n",
                REFUSAL.code(),
                REFUSAL.enhanced(),
                REFUSAL.lines().get(0));
    }

    @Benchmark
    public String refusalByConcatenation() {
        return REFUSAL.code() + " " + REFUSAL.enhanced() + " " + REFUSAL.lines().get(0) + "\r\n";
    }
}
