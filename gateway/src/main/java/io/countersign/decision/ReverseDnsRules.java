package io.countersign.decision;

import io.countersign.config.ChecksSettings;
import io.countersign.config.ChecksSettings.Action;
import io.countersign.dns.ClientName;

/** From what reverse DNS said about a client to what we do. A temporary failure never refuses. Pure. */
public final class ReverseDnsRules {
    private ReverseDnsRules() {}

    /** @param clientIp as text, for the reply */
    public static Decision decide(
            ClientName name,
            ChecksSettings.ReverseDns rules,
            SenderRules.Deferral deferral,
            String clientIp,
            String id) {
        return switch (name.result()) {
            case PASS -> Decision.accept("checks.reverse-dns: pass");
            case TEMPERROR -> Decision.tag("checks.reverse-dns: a temporary failure never refuses");
            case NONE -> apply(rules.none(), "none", deferral, clientIp, id);
            case FAIL -> apply(rules.fail(), "fail", deferral, clientIp, id);
        };
    }

    private static Decision apply(
            Action action, String result, SenderRules.Deferral deferral, String clientIp, String id) {
        String rule = "checks.reverse-dns.actions: " + result + " = " + SenderRules.word(action);
        return switch (action) {
            case ACCEPT -> Decision.accept(rule);
            case TAG -> Decision.tag(rule);
            case DEFER ->
                deferral == SenderRules.Deferral.RUN_OUT
                        ? Decision.tag(rule + ", let in after checks.sender.defer-at-most")
                        : new Decision(
                                Action.DEFER, rule, Replies.noReverseDns(Replies.Lasting.TEMPORARY, clientIp, id));
            case REJECT ->
                new Decision(Action.REJECT, rule, Replies.noReverseDns(Replies.Lasting.PERMANENT, clientIp, id));
        };
    }
}
