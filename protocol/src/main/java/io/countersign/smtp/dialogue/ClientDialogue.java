package io.countersign.smtp.dialogue;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import java.util.ArrayDeque;

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
        enum Kind {
            ANSWERED,
            OUT_OF_STEP,
            CLOSING
        }

        Kind kind();

        /** @param owed NOTHING when no further reply is owed */
        record Answered(Awaited to, SmtpReply reply, Owed owed) implements Step {
            @Override
            public Kind kind() {
                return Kind.ANSWERED;
            }
        }

        /** A reply nobody waited for, or one that cannot answer what was asked. @param why in words, without the peer's text */
        record OutOfStep(String why) implements Step {
            @Override
            public Kind kind() {
                return Kind.OUT_OF_STEP;
            }
        }

        /** An unsolicited 421: the server is closing (RFC 5321 §3.8). */
        record Closing(SmtpReply reply) implements Step {
            @Override
            public Kind kind() {
                return Kind.CLOSING;
            }
        }
    }

    public enum Owed {
        NOTHING,
        MORE
    }

    private enum Trust {
        FULL,
        /** A 421 was read: what is owed may still come, nothing new may be asked for. */
        CLOSING,
        LOST
    }

    private final ArrayDeque<Awaited> owed = new ArrayDeque<>();
    private Trust trust = Trust.FULL;
    /** 354 was read and the content's end not yet sent: the server takes whatever comes for content. */
    private boolean contentDue;

    /** A new connection: the greeting is awaited. */
    public ClientDialogue() {
        owed.add(Awaited.GREETING);
    }

    /**
     * A command (or the content's end) goes out now; its reply is owed from here on.
     *
     * @throws IllegalStateException when that would be a fault of ours: CONTENT without a 354, another command instead of it
     * @throws IllegalArgumentException for GREETING, which nobody sends for
     */
    public void sent(Awaited awaited) {
        if (awaited == Awaited.GREETING) {
            throw new IllegalArgumentException("a greeting is not asked for");
        }
        if (contentDue != (awaited == Awaited.CONTENT)) {
            throw new IllegalStateException(contentDue ? awaited + " while content is due" : "content without a 354");
        }
        contentDue = false;
        owed.add(awaited);
    }

    /** The awaited kind of reply for a command. @throws IllegalArgumentException for a command that we never send */
    public static Awaited awaitedFor(SmtpCommand command) {
        return switch (command.kind()) {
            case EHLO -> Awaited.EHLO;
            case HELO -> Awaited.HELO;
            case MAIL -> Awaited.MAIL;
            case RCPT -> Awaited.RCPT;
            case DATA -> Awaited.DATA;
            case BDAT -> Awaited.CHUNK;
            case RSET -> Awaited.RSET;
            case NOOP -> Awaited.NOOP;
            case QUIT -> Awaited.QUIT;
            case STARTTLS -> Awaited.STARTTLS;
            case XCLIENT -> Awaited.XCLIENT;
            case VRFY, EXPN, HELP, UNKNOWN -> throw new IllegalArgumentException(command.kind() + " is never sent");
        };
    }

    public Step onReply(SmtpReply reply) {
        if (trust == Trust.LOST) {
            return new Step.OutOfStep("out of step before");
        }
        Awaited awaited = owed.poll();
        if (awaited == null) {
            if (reply.code() == 421) {
                trust = Trust.CLOSING;
                return new Step.Closing(reply);
            }
            return lost("reply without a command");
        }
        if (!mayAnswer(awaited, reply)) {
            return lost("reply " + reply.code() + " cannot answer " + awaited);
        }
        if (reply.code() == 421) {
            trust = Trust.CLOSING;
        }
        if (reply.code() == 354) {
            if (!owed.isEmpty()) {
                // DATA is the last command of a group (RFC 2920 §3.1): behind it the server reads content.
                return lost("354 while other replies are owed");
            }
            contentDue = true;
        }
        return new Step.Answered(awaited, reply, owed.isEmpty() ? Owed.NOTHING : Owed.MORE);
    }

    private Step lost(String why) {
        trust = Trust.LOST;
        return new Step.OutOfStep(why);
    }

    /**
     * Whether a code can be an answer at all. A refusal answers everything. Of the positive codes those that belong to another
     * command (220, 221, 354) betray a server that counts differently; any other 2xx is success by its first digit
     * (RFC 5321 §4.2.1).
     */
    private static boolean mayAnswer(Awaited awaited, SmtpReply reply) {
        if (!reply.isPositive() && reply.replyClass() != 3) {
            return true;
        }
        return switch (awaited) {
            case GREETING, STARTTLS, XCLIENT -> reply.code() == 220;
            case DATA -> reply.code() == 354;
            case QUIT -> reply.isPositive() && reply.code() != 220;
            case EHLO, HELO, MAIL, RCPT, CONTENT, CHUNK, RSET, NOOP ->
                reply.isPositive() && reply.code() != 220 && reply.code() != 221;
        };
    }

    /** Replies still owed. */
    public int owed() {
        return owed.size();
    }

    /**
     * True when nothing is owed, nothing was ever out of step, the server did not say 421 and no content is due: only then may
     * the connection be used again.
     */
    public boolean inStep() {
        return trust == Trust.FULL && owed.isEmpty() && !contentDue;
    }
}
