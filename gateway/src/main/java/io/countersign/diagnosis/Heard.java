package io.countersign.diagnosis;

import io.countersign.smtp.SmtpReply;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What came of one thing said, or of waiting for the greeting.
 *
 * @param reply only with {@link What#REPLY}
 * @param words in our words, where there is no reply
 */
record Heard(What what, @Nullable SmtpReply reply, Duration took, String words) {
    enum What {
        REPLY,
        /** The TLS handshake succeeded. */
        SECURED,
        NOT_SECURED,
        SILENCE,
        CLOSED,
        /** Not SMTP. */
        BROKEN
    }

    boolean isPositive() {
        return reply != null && reply.isPositive();
    }

    boolean isPermanent() {
        return reply != null && reply.isPermanent();
    }

    /** For a report. */
    String seen() {
        return reply == null ? words : reply.toString();
    }
}
