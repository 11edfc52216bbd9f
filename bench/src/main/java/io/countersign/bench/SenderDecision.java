package io.countersign.bench;

import io.countersign.config.ChecksSettings;
import io.countersign.decision.Decision;
import io.countersign.decision.SenderRules;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.CommandParser;
import io.countersign.smtp.syntax.ReplyPrinter;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Proof;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Remembered;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.countersign.verdict.VerdictCache;
import java.nio.charset.StandardCharsets;
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
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From a verdict to what the client is told; {@link #rcptFromMemory} is the whole way of a RCPT whose sender is known, without the
 * channel: parsed, looked up, decided, printed. {@link #rejectByFormat} is the same refusal by {@code String.format}, without
 * rules, and without making the peer's text harmless.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SenderDecision {
    private static final String ID = "4RtY6-0-1";
    private static final byte[] RCPT = "RCPT TO:<white.rabbit@example.com>".getBytes(StandardCharsets.US_ASCII);
    private static final SmtpReply OK = SmtpReply.of(250, EnhancedStatus.of(2, 1, 5), "Ok");

    private final ChecksSettings.Sender rules = Samples.settings().checks().sender();
    private final VerdictCache cache = new VerdictCache(Samples.settings().cache());
    private final MailAddress sender = Samples.address("alice.liddell@wonderland.example.org");
    private final Evidence evidence = new Evidence(
            "mx.wonderland.example.org", "192.0.2.25", "550 5.1.1 <alice.liddell>: no such user here", "", List.of());
    private final Verdict accepted = Verdict.asked(Reason.ACCEPTED, Stage.RCPT, Evidence.NONE);
    private final Verdict unknown = Verdict.asked(Reason.NO_SUCH_MAILBOX, Stage.RCPT, evidence);
    private final Verdict silent = Verdict.asked(Reason.NO_ANSWER, Stage.GREETING, evidence);

    @Setup
    public void learn() {
        cache.learn(sender, accepted);
    }

    private Decision decide(Verdict verdict) {
        return SenderRules.decide(sender, verdict, Proof.SUFFICIENT, rules, SenderRules.Deferral.ALLOWED, ID);
    }

    @Benchmark
    public Decision accept() {
        return decide(accepted);
    }

    @Benchmark
    public Decision undetermined() {
        return decide(silent);
    }

    @Benchmark
    public String reject() {
        SmtpReply reply = decide(unknown).reply();
        if (reply == null) {
            throw new IllegalStateException("shipped rules reject an unknown mailbox");
        }
        return ReplyPrinter.print(reply);
    }

    @Benchmark
    public String rejectByFormat() {
        return String.format(
                Locale.ROOT,
                "550 5.1.7 <%s>: Sender address rejected: undeliverable address: %s (id %s)\r\n",
                sender.text(),
                unknown.evidence().reply(),
                ID);
    }

    @Benchmark
    public String rcptFromMemory() {
        if (!(CommandParser.parse(RCPT, 0, RCPT.length) instanceof CommandParser.Parsed.Command parsed)
                || !(parsed.command() instanceof SmtpCommand.Rcpt)) {
            throw new IllegalStateException("a good line");
        }
        Remembered found = cache.sender(sender);
        if (found == null) {
            throw new IllegalStateException("it was learnt");
        }
        SmtpReply refusal = decide(found.verdict()).reply();
        return ReplyPrinter.print(refusal == null ? OK : refusal);
    }
}
