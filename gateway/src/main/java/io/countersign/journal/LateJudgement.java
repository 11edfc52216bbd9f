package io.countersign.journal;

import io.countersign.config.ChecksSettings.Action;
import io.countersign.smtp.ReversePath;
import io.countersign.verdict.Verdict;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a check found after its transaction had ended (monitor mode waits for nothing), and what enforcing would have done.
 *
 * @param transactionId of the record it belongs to
 * @param from that transaction's sender
 * @param verdict about the sender; null when the check was about the client's name
 * @param action what enforcing would have done
 * @param rule why: the configuration key and its value
 */
public record LateJudgement(
        String transactionId,
        Instant at,
        ReversePath from,
        @Nullable Verdict verdict,
        Action action,
        String rule) implements Entry {

    public boolean wouldHaveRefused() {
        return action == Action.DEFER || action == Action.REJECT;
    }
}
