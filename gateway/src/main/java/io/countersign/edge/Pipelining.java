package io.countersign.edge;

import io.countersign.smtp.SmtpCommand;

/** Which commands must not have another one right behind them (RFC 2920 §3.1, RFC 5321 §4.1.1.1). */
final class Pipelining {
    private Pipelining() {}

    /**
     * Whether a client has to await the reply to this command: to EHLO and HELO always, and to everything until EHLO has offered
     * PIPELINING. What another protocol says, and faults, get words of their own.
     */
    static boolean mustAwaitReply(SmtpCommand.Kind kind, SessionFacts client) {
        return switch (kind) {
            case EHLO, HELO -> true;
            case MAIL, RCPT, RSET, NOOP, VRFY, HELP -> !client.isExtended();
            case DATA, BDAT, EXPN, QUIT, STARTTLS, XCLIENT, UNKNOWN -> false;
        };
    }
}
