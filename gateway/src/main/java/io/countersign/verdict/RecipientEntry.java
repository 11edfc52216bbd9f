package io.countersign.verdict;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.RememberedRecipient.Answer;
import io.countersign.verdict.RememberedRecipient.Freshness;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** @param refusal the MTA's words; null when it accepted @param at by the cache's monotonic clock */
record RecipientEntry(@Nullable SmtpReply refusal, long at) {
    /**
     * Whether a refusal is about the address: subject 1 or 2 of RFC 3463 as far as they concern the mailbox itself, or a code
     * of RFC 5321 §4.3.2 that does, without an enhanced one. Never 5.7.x, nor what concerns the sender (5.1.7, 5.1.8).
     */
    static boolean isAboutAddress(SmtpReply reply) {
        if (!reply.isPermanent()) {
            return false;
        }
        EnhancedStatus status = reply.enhanced();
        if (status == null) {
            return reply.code() == 550 || reply.code() == 551 || reply.code() == 553;
        }
        return status.statusClass() == 5
                && (status.is(1, 0)
                        || status.is(1, 1)
                        || status.is(1, 3)
                        || status.is(1, 6)
                        || status.is(1, 10)
                        || status.is(2, 1));
    }

    long life(Retention.Recipient lives) {
        return refusal != null
                ? Lives.nanos(lives.unknown())
                : Math.max(Lives.nanos(lives.accepted()), Lives.nanos(lives.stale()));
    }

    long left(long now, Retention.Recipient lives) {
        return Math.max(0, life(lives) - (now - at));
    }

    /** As it is found at {@code now}; null when its life is over. */
    @Nullable
    RememberedRecipient remembered(long now, Retention.Recipient lives) {
        long age = Math.max(0, now - at);
        if (age >= life(lives)) {
            return null;
        }
        Duration refresh = refusal != null ? lives.unknownRefresh() : lives.acceptedRefresh();
        Duration kept = refusal != null ? lives.unknown() : lives.accepted();
        Freshness freshness = age >= Lives.nanos(kept)
                ? Freshness.STALE
                : age >= Lives.nanos(refresh) ? Freshness.DUE : Freshness.FRESH;
        Answer answer = refusal != null ? Answer.UNKNOWN : Answer.ACCEPTED;
        return new RememberedRecipient(answer, freshness, Duration.ofNanos(age), refusal);
    }

    int weight(String key) {
        int octets = 160 + key.length();
        if (refusal != null) {
            for (String line : refusal.lines()) {
                octets += 72 + line.length();
            }
        }
        return octets;
    }
}
