package io.countersign.smtp.syntax;

import io.countersign.smtp.SmtpReply;

/** One reply to its octets: {@code code-text CRLF … code text CRLF}; an enhanced code is repeated on each line (RFC 2034 §4), except in an EHLO reply, which has none. */
public final class ReplyPrinter {
    private ReplyPrinter() {}

    /** Includes every CRLF. */
    public static String print(SmtpReply reply) {
        throw new AssertionError("P1 " + reply);
    }
}
