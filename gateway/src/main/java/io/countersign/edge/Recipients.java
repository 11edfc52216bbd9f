package io.countersign.edge;

import io.countersign.config.ChecksSettings;
import io.countersign.decision.Replies;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.RememberedRecipient;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The recipients of one transaction that were accepted, in their order. Belongs to the session's event loop. */
final class Recipients {
    private final List<Recipient> accepted = new ArrayList<>(2);

    /** One recipient's way. */
    static final class Recipient {
        final ForwardPath path;
        final ChecksSettings rules;
        final @Nullable RememberedRecipient memory;
        Consumer<SmtpReply> answer;
        boolean answered;
        boolean answeredFromMemory;
        boolean withdrawn;

        @Nullable
        SmtpReply lateRefusal;

        Recipient(
                ForwardPath path,
                ChecksSettings rules,
                @Nullable RememberedRecipient memory,
                Consumer<SmtpReply> answer) {
            this.path = path;
            this.rules = rules;
            this.memory = memory;
            this.answer = answer;
        }
    }

    void add(Recipient recipient) {
        accepted.add(recipient);
    }

    /** The only one that is to get the message, as a path; null when there are several, or none. */
    @Nullable
    String only() {
        Recipient only = first(r -> true);
        return only == null || standing() > 1 ? null : only.path.toString();
    }

    /** The first that is to get the message and is such a one. */
    @Nullable
    Recipient first(Predicate<Recipient> such) {
        for (Recipient r : accepted) {
            if (!r.withdrawn && such.test(r)) {
                return r;
            }
        }
        return null;
    }

    /** How many are to get the message. */
    int standing() {
        int standing = 0;
        for (Recipient r : accepted) {
            standing += r.withdrawn ? 0 : 1;
        }
        return standing;
    }

    /** What DATA is told when the MTA refused one after it had been answered from memory; null when it did not. */
    @Nullable
    SmtpReply lateRefusal(String id) {
        Recipient refused = first(r -> r.lateRefusal != null);
        if (refused == null || refused.lateRefusal == null) {
            return null;
        }
        return standing() == 1 ? Replies.withId(refused.lateRefusal, id) : Replies.owedNotAccepted(id);
    }
}
