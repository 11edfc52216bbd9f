package io.countersign.journal;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;

/** What the journal can keep. */
sealed interface Entry permits TransactionRecord, LateJudgement, Entry.CalloutEnded {
    /** Share of the queue it takes: 1 for most. */
    default int weight() {
        return 1;
    }

    record CalloutEnded(MailAddress address, Verdict verdict) implements Entry {}
}
