package io.countersign.smtp.dialogue;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;

/**
 * Keeps a client in step with its server: which reply answers which command, also under pipelining (RFC 2920), and whether a
 * reply may be an answer to that command at all (RFC 5321 §4.3.2: 354 only to DATA, no 2xx to DATA, …). Does no I/O, not
 * thread-safe. Once out of step it stays so: such a peer is never trusted again.
 */
public final class ClientDialogue {
    /** What is waited for: the greeting, a command's reply, or the reply to the end of the content. */
    public enum Awaited {
        GREETING,
        EHLO,
        HELO,
        STARTTLS,
        XCLIENT,
        MAIL,
        RCPT,
        DATA,
        CONTENT,
        CHUNK,
        RSET,
        NOOP,
        QUIT
    }

    /** What a reply was. */
    public sealed interface Step {
        /** @param last true when no further reply is owed */
        record Answered(Awaited to, SmtpReply reply, Owed owed) implements Step {}

        /** A reply nobody waited for, or one that cannot answer what was asked. @param why in words, without the peer's text */
        record OutOfStep(String why) implements Step {}

        /** An unsolicited 421: the server is closing (RFC 5321 §3.8). */
        record Closing(SmtpReply reply) implements Step {}
    }

    public enum Owed {
        NOTHING,
        MORE
    }

    /** A new connection: the greeting is awaited. */
    public ClientDialogue() {
        throw new AssertionError("P1");
    }

    /** A command (or the content's end) goes out now; its reply is owed from here on. */
    public void sent(Awaited awaited) {
        throw new AssertionError("P1 " + awaited);
    }

    /** The awaited kind of reply for a command. */
    public static Awaited awaitedFor(SmtpCommand command) {
        throw new AssertionError("P1 " + command);
    }

    public Step onReply(SmtpReply reply) {
        throw new AssertionError("P1 " + reply);
    }

    /** Replies still owed. */
    public int owed() {
        throw new AssertionError("P1");
    }

    /** True when nothing is owed and nothing was ever out of step: only then may the connection be used again. */
    public boolean inStep() {
        throw new AssertionError("P1");
    }
}
