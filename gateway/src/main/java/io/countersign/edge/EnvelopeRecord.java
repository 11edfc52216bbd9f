package io.countersign.edge;

import io.countersign.config.ChecksSettings.Action;
import io.countersign.decision.Decision;
import io.countersign.journal.Journal;
import io.countersign.journal.LateJudgement;
import io.countersign.journal.TransactionRecord;
import io.countersign.journal.TransactionRecord.Note;
import io.countersign.journal.TransactionRecord.Outcome;
import io.countersign.journal.TransactionRecord.Stamp;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Gathers what the journal will say of one transaction. Belongs to the session's event loop. */
final class EnvelopeRecord {
    /** Most recipients kept in a record; the rest is only counted. */
    private static final int MAX_RECIPIENTS = 1000;

    private static final int STAMPS = Stamp.values().length;

    private final String id;
    private final String sessionId;
    private final SessionFacts facts;
    private final ReversePath from;
    private final Instant at = Instant.now();
    private final long begun = System.nanoTime();
    private final long[] stamps = new long[STAMPS];
    private final List<TransactionRecord.Recipient> recipients = new ArrayList<>(2);
    private final Set<Note> notes = EnumSet.noneOf(Note.class);
    private @Nullable Verdict verdict;
    private @Nullable Decision senderDecision;
    private @Nullable SpfResult spf;
    private @Nullable String rule;
    private @Nullable SmtpReply lastRefusal;
    private @Nullable String messageId;
    private List<String> wouldHave = List.of();
    private boolean tagged;
    private boolean finished;

    EnvelopeRecord(String id, String sessionId, SessionFacts facts, ReversePath from) {
        this.id = id;
        this.sessionId = sessionId;
        this.facts = facts;
        this.from = from;
        Arrays.fill(stamps, -1);
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
        stamp(Stamp.RECIPIENT);
    }

    /** It came that far, now. */
    void stamp(Stamp stamp) {
        stamps[stamp.ordinal()] = System.nanoTime() - begun;
    }

    void messageId(@Nullable String found) {
        messageId = found;
    }

    /** The rule behind the next recipient's reply. */
    void rule(String why) {
        rule = why;
    }

    void sender(Verdict found, Decision decision) {
        verdict = found;
        senderDecision = decision;
        stamp(Stamp.SENDER);
        if (decision.refuses()) {
            rule = decision.rule();
        } else {
            tagged |= decision.action() == Action.TAG;
        }
    }

    void spf(@Nullable SpfResult result) {
        spf = result;
    }

    /** Monitor mode: what was found about the sender, and what enforcing would do. */
    void monitored(Verdict found, Decision decision, Journal journal) {
        verdict = found;
        senderDecision = decision;
        stamp(Stamp.SENDER);
        wouldHave(found, decision, journal);
    }

    /** Monitor mode: what enforcing would do for the client's name. */
    void monitored(Decision decision, Journal journal) {
        if (decision.refuses()) {
            wouldHave(null, decision, journal);
        }
    }

    private void wouldHave(@Nullable Verdict found, Decision decision, Journal journal) {
        if (finished) {
            journal.late(new LateJudgement(id, Instant.now(), from, found, decision.action(), decision.rule()));
        } else if (decision.refuses()) {
            notes.add(Note.WOULD_HAVE_REFUSED);
            if (wouldHave.isEmpty()) {
                wouldHave = new ArrayList<>(2);
            }
            if (!wouldHave.contains(decision.rule())) {
                wouldHave.add(decision.rule());
            }
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
                client(facts),
                from,
                recipients,
                new TransactionRecord.Sender(
                        verdict,
                        spf,
                        senderDecision == null ? null : senderDecision.action(),
                        senderDecision == null ? null : senderDecision.rule()),
                told,
                mtaReply,
                messageId,
                size,
                new TransactionRecord.Timings(stamps, System.nanoTime() - begun),
                outcome,
                notes,
                wouldHave);
    }

    /** What a session's refusal leaves in the journal when there is no transaction it belongs to. */
    static TransactionRecord ofSession(String id, String sessionId, SessionFacts facts, SmtpReply refusal) {
        return new TransactionRecord(
                id,
                sessionId,
                Instant.now(),
                client(facts),
                null,
                List.of(),
                TransactionRecord.Sender.NONE,
                refusal,
                null,
                null,
                0,
                TransactionRecord.Timings.NONE,
                refusal.isPermanent() ? Outcome.REJECTED : Outcome.DEFERRED,
                Set.of(Note.NO_TRANSACTION),
                List.of());
    }

    private static TransactionRecord.Client client(SessionFacts facts) {
        return new TransactionRecord.Client(facts.address.getAddress(), facts.name(), facts.helo(), facts.tls());
    }
}
