package io.countersign.smtp.syntax;

import io.countersign.smtp.SmtpCommand;

/** One command to the octets of one line; refuses (IllegalArgumentException) whatever would not parse back to the same value. */
public final class CommandPrinter {
    private CommandPrinter() {}

    /** The line without CRLF. Addresses outside ASCII are printed in UTF-8 (the caller has checked SMTPUTF8). */
    public static String print(SmtpCommand command) {
        throw new AssertionError("P1 " + command);
    }
}
