package io.countersign.decision;

import io.countersign.config.ChecksSettings;
import io.countersign.config.ChecksSettings.Action;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Kind;
import io.countersign.verdict.Proof;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Verdict;

/** From a verdict about the sender to what we do (product.md §2, §4, §6). Pure. */
public final class SenderRules {
    /** Whether a sender of this domain may still be deferred ({@code defer-at-most}). */
    public enum Deferral {
        ALLOWED,
        /** Deferred long enough, or the clock cannot be kept: it is let in. */
        RUN_OUT
    }

    /** The words of every rule there can be, made once: nearly every message needs one. */
    private static final String[][] RULES = rules();

    private SenderRules() {}

    private static String[][] rules() {
        String[][] rules = new String[Reason.values().length][Action.values().length];
        for (Reason reason : Reason.values()) {
            for (Action action : Action.values()) {
                rules[reason.ordinal()][action.ordinal()] =
                        "checks.sender.actions: " + reason.word() + " = " + word(action);
            }
        }
        return rules;
    }

    /**
     * What enforcing would do; in monitor mode the caller only writes it down.
     *
     * @param sender the address the verdict is about; the null sender has no verdict and never gets here
     */
    public static Decision decide(
            MailAddress sender,
            Verdict verdict,
            Proof proof,
            ChecksSettings.Sender rules,
            Deferral deferral,
            String id) {
        Reason reason = verdict.reason();
        Action action = rules.action(reason);
        String rule = RULES[reason.ordinal()][action.ordinal()];
        if (action == Action.REJECT && reason.kind() != Kind.UNDELIVERABLE) {
            // The loader refuses such a configuration; if one gets here all the same, nobody loses mail by it.
            action = Action.DEFER;
        }
        if (proof == Proof.OUTDATED && action != Action.REJECT) {
            // product.md §6: an old refusal that could not be confirmed is 4xx, whatever the new reason's action.
            action = Action.DEFER;
            rule = "an earlier refusal is older than cache.refresh and could not be confirmed: defer";
        }
        return switch (action) {
            case ACCEPT -> Decision.accept(rule);
            case TAG -> Decision.tag(rule);
            case DEFER ->
                deferral == Deferral.RUN_OUT
                        ? Decision.tag(rule + ", let in after checks.sender.defer-at-most")
                        : new Decision(Action.DEFER, rule, deferred(sender, verdict, id));
            case REJECT -> new Decision(Action.REJECT, rule, rejected(sender, verdict, id));
        };
    }

    static String word(Action action) {
        return action.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static SmtpReply rejected(MailAddress sender, Verdict verdict, String id) {
        String who = path(sender) + ": Sender address rejected: ";
        return switch (verdict.reason()) {
            case NO_SUCH_DOMAIN -> Replies.reply(550, EnhancedStatus.of(5, 1, 8), who + "Domain not found", id);
            case NULL_MX ->
                Replies.reply(
                        550,
                        EnhancedStatus.of(5, 7, 27),
                        who + "Domain " + PeerText.printable(sender.domain().text(), 255)
                                + " does not accept mail (nullMX)",
                        id);
            default ->
                Replies.reply(550, EnhancedStatus.of(5, 1, 7), who + "undeliverable address: " + peerText(verdict), id);
        };
    }

    private static SmtpReply deferred(MailAddress sender, Verdict verdict, String id) {
        EnhancedStatus status =
                verdict.reason() == Reason.DNS_FAILURE ? EnhancedStatus.of(4, 4, 3) : EnhancedStatus.of(4, 1, 7);
        return Replies.reply(
                451,
                status,
                path(sender) + ": Sender address rejected: unverified address: " + Causes.of(sender, verdict),
                id);
    }

    private static String path(MailAddress sender) {
        return PeerText.printable("<" + sender.text() + ">", 256);
    }

    static String peerText(Verdict verdict) {
        String reply = verdict.evidence().reply();
        return reply == null ? verdict.reason().word() : PeerText.printable(reply, PeerText.EXCHANGER_LIMIT);
    }
}
