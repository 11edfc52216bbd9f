package io.countersign.edge;

import io.countersign.decision.Replies;
import io.countersign.journal.TransactionRecord.Note;
import io.countersign.relay.MtaAnswer;
import io.countersign.smtp.SmtpReply;
import org.jspecify.annotations.Nullable;

/** What the client is told about its message, or about a chunk of it: the MTA's word where there is one. */
final class MessageWords {
    private MessageWords() {}

    /** Why the content did not get through to its end; null when it did. */
    static @Nullable SmtpReply early(ContentFlow flow, SessionContext context) {
        if (flow.failure() != null) {
            return flow.failure();
        }
        MtaAnswer interruption = flow.interruption();
        return interruption == null ? null : refusal(interruption, context);
    }

    /** About one chunk that was not accepted. */
    static SmtpReply ofChunk(MtaAnswer answer, SessionContext context) {
        return refusal(answer, context);
    }

    /** About the whole message; without an answer the MTA may have it. */
    static SmtpReply ofMessage(MtaAnswer answer, Envelope e, SessionContext context) {
        if (answer instanceof MtaAnswer.Replied replied && replied.reply().isPositive()) {
            return context.fromMta(replied.reply());
        }
        if (answer.fateOfMessage() != MtaAnswer.Fate.UNKNOWN) {
            return refusal(answer, context);
        }
        e.record().note(Note.POSSIBLE_DUPLICATE);
        return Replies.resultUnknown(context.id());
    }

    private static SmtpReply refusal(MtaAnswer answer, SessionContext context) {
        if (!(answer instanceof MtaAnswer.Replied replied)) {
            return Replies.withoutWord(answer, context.id());
        }
        return replied.reply().code() >= 400
                ? Replies.withId(context.fromMta(replied.reply()), context.id())
                : Replies.unexpected(context.id());
    }
}
