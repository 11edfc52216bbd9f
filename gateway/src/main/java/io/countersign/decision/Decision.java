package io.countersign.decision;

import io.countersign.config.ChecksSettings.Action;
import io.countersign.smtp.SmtpReply;
import org.jspecify.annotations.Nullable;

/**
 * What we do, and why.
 *
 * @param rule the configuration key and value that led here, e.g. {@code checks.sender.actions.undetermined = tag}
 * @param reply what the client is told when {@code action} is DEFER or REJECT, with the transaction's id; null otherwise
 */
public record Decision(Action action, String rule, @Nullable SmtpReply reply) {
    public Decision {
        if ((reply == null) == (action == Action.DEFER || action == Action.REJECT)) {
            throw new IllegalArgumentException("a refusal has a reply, anything else has none: " + action);
        }
    }

    public static Decision accept(String rule) {
        return new Decision(Action.ACCEPT, rule, null);
    }

    public static Decision tag(String rule) {
        return new Decision(Action.TAG, rule, null);
    }

    public boolean refuses() {
        return reply != null;
    }
}
