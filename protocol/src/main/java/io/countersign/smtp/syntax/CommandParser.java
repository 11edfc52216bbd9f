package io.countersign.smtp.syntax;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;

/** One command line to one value (RFC 5321 §4.1). Never throws on input. */
public final class CommandParser {
    /** What a line was: a command, or a fault with the reply that says so. */
    public sealed interface Parsed {
        record Command(SmtpCommand command) implements Parsed {}

        /** @param verb the command the client meant, UNKNOWN when that cannot be told @param reply 500, 501, 553 or 555 with its enhanced code; no id in it */
        record Fault(SmtpCommand.Kind verb, SmtpReply reply) implements Parsed {}
    }

    private CommandParser() {}

    /**
     * @param line the octets between the line ends, without CRLF, with no CR, LF or NUL in it (the framer saw to that);
     *     borrowed, not kept
     */
    public static Parsed parse(byte[] line, int offset, int length) {
        throw new AssertionError("P1");
    }
}
