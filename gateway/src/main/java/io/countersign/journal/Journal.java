package io.countersign.journal;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;

/** Takes records; never blocks, never throws, never slows mail: what cannot be kept is dropped and counted. Any thread. */
public interface Journal {
    void record(TransactionRecord transaction);

    /** What was found out about a transaction after its record was handed over (monitor mode). */
    void late(LateJudgement judgement);

    /** A callout ended, with its dialogue in the verdict's evidence; whether or not a transaction still waits for it. */
    void callout(MailAddress address, Verdict verdict);

    /** Tells both, this one first. */
    default Journal and(Journal other) {
        return new Journal() {
            @Override
            public void record(TransactionRecord transaction) {
                Journal.this.record(transaction);
                other.record(transaction);
            }

            @Override
            public void late(LateJudgement judgement) {
                Journal.this.late(judgement);
                other.late(judgement);
            }

            @Override
            public void callout(MailAddress address, Verdict verdict) {
                Journal.this.callout(address, verdict);
                other.callout(address, verdict);
            }
        };
    }
}
