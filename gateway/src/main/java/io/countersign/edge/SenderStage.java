package io.countersign.edge;

import io.countersign.check.SenderFinding;
import io.countersign.check.SenderInquiry;
import io.countersign.check.SenderQuestion;
import io.countersign.config.ChecksSettings;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.config.ListenSettings;
import io.countersign.decision.Decision;
import io.countersign.decision.SenderRules;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Proof;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The question about one transaction's sender under one set of rules (an override by recipient domain makes another set), from
 * MAIL to the decision. Dials nobody before {@link #ask}. Belongs to the session's event loop.
 */
final class SenderStage {
    private final SessionContext scope;
    private final MailAddress sender;
    private final ChecksSettings rules;
    private final EnvelopeRecord record;
    private final SenderInquiry inquiry;
    private @Nullable Decision decision;
    private @Nullable SenderFinding finding;
    private @Nullable List<Runnable> waiting;
    private boolean asked;
    private boolean closed;

    SenderStage(
            SessionContext scope,
            MailAddress sender,
            ChecksSettings rules,
            SenderQuestion.Exemption exemption,
            EnvelopeRecord record) {
        this.scope = scope;
        this.sender = sender;
        this.rules = rules;
        this.record = record;
        this.inquiry = scope.checks().sender().begin(scope.question(sender, rules.sender(), exemption));
    }

    ChecksSettings.Sender rules() {
        return rules.sender();
    }

    SenderInquiry inquiry() {
        return inquiry;
    }

    boolean isDecided() {
        return decision != null;
    }

    /** The finding a decision was made on, or would have been; null while there is none. */
    @Nullable
    SenderFinding finding() {
        return finding != null ? finding : inquiry.known();
    }

    /** What the client is told instead of the MTA's 250; null when the sender may pass, and always but in enforce. */
    @Nullable
    SmtpReply refusal() {
        Decision made = decision;
        return made == null || rules.sender().mode() != Mode.ENFORCE ? null : made.reply();
    }

    /** The transaction is over: the finding may still come, for the journal, and nobody waits for it. */
    void close() {
        closed = true;
        nobodyWaits();
    }

    /** Runs {@code then} when the decision is there; in monitor mode at once. */
    void ask(Runnable then) {
        if (decision != null) {
            then.run();
            return;
        }
        SenderFinding known = asked ? null : inquiry.known();
        if (known != null) {
            asked = true;
            decide(known);
            then.run();
            return;
        }
        if (rules.sender().mode() == Mode.MONITOR) {
            then.run();
        } else {
            if (waiting == null) {
                ListenSettings.Limits limits = scope.settings().listen().limits();
                if (!scope.services().counts().startWaiting(limits.walls().waiting())) {
                    scope.struck(Limits.WAITING);
                    asked = true;
                    decide(new SenderFinding(Verdict.ruled(Reason.OVERLOADED, Limits.WAITING.key()), Proof.SUFFICIENT));
                    then.run();
                    return;
                }
                waiting = new ArrayList<>(1);
            }
            waiting.add(then);
        }
        if (!asked) {
            asked = true;
            inquiry.finding().subscribe(found -> scope.onLoop(() -> found(found)));
        }
    }

    private void found(SenderFinding found) {
        if (closed && rules.sender().mode() != Mode.MONITOR) {
            return; // nobody is told, so nobody's clock starts
        }
        decide(found);
        List<Runnable> told = nobodyWaits();
        if (told != null) {
            told.forEach(Runnable::run);
        }
    }

    private @Nullable List<Runnable> nobodyWaits() {
        List<Runnable> before = waiting;
        waiting = null;
        if (before != null) {
            scope.services().counts().stopWaiting();
        }
        return before;
    }

    private void decide(SenderFinding found) {
        finding = found;
        Decision made = decide(found, SenderRules.Deferral.ALLOWED);
        boolean monitored = rules.sender().mode() == Mode.MONITOR;
        if (!monitored && made.action() == ChecksSettings.Action.DEFER) {
            made = decide(found, scope.deferral(sender, rules));
        }
        decision = made;
        if (monitored) {
            record.monitored(found.verdict(), made, scope.journal());
        } else {
            record.sender(found.verdict(), made);
        }
    }

    private Decision decide(SenderFinding found, SenderRules.Deferral deferral) {
        return SenderRules.decide(sender, found.verdict(), found.proof(), rules.sender(), deferral, record.id());
    }
}
