package io.countersign.edge;

import io.countersign.decision.Decision;
import io.countersign.journal.Journal;
import io.countersign.journal.TransactionRecord;
import io.countersign.journal.TransactionRecord.Note;
import io.countersign.journal.TransactionRecord.Outcome;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Gathers what the journal will say of one transaction. Belongs to the session's event loop. */
final class EnvelopeRecord {
    /** Most recipients kept in a record; the rest is only counted. */
    private static final int MAX_RECIPIENTS = 1000;

    private final String id;
    private final String sessionId;
    private final SessionFacts facts;
    private final ReversePath from;
    private final Instant at = Instant.now();
    private final long begun = System.nanoTime();
    private final List<TransactionRecord.Recipient> recipients = new ArrayList<>(2);
    private final Set<Note> notes = EnumSet.noneOf(Note.class);
    private @Nullable Verdict verdict;
    private @Nullable Decision senderDecision;
    private @Nullable SpfResult spf;
    private @Nullable String rule;
    private @Nullable SmtpReply lastRefusal;
    private boolean tagged;
    private boolean finished;

    EnvelopeRecord(String id, String sessionId, SessionFacts facts, ReversePath from) {
        this.id = id;
        this.sessionId = sessionId;
        this.facts = facts;
        this.from = from;
    }

    String id() {
        return id;
    }

    void recipient(ForwardPath path, SmtpReply reply) {
        if (recipients.size() < MAX_RECIPIENTS) {
            recipients.add(new TransactionRecord.Recipient(path.toString(), reply, rule));
        }
        rule = null;
        if (!reply.isPositive()) {
            lastRefusal = reply;
        }
    }

    /** The rule behind the next recipient's reply. */
    void rule(String why) {
        rule = why;
    }

    void sender(Verdict found, Decision decision) {
        verdict = found;
        senderDecision = decision;
        if (decision.refuses()) {
            rule = decision.rule();
        } else {
            tagged |= decision.action() == io.countersign.config.ChecksSettings.Action.TAG;
        }
    }

    void spf(@Nullable SpfResult result) {
        spf = result;
    }

    void wouldHave(Decision decision, Journal journal) {
        if (decision.refuses()) {
            if (finished) {
                journal.wouldHave(id, decision.rule());
            }
            notes.add(Note.WOULD_HAVE_REFUSED);
        }
    }

    void note(Note note) {
        notes.add(note);
    }

    boolean hasRecipients() {
        return !recipients.isEmpty();
    }

    /** The transaction is over. @param reply our word about the message, null when there was none */
    TransactionRecord finish(@Nullable SmtpReply reply, @Nullable SmtpReply mtaReply, long size) {
        finished = true;
        Outcome outcome;
        SmtpReply told = reply;
        if (reply == null) {
            outcome = lastRefusal == null
                    ? Outcome.ABANDONED
                    : lastRefusal.isPermanent() ? Outcome.REJECTED : Outcome.DEFERRED;
            told = lastRefusal;
        } else if (reply.isPositive()) {
            outcome = tagged ? Outcome.TAGGED : Outcome.ACCEPTED;
        } else {
            outcome = reply.isPermanent() ? Outcome.REJECTED : Outcome.DEFERRED;
        }
        return new TransactionRecord(
                id,
                sessionId,
                at,
                new TransactionRecord.Client(facts.address.getAddress(), facts.name(), facts.helo(), facts.tls()),
                from,
                recipients,
                new TransactionRecord.Sender(verdict, spf, senderDecision == null ? null : senderDecision.rule()),
                told,
                mtaReply,
                size,
                Duration.ofNanos(System.nanoTime() - begun),
                outcome,
                notes);
    }
}
