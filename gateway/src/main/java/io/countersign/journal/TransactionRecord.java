package io.countersign.journal;

import io.countersign.config.ChecksSettings.Action;
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
 * What became of one transaction, and why. Immutable; made on the session's event loop, read anywhere. A session that was refused
 * before any transaction has one too, so that the id in that refusal can be found.
 *
 * @param from null when there was no MAIL
 * @param reply our last word to the client about the message or, when it got no message, about the refused sender; null when
 *     the client left before any
 * @param mtaReply the MTA's word about the message, or null
 * @param messageId as the header has it, at most {@value #MESSAGE_ID_LIMIT} characters; null when there was none
 * @param size octets of content received, 0 when there was none
 * @param wouldHave monitor mode: the rules by which enforcing would have deferred or rejected it
 */
public record TransactionRecord(
        String id,
        String sessionId,
        Instant at,
        Client client,
        @Nullable ReversePath from,
        List<Recipient> recipients,
        Sender sender,
        @Nullable SmtpReply reply,
        @Nullable SmtpReply mtaReply,
        @Nullable String messageId,
        long size,
        Timings timings,
        Outcome outcome,
        Set<Note> notes,
        List<String> wouldHave)
        implements Entry {
    /** Characters kept of a Message-ID. */
    public static final int MESSAGE_ID_LIMIT = 250;

    public TransactionRecord {
        recipients = List.copyOf(recipients);
        notes = Set.copyOf(notes);
        wouldHave = List.copyOf(wouldHave);
    }

    @Override
    public int weight() {
        return 1 + recipients.size() / 8;
    }

    /** From its beginning to its end. */
    public Duration took() {
        return timings.took();
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
     * @param action what followed, or would have followed in monitor mode; null when nothing was decided
     * @param rule the rule that decided, or would have decided; null when nothing was decided
     */
    public record Sender(
            @Nullable Verdict verdict,
            @Nullable SpfResult spf,
            @Nullable Action action,
            @Nullable String rule) {
        public static final Sender NONE = new Sender(null, null, null, null);
    }

    /** What a transaction passes on its way. */
    public enum Stamp {
        /** The MTA's (or memory's) answer about the last recipient. */
        RECIPIENT,
        /** The decision about the sender. */
        SENDER,
        /** 354, or the first chunk may go. */
        CONTENT,
        /** The client's content is complete. */
        CONTENT_END,
        /** The MTA's answer to it. */
        ANSWER
    }

    /** Nanoseconds since the transaction began: of each {@link Stamp}, -1 where it was not reached. */
    public static final class Timings {
        public static final Timings NONE = new Timings(new long[0], 0);

        private final long[] nanos;
        private final long took;

        /** @param nanos by the order of {@link Stamp}; takes ownership */
        public Timings(long[] nanos, long took) {
            this.nanos = nanos;
            this.took = took;
        }

        /** Negative when it was not reached. */
        public long nanos(Stamp stamp) {
            return stamp.ordinal() < nanos.length ? nanos[stamp.ordinal()] : -1;
        }

        public Duration took() {
            return Duration.ofNanos(took);
        }
    }

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
        WOULD_HAVE_REFUSED,
        /** There was no transaction: the session itself was refused. */
        NO_TRANSACTION
    }
}
