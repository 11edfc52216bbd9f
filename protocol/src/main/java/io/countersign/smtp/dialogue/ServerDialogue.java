package io.countersign.smtp.dialogue;

import io.countersign.smtp.Capabilities;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;

/**
 * The order of commands as a server sees it (RFC 5321 §4.1.4, RFC 3207 §4.2, RFC 3030 §2): which command is allowed now and
 * what it means for the transaction. Does no I/O, knows no verdict, not thread-safe. The session calls {@link #on} for each
 * command in order, carries out the step, and reports back what only it can know (a recipient was accepted, the message
 * ended, TLS is up).
 */
public final class ServerDialogue {
    /** What the session is to do. */
    public sealed interface Step {
        /** Answer with this and do nothing else; {@code error} says whether it counts as an error of the client. */
        record Answer(SmtpReply reply, Fault fault) implements Step {}

        /** HELO or EHLO: any transaction is gone; answer with the name, and with the offer when extended. */
        record Hello(String name, Greeting greeting) implements Step {}

        /** MAIL is in order: a transaction begins. */
        record Begin(SmtpCommand.Mail mail) implements Step {}

        record Recipient(SmtpCommand.Rcpt rcpt) implements Step {}

        /** DATA is in order, and at least one recipient was accepted. */
        record Content() implements Step {}

        /** BDAT is in order. */
        record Chunk(SmtpCommand.Bdat bdat) implements Step {}

        /** BDAT that is refused: its octets must be read and thrown away before the answer (RFC 3030 §2). */
        record DiscardChunk(SmtpCommand.Bdat bdat, SmtpReply reply) implements Step {}

        /** RSET: answer 250; any transaction is gone. */
        record Reset() implements Step {}

        /** STARTTLS is in order: answer 220 and switch; all knowledge of the client is forgotten by {@link #tlsEstablished}. */
        record StartTls() implements Step {}

        /** QUIT: answer 221 and close; what follows is ignored. */
        record Quit() implements Step {}
    }

    /** Whether an answer counts against the client. */
    public enum Fault {
        NONE,
        /** Wrong order, syntax, unknown command: counts as an error. */
        ERROR
    }

    public enum Greeting {
        HELO,
        EHLO
    }

    /** @param offer what our EHLO reply offers now; parameters and commands of extensions that are not in it are refused (555, 502) */
    public Step on(SmtpCommand command, Capabilities offer) {
        throw new AssertionError("P1 " + command + offer);
    }

    /** A line that was no command (parser's fault): its reply, or the order's where order is wrong too. */
    public Step onFault(SmtpCommand.Kind verb, SmtpReply reply) {
        throw new AssertionError("P1 " + verb + reply);
    }

    /** A RCPT was answered with 2xx. */
    public void recipientAccepted() {
        throw new AssertionError("P1");
    }

    /** The message was answered for good, or MAIL was refused after all: no transaction any more. */
    public void transactionEnded() {
        throw new AssertionError("P1");
    }

    /** The TLS handshake is complete: HELO name and transaction are forgotten (RFC 3207 §4.2). */
    public void tlsEstablished() {
        throw new AssertionError("P1");
    }

    public boolean inTransaction() {
        throw new AssertionError("P1");
    }

    /** Accepted recipients of this transaction. */
    public int recipients() {
        throw new AssertionError("P1");
    }
}
