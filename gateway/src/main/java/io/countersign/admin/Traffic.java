package io.countersign.admin;

import io.countersign.journal.Journal;
import io.countersign.journal.LateJudgement;
import io.countersign.journal.TransactionRecord;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Counts and times what passes, and hands it on to those who watch. Any thread; never blocks. */
public final class Traffic implements Journal {
    private final Journal next;
    private final DecisionFeed feed;
    private final Latencies transactions;
    private final Latencies callouts;
    private final Map<Reason, Counter> verdicts = new EnumMap<>(Reason.class);

    /** @param next gets every record first */
    public Traffic(MeterRegistry meters, DecisionFeed feed, Journal next) {
        this.next = next;
        this.feed = feed;
        this.transactions = new Latencies(
                meters,
                "countersign.transaction.duration",
                "From MAIL to the end of the transaction, clients' time included");
        this.callouts = new Latencies(
                meters, "countersign.callout.duration", "From the question about an address to its verdict");
        for (Reason reason : Reason.values()) {
            verdicts.put(
                    reason,
                    Counter.builder("countersign.callouts")
                            .description("Verdicts of callouts, by reason")
                            .tag("reason", reason.word())
                            .register(meters));
        }
    }

    @Override
    public void record(TransactionRecord transaction) {
        next.record(transaction);
        transactions.took(transaction.took());
        feed.record(transaction);
    }

    @Override
    public void late(LateJudgement judgement) {
        next.late(judgement);
    }

    @Override
    public void callout(MailAddress address, Verdict verdict) {
        next.callout(address, verdict);
    }

    /** A callout has ended. */
    public void asked(Verdict verdict, Duration took) {
        callouts.took(took);
        Objects.requireNonNull(verdicts.get(verdict.reason()), "made for all").increment();
    }

    Map<String, Latencies> latencies() {
        Map<String, Latencies> latencies = new LinkedHashMap<>();
        latencies.put("transaction", transactions);
        latencies.put("callout", callouts);
        return latencies;
    }
}
