package io.countersign.journal;

import io.countersign.dns.ClientName;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Verdict;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What became of one transaction, and why. Immutable; made on the session's event loop, read anywhere.
 *
 * @param reply our last word to the client about the message or, when it got no message, about the refused sender; null when
 *     the client left before any
 * @param mtaReply the MTA's word about the message, or null
 * @param size octets of content received, 0 when there was none
 */
public record TransactionRecord(
        String id,
        String sessionId,
        Instant at,
        Client client,
        ReversePath from,
        List<Recipient> recipients,
        Sender sender,
        @Nullable SmtpReply reply,
        @Nullable SmtpReply mtaReply,
        long size,
        Duration took,
        Outcome outcome,
        Set<Note> notes) {

    public TransactionRecord {
        recipients = List.copyOf(recipients);
        notes = Set.copyOf(notes);
    }

    /** @param tls protocol and cipher, or null for clear text */
    public record Client(
            InetAddress address,
            @Nullable ClientName name,
            String helo,
            @Nullable String tls) {}

    /** @param path as given @param reply what the client was told @param rule why, when it was our decision */
    public record Recipient(
            String path, SmtpReply reply, @Nullable String rule) {}

    /**
     * @param verdict null for the null sender, and while it is on its way
     * @param rule the rule that decided, or would have decided in monitor mode; null when none was asked for
     */
    public record Sender(
            @Nullable Verdict verdict,
            @Nullable SpfResult spf,
            @Nullable String rule) {}

    public enum Outcome {
        /** The MTA took the message. */
        ACCEPTED,
        /** The MTA took it, and our header says that something could not be verified. */
        TAGGED,
        DEFERRED,
        REJECTED,
        /** The client reset or left before there was a message: also every callout of another server. */
        ABANDONED
    }

    /** What was odd. */
    public enum Note {
        /** The end of the content was sent and no answer came: the MTA may have it, and the client will send it again. */
        POSSIBLE_DUPLICATE,
        /** The MTA took it, but the client was gone when we said so. */
        ACCEPTED_UNACKED,
        /** The client went on right behind the end of its content, before our answer. */
        EARLY_AFTER_END,
        /** A recipient was answered from memory. */
        ANSWERED_FROM_MEMORY,
        /** Fields with our authserv-id came from outside and were taken out. */
        FORGED_RESULTS_REMOVED,
        /** {@code MAIL FROM:<>} or a probe address and no content: another server's callout. */
        PROBE,
        /** Monitor mode: enforcing would have deferred or rejected. */
        WOULD_HAVE_REFUSED
    }
}
