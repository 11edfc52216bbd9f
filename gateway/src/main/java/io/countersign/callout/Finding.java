package io.countersign.callout;

import io.countersign.callout.ReplyMeaning.Asked;
import io.countersign.limit.Outcome;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import org.jspecify.annotations.Nullable;

/**
 * How one question to one exchanger ended.
 *
 * @param stage how far it came
 * @param reply the deciding reply, or null when there was none
 * @param detail in our words; may be empty
 * @param outcome what it says about the peer's health
 */
record Finding(Reason reason, Stage stage, @Nullable SmtpReply reply, String detail, Course course, Outcome outcome) {
    /** What may be tried after it. */
    enum Course {
        /** This is the answer. */
        STOP,
        /** This exchanger could not be asked: the next address or exchanger may be. */
        NEXT,
        /** TLS failed: once more, on a new connection, in clear. */
        IN_CLEAR
    }

    /** The peer said it. */
    static Finding said(Reason reason, Stage stage, SmtpReply reply, Course course) {
        return new Finding(reason, stage, reply, "", course, healthBy(reason));
    }

    /** It happened, or we decided it, without a reply. */
    static Finding noted(Reason reason, Stage stage, String detail, Course course) {
        return new Finding(reason, stage, null, detail, course, healthBy(reason));
    }

    /** Our own network, limits or shutdown were in the way: that is not the peer's fault. */
    static Finding ours(Reason reason, Stage stage, String detail, Course course) {
        return new Finding(reason, stage, null, detail, course, Outcome.NOT_COUNTED);
    }

    /** True when the peer says that it blocks our address: it will not answer other questions of ours either. */
    boolean isBlock(Asked asked) {
        return reason == Reason.REFUSED_US && reply != null && ReplyMeaning.namesUs(reply, asked);
    }

    /** Only a peer that did not do its part counts as failed; what it said does not matter. */
    private static Outcome healthBy(Reason reason) {
        return switch (reason) {
            case NO_ANSWER, UNREACHABLE, BROKEN_PEER -> Outcome.PEER_FAILURE;
            default -> Outcome.SUCCESS;
        };
    }
}
