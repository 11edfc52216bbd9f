package io.countersign.verdict;

import io.countersign.smtp.SmtpReply;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the MTA once said about a recipient.
 *
 * @param reply the refusal; null when it was accepted
 */
public record RememberedRecipient(
        Answer answer,
        Freshness freshness,
        Duration age,
        @Nullable SmtpReply reply) {
    public enum Answer {
        ACCEPTED,
        UNKNOWN
    }

    public enum Freshness {
        /** Within its refresh: answers for the MTA. */
        FRESH,
        /** Within its life: an accepted one answers, and the MTA is asked again; an unknown one is asked first. */
        DUE,
        /** Past its life; accepted ones only. Answers while the MTA is away. */
        STALE
    }

    /** Whether the recipient may be refused without asking the MTA. */
    public boolean mayRefuse() {
        return answer == Answer.UNKNOWN && freshness == Freshness.FRESH;
    }

    /** Whether a callout may be told that the recipient exists, while the MTA is there. */
    public boolean answersProbes() {
        return answer == Answer.ACCEPTED && freshness != Freshness.STALE;
    }

    /** Whether it may be accepted while the MTA is away. */
    public boolean standsIn() {
        return answer == Answer.ACCEPTED;
    }

    public boolean needsRefresh() {
        return freshness != Freshness.FRESH;
    }
}
