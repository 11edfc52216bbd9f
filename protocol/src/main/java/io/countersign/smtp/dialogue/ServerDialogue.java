package io.countersign.smtp.dialogue;

import io.countersign.smtp.Capabilities;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The order of commands as a server sees it (RFC 5321 §4.1.4, RFC 3207 §4.2, RFC 3030 §2): which command is allowed now and
 * what it means for the transaction. Does no I/O, knows no verdict, not thread-safe. The session calls {@link #on} for each
 * command in order, carries out the step, and reports back what only it can know (a recipient was accepted, the message
 * ended, TLS is up).
 *
 * <p>A transaction begins and ends as a whole: with {@link Step.Begin}; with {@link Step.Hello}, {@link Step.Reset},
 * {@link Step.DiscardChunk}, {@link #transactionEnded} or {@link #tlsEstablished}. Nothing else touches it.
 */
public final class ServerDialogue {
    /** What the session is to do. */
    public sealed interface Step {
        enum Kind {
            ANSWER,
            HELLO,
            BEGIN,
            RECIPIENT,
            CONTENT,
            CHUNK,
            DISCARD_CHUNK,
            RESET,
            START_TLS,
            QUIT,
            CLOSE,
            FOREIGN
        }

        Kind kind();

        /** Answer with this and do nothing else; {@code fault} says whether it counts as an error of the client. */
        record Answer(SmtpReply reply, Fault fault) implements Step {
            @Override
            public Kind kind() {
                return Kind.ANSWER;
            }
        }

        /** HELO or EHLO: any transaction is gone; answer with the name, and with the offer when extended. */
        record Hello(String name, Greeting greeting) implements Step {
            @Override
            public Kind kind() {
                return Kind.HELLO;
            }
        }

        /** MAIL is in order: a transaction begins. */
        record Begin(SmtpCommand.Mail mail) implements Step {
            @Override
            public Kind kind() {
                return Kind.BEGIN;
            }
        }

        /** RCPT is in order; when it is answered with 2xx, {@link #recipientAccepted} is to be called. */
        record Recipient(SmtpCommand.Rcpt rcpt) implements Step {
            @Override
            public Kind kind() {
                return Kind.RECIPIENT;
            }
        }

        /** DATA is in order, and at least one recipient was accepted. */
        record Content() implements Step {
            @Override
            public Kind kind() {
                return Kind.CONTENT;
            }
        }

        /** BDAT is in order. */
        record Chunk(SmtpCommand.Bdat bdat) implements Step {
            @Override
            public Kind kind() {
                return Kind.CHUNK;
            }
        }

        /**
         * BDAT that is refused: its octets must be read and thrown away before the answer (RFC 3030 §2); where they are more
         * than the session cares to read, it answers and closes. Any transaction is gone, lest a later chunk be delivered
         * without this one. Counts as an error.
         */
        record DiscardChunk(SmtpCommand.Bdat bdat, SmtpReply reply) implements Step {
            @Override
            public Kind kind() {
                return Kind.DISCARD_CHUNK;
            }
        }

        /** RSET: answer 250; any transaction is gone. */
        record Reset() implements Step {
            @Override
            public Kind kind() {
                return Kind.RESET;
            }
        }

        /** STARTTLS is in order: answer 220 and switch; all knowledge of the client is forgotten by {@link #tlsEstablished}. */
        record StartTls() implements Step {
            @Override
            public Kind kind() {
                return Kind.START_TLS;
            }
        }

        /** QUIT: answer 221 and close; what follows is ignored. */
        record Quit() implements Step {
            @Override
            public Kind kind() {
                return Kind.QUIT;
            }
        }

        /** Answer with this and close: what follows cannot be told from commands (the chunk of a BDAT whose size is unreadable). */
        record Close(SmtpReply reply) implements Step {
            @Override
            public Kind kind() {
                return Kind.CLOSE;
            }
        }

        /** Not SMTP at all: answer 521 and close. @param verb the first word, as in {@link SmtpCommand.Unknown} */
        record Foreign(String verb) implements Step {
            @Override
            public Kind kind() {
                return Kind.FOREIGN;
            }
        }
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

    /** Commands of extensions that exist, or once did, and are not offered: 502, where an invented word is 500. */
    private static final Set<String> NOT_OFFERED = Set.of(
            "ATRN",
            "AUTH",
            "BURL",
            "ETRN",
            "SAML",
            "SEND",
            "SOML",
            "TURN",
            "XADR",
            "XAUTH",
            "XCLIENT",
            "XEXCH50",
            "XFORWARD");

    private enum Tls {
        OFF,
        ON
    }

    private @Nullable Greeting greeting;
    private Tls tls = Tls.OFF;
    private final Transaction transaction = new Transaction();

    /** @param offer what our EHLO reply offers now; parameters and commands of extensions that are not in it are refused (555, 502) */
    public Step on(SmtpCommand command, Capabilities offer) {
        return switch (command.kind()) {
            case EHLO -> hello(((SmtpCommand.Ehlo) command).domain(), Greeting.EHLO);
            case HELO -> hello(((SmtpCommand.Helo) command).domain(), Greeting.HELO);
            case MAIL -> mail((SmtpCommand.Mail) command, offered(offer));
            case RCPT -> rcpt((SmtpCommand.Rcpt) command, offered(offer));
            case DATA -> {
                SmtpReply refusal = dataOrder();
                yield refusal == null ? new Step.Content() : error(refusal);
            }
            case BDAT -> bdat((SmtpCommand.Bdat) command, offered(offer));
            case RSET -> {
                transaction.end();
                yield new Step.Reset();
            }
            case NOOP -> new Step.Answer(OrderReplies.OK, Fault.NONE);
            case HELP -> new Step.Answer(OrderReplies.HELP, Fault.NONE);
            case VRFY -> new Step.Answer(OrderReplies.VRFY, Fault.NONE);
            case EXPN -> error(OrderReplies.NOT_IMPLEMENTED);
            case QUIT -> new Step.Quit();
            case STARTTLS -> {
                SmtpReply refusal = startTlsOrder(offer);
                yield refusal == null ? new Step.StartTls() : error(refusal);
            }
            case XCLIENT -> throw new IllegalArgumentException("XCLIENT is never taken from a client");
            case UNKNOWN -> unknown((SmtpCommand.Unknown) command);
        };
    }

    /** A line that was no command (parser's fault): its reply, or the order's where order is wrong too. */
    public Step onFault(SmtpCommand.Kind verb, SmtpReply reply) {
        SmtpReply order = switch (verb) {
            case MAIL -> mailOrder();
            case RCPT -> rcptOrder();
            case DATA -> dataOrder();
            case BDAT -> transaction.isOpen() ? null : noTransaction();
            case STARTTLS -> transaction.isOpen() ? OrderReplies.IN_TRANSACTION : null;
            case EHLO, HELO, RSET, NOOP, QUIT, VRFY, EXPN, HELP, XCLIENT, UNKNOWN -> null;
        };
        if (verb == SmtpCommand.Kind.RCPT && order == null) {
            transaction.recipientGiven();
        }
        SmtpReply answer = order == null ? reply : order;
        if (verb == SmtpCommand.Kind.BDAT) {
            transaction.end();
            return new Step.Close(answer);
        }
        return error(answer);
    }

    private static Step error(SmtpReply reply) {
        return new Step.Answer(reply, Fault.ERROR);
    }

    /** After HELO nothing is offered (RFC 5321 §4.1.1.1). */
    private Capabilities offered(Capabilities offer) {
        return greeting == Greeting.EHLO ? offer : Capabilities.NONE;
    }

    private Step hello(String name, Greeting given) {
        greeting = given;
        transaction.end();
        return new Step.Hello(name, given);
    }

    private Step mail(SmtpCommand.Mail mail, Capabilities offered) {
        SmtpReply refusal = mailOrder();
        if (refusal == null) {
            refusal = Offer.refusal(mail.parameters(), offered);
        }
        if (refusal != null) {
            return error(refusal);
        }
        transaction.begin(mail.parameters());
        return new Step.Begin(mail);
    }

    private @Nullable SmtpReply mailOrder() {
        if (greeting == null) {
            return OrderReplies.NO_HELLO;
        }
        return transaction.isOpen() ? OrderReplies.NESTED_MAIL : null;
    }

    private Step rcpt(SmtpCommand.Rcpt rcpt, Capabilities offered) {
        SmtpReply refusal = rcptOrder();
        if (refusal != null) {
            return error(refusal);
        }
        transaction.recipientGiven();
        refusal = Offer.refusal(rcpt.parameters(), offered);
        if (refusal == null && !transaction.smtpUtf8() && !isAscii(rcpt)) {
            refusal = OrderReplies.NEEDS_SMTPUTF8;
        }
        return refusal == null ? new Step.Recipient(rcpt) : error(refusal);
    }

    private @Nullable SmtpReply rcptOrder() {
        if (!transaction.isOpen()) {
            return noTransaction();
        }
        return transaction.hasChunks() ? OrderReplies.RCPT_AFTER_BDAT : null;
    }

    private SmtpReply noTransaction() {
        return greeting == null ? OrderReplies.NO_HELLO : OrderReplies.NO_MAIL;
    }

    private static boolean isAscii(SmtpCommand.Rcpt rcpt) {
        MailAddress mailbox = rcpt.to().mailbox();
        String orcpt = rcpt.parameters().orcpt();
        return (mailbox == null || mailbox.isAscii())
                && (orcpt == null || orcpt.chars().allMatch(c -> c < 0x80));
    }

    private @Nullable SmtpReply dataOrder() {
        if (!transaction.isOpen()) {
            return noTransaction();
        }
        return transaction.hasChunks() ? OrderReplies.DATA_AFTER_BDAT : recipientsMissing();
    }

    private @Nullable SmtpReply recipientsMissing() {
        if (transaction.accepted() > 0) {
            return null;
        }
        return transaction.given() > 0 ? OrderReplies.NO_VALID_RECIPIENTS : OrderReplies.NO_RCPT;
    }

    private Step bdat(SmtpCommand.Bdat bdat, Capabilities offered) {
        SmtpReply refusal = bdatOrder(bdat, offered);
        if (refusal == null) {
            transaction.chunkBegun();
            return new Step.Chunk(bdat);
        }
        transaction.end();
        return new Step.DiscardChunk(bdat, refusal);
    }

    private @Nullable SmtpReply bdatOrder(SmtpCommand.Bdat bdat, Capabilities offered) {
        if (!offered.has("CHUNKING")) {
            return OrderReplies.NOT_IMPLEMENTED;
        }
        if (!transaction.isOpen()) {
            return noTransaction();
        }
        SmtpReply missing = recipientsMissing();
        if (missing != null) {
            return missing;
        }
        // An empty chunk serves one purpose: to end a message whose content went before.
        boolean useless = bdat.size() == 0 && !(bdat.last() && transaction.hasChunks());
        return useless ? OrderReplies.NULL_CHUNK : null;
    }

    private @Nullable SmtpReply startTlsOrder(Capabilities offer) {
        if (tls == Tls.ON) {
            return OrderReplies.TLS_ACTIVE;
        }
        if (!offer.has("STARTTLS")) {
            return OrderReplies.NOT_IMPLEMENTED;
        }
        if (greeting != Greeting.EHLO) {
            return OrderReplies.NO_EHLO;
        }
        return transaction.isOpen() ? OrderReplies.IN_TRANSACTION : null;
    }

    private static Step unknown(SmtpCommand.Unknown unknown) {
        if (unknown.origin() == SmtpCommand.Origin.FOREIGN) {
            return new Step.Foreign(unknown.verb());
        }
        return error(NOT_OFFERED.contains(unknown.verb()) ? OrderReplies.NOT_IMPLEMENTED : OrderReplies.NOT_RECOGNIZED);
    }

    /** A RCPT was answered with 2xx. @throws IllegalStateException when no transaction is open */
    public void recipientAccepted() {
        transaction.recipientAccepted();
    }

    /** The message was answered for good, or MAIL was refused after all, or a chunk failed: no transaction any more. */
    public void transactionEnded() {
        transaction.end();
    }

    /** The TLS handshake is complete: HELO name and transaction are forgotten (RFC 3207 §4.2). */
    public void tlsEstablished() {
        tls = Tls.ON;
        greeting = null;
        transaction.end();
    }

    public boolean inTransaction() {
        return transaction.isOpen();
    }

    /** Accepted recipients of this transaction. */
    public int recipients() {
        return transaction.accepted();
    }

    /** True when MAIL of this transaction said SMTPUTF8: only then may replies hold UTF-8 (RFC 6531 §3.7.4.1). */
    public boolean smtpUtf8() {
        return transaction.smtpUtf8();
    }
}
