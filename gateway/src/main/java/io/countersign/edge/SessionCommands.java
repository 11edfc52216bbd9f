package io.countersign.edge;

import io.countersign.decision.Replies;
import io.countersign.journal.TransactionRecord;
import io.countersign.journal.TransactionRecord.Note;
import io.countersign.relay.ClientIdentity;
import io.countersign.relay.MtaTransaction;
import io.countersign.smtp.Capabilities;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.dialogue.ServerDialogue;
import io.countersign.smtp.dialogue.ServerDialogue.Step;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what the dialogue allows: greets, opens and ends transactions, counts errors. Holds the session's one envelope and
 * its access to the MTA. Belongs to the session's event loop.
 */
final class SessionCommands {
    /** Chunks below it, but for the last, are junk as well: each costs as much as a command. In octets. */
    private static final long SMALL_CHUNK = 512;

    private static final SmtpReply MAIL_OK = SmtpReply.of("250 2.1.0 Ok");
    private static final SmtpReply RESET_OK = SmtpReply.of("250 2.0.0 Ok");
    private static final SmtpReply BYE = SmtpReply.of("221 2.0.0 Bye");

    private final Session session;
    private final SessionContext context;
    private final MessageTransfer transfer;
    private final ServerDialogue dialogue = new ServerDialogue();
    private Capabilities offer = Capabilities.NONE;
    private @Nullable MtaTransaction mta;
    private @Nullable ClientIdentity mtaIdentity;
    private @Nullable Envelope envelope;
    private int errors;
    private int junk;

    SessionCommands(Session session, SessionContext context, Deadline deadline, PauseReasons pauses) {
        this.session = session;
        this.context = context;
        this.transfer = new MessageTransfer(session, context, deadline, pauses);
        transfer.onAnswered(this::messageAnswered);
    }

    MessageTransfer transfer() {
        return transfer;
    }

    boolean inTransaction() {
        return envelope != null;
    }

    void command(SmtpCommand command) {
        perform(dialogue.on(command, offer));
    }

    /** A line that is no command. */
    void fault(SmtpCommand.Kind verb, SmtpReply reply) {
        perform(dialogue.onFault(verb, reply));
    }

    private void perform(Step step) {
        switch (step.kind()) {
            case RECIPIENT -> recipient(open(), ((Step.Recipient) step).rcpt());
            case BEGIN -> mail(((Step.Begin) step).mail());
            case CONTENT -> {
                session.holdTurn();
                transfer.openData(open());
            }
            case CHUNK -> {
                SmtpCommand.Bdat bdat = ((Step.Chunk) step).bdat();
                boolean small = !bdat.last() && bdat.size() < SMALL_CHUNK;
                if (!small || !isJunkTooMuch()) {
                    transfer.chunk(open(), bdat);
                }
            }
            case DISCARD_CHUNK -> {
                Step.DiscardChunk discard = (Step.DiscardChunk) step;
                endTransaction();
                if (!isErrorTooMuch()) {
                    transfer.discardChunk(discard.bdat(), discard.reply());
                }
            }
            case HELLO -> hello((Step.Hello) step);
            case ANSWER -> answer((Step.Answer) step);
            case RESET -> {
                endTransaction();
                if (!isJunkTooMuch()) {
                    session.answer(RESET_OK);
                }
            }
            case START_TLS -> startTls();
            case FOREIGN -> {
                endTransaction();
                context.summary().note("foreign-protocol");
                session.lastWord(Replies.foreignProtocol(context.id()));
            }
            case CLOSE -> {
                endTransaction();
                session.lastWord(Replies.withId(((Step.Close) step).reply(), context.id()));
            }
            case QUIT -> {
                endTransaction();
                session.bye(BYE);
            }
        }
    }

    /** The dialogue says there is a transaction, so there is one. */
    private Envelope open() {
        Envelope e = envelope;
        if (e == null) {
            throw new IllegalStateException("the dialogue and the session disagree: no envelope");
        }
        return e;
    }

    private void answer(Step.Answer answer) {
        if (answer.fault() == ServerDialogue.Fault.ERROR ? !isErrorTooMuch() : !isJunkTooMuch()) {
            session.answer(Replies.withId(answer.reply(), context.id()));
        }
    }

    private boolean isErrorTooMuch() {
        if (++errors <= context.settings().listen().limits().errors()) {
            return false;
        }
        context.struck(Limits.ERRORS);
        session.lastWord(Replies.tooManyErrors(Limits.ERRORS.key(), context.id()));
        return true;
    }

    private boolean isJunkTooMuch() {
        if (++junk <= context.settings().listen().limits().walls().junkCommands()) {
            return false;
        }
        context.struck(Limits.JUNK_COMMANDS);
        session.lastWord(Replies.tooManyErrors(Limits.JUNK_COMMANDS.key(), context.id()));
        return true;
    }

    private void hello(Step.Hello hello) {
        endTransaction();
        Optional<Capabilities> capabilities = context.mta().capabilities();
        String hostname = context.settings().hostname();
        if (capabilities.isEmpty()) {
            session.lastWord(Replies.mtaNeverSeen(hostname, context.id()));
            return;
        }
        if (isJunkTooMuch()) {
            return;
        }
        SessionFacts facts = context.facts();
        if (hello.greeting() == ServerDialogue.Greeting.EHLO) {
            facts.greeted(hello.name(), ClientIdentity.Protocol.ESMTP);
            boolean tls = context.services().tls().isAvailable() && facts.tls() == null;
            offer = Offer.of(
                    hostname,
                    capabilities.get(),
                    context.settings().listen().limits(),
                    tls ? Offer.StartTls.OFFERED : Offer.StartTls.NOT_OFFERED);
            session.answer(new SmtpReply(250, null, offer.lines()));
        } else {
            facts.greeted(hello.name(), ClientIdentity.Protocol.SMTP);
            offer = Capabilities.NONE;
            session.answer(SmtpReply.of(250, hostname));
        }
    }

    private void mail(SmtpCommand.Mail mail) {
        if (context.services().sessions().isDraining()) {
            session.lastWord(Replies.shuttingDown(context.settings().hostname(), context.id()));
            return;
        }
        if (context.nextTransaction() > context.settings().listen().limits().transactions()) {
            context.struck(Limits.TRANSACTIONS);
            session.lastWord(Replies.tooManyTransactions(context.id()));
            return;
        }
        if (mail.parameters().size() > context.offeredSize()) {
            context.struck(Limits.MESSAGE_SIZE);
            dialogue.transactionEnded();
            session.answer(Replies.messageTooBig(context.id()));
            return;
        }
        envelope = new Envelope(context, mail, this::mta);
        session.answer(MAIL_OK);
    }

    private void recipient(Envelope e, SmtpCommand.Rcpt rcpt) {
        ReplyQueue.Slot slot = session.reserve();
        e.recipient(rcpt, reply -> {
            if (reply.isPositive()) {
                dialogue.recipientAccepted();
            }
            slot.complete(reply);
            if (reply.code() == 421) {
                session.close();
            }
        });
    }

    private void startTls() {
        endTransaction();
        closeMta();
        session.holdTurn();
        session.upgradeToTls(cipher -> {
            dialogue.tlsEstablished();
            context.facts().secured(cipher);
            offer = Capabilities.NONE;
        });
    }

    // --- the transaction ---

    private MtaTransaction mta() {
        ClientIdentity identity = context.facts().identity();
        MtaTransaction open = mta;
        if (open != null && !identity.equals(mtaIdentity)) {
            open.close();
            open = null;
        }
        if (open == null) {
            open = context.mta().begin(identity, context.loop());
            mta = open;
            mtaIdentity = identity;
        }
        return open;
    }

    /** The client was heard from, whatever it said: it keeps its connection to the MTA ({@code backend.hold}). */
    void touched() {
        MtaTransaction open = mta;
        if (open != null) {
            open.touched();
        }
    }

    void closeMta() {
        MtaTransaction open = mta;
        if (open != null) {
            mta = null;
            open.close();
        }
    }

    /** Leaves the envelope without a message. */
    void endTransaction() {
        Envelope e = envelope;
        if (e == null) {
            return;
        }
        envelope = null;
        e.close();
        transfer.abandon();
        if (mta != null) {
            mta.reset();
        }
        if (e.record().hasRecipients()) {
            boolean probe = e.from().isNull() || ProbeAddresses.isProbe(e.from());
            if (probe) {
                context.services().metrics().probe();
                e.record().note(Note.PROBE);
            }
            report(e.record().finish(null, null, 0));
        }
    }

    /** The message was answered (or its content refused). */
    private void messageAnswered(Envelope answered, SmtpReply reply, @Nullable SmtpReply mtaReply, long size) {
        if (envelope == answered) {
            envelope = null;
            dialogue.transactionEnded();
        }
        answered.close();
        if (reply.isPositive()) {
            junk = 0;
        }
        report(answered.record().finish(reply, mtaReply, size));
        if (session.isGone()) {
            closeMta();
            session.finished();
        }
    }

    private void report(TransactionRecord transaction) {
        context.services().metrics().transaction(transaction.outcome(), transaction.size());
        context.summary().transaction(transaction);
        context.record(transaction);
    }
}
