package io.countersign.smtp.syntax;

import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.SmtpReply;
import org.jspecify.annotations.Nullable;

/**
 * Lines to a reply (RFC 5321 §4.2.1), one instance a connection, not thread-safe. Tolerant where product.md says so (LF-only
 * line ends are the framer's matter and are noted), strict in the rest: three digits 200–599, then blank, hyphen or end; the
 * same code on each line. An enhanced code whose class contradicts the basic code is ignored (null).
 */
public final class ReplyParser {
    public enum State {
        /** More lines are to come. */
        INCOMPLETE,
        /** {@link #reply()} has it; the next line begins a new reply. */
        COMPLETE,
        /** Not SMTP; terminal: {@link #fault()} says why, every further line gives the same. */
        BROKEN
    }

    public ReplyParser(SmtpLimits limits) {
        throw new AssertionError("P1 " + limits);
    }

    /** Takes one line without its line end. */
    public State line(byte[] octets, int offset, int length) {
        throw new AssertionError("P1");
    }

    /** @throws IllegalStateException unless the last line made a reply complete */
    public SmtpReply reply() {
        throw new AssertionError("P1");
    }

    /** What was wrong, in words fit for a log, without the peer's text; null unless broken. */
    public @Nullable String fault() {
        throw new AssertionError("P1");
    }
}
