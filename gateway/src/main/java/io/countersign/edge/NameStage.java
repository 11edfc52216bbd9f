package io.countersign.edge;

import io.countersign.config.ChecksSettings;
import io.countersign.config.ChecksSettings.Action;
import io.countersign.decision.Decision;
import io.countersign.decision.ReverseDnsRules;
import io.countersign.decision.SenderRules.Deferral;
import io.countersign.dns.ClientName;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpReply;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the client's reverse DNS means for one transaction. Belongs to the session's event loop. */
final class NameStage {
    private final SessionContext scope;
    private final @Nullable MailAddress sender;
    private final EnvelopeRecord record;
    private boolean monitored;
    private boolean closed;

    /** @param sender null for the null sender, which is never deferred by a clock and never asked about here */
    NameStage(SessionContext scope, @Nullable MailAddress sender, EnvelopeRecord record) {
        this.scope = scope;
        this.sender = sender;
        this.record = record;
    }

    void close() {
        closed = true;
    }

    /** {@code then} gets the refusal, or null: at once in monitor mode; not at all when the transaction ends before. */
    void ask(ChecksSettings rules, Consumer<@Nullable SmtpReply> then) {
        switch (rules.reverseDns().mode()) {
            case OFF -> then.accept(null);
            case MONITOR -> {
                if (!monitored) {
                    monitored = true;
                    scope.facts()
                            .whenNamed(
                                    name -> record.monitored(decide(name, rules, Deferral.ALLOWED), scope.journal()));
                }
                then.accept(null);
            }
            case ENFORCE ->
                scope.facts().whenNamed(name -> {
                    if (!closed) {
                        then.accept(enforce(name, rules));
                    }
                });
        }
    }

    private @Nullable SmtpReply enforce(ClientName name, ChecksSettings rules) {
        Decision decision = decide(name, rules, Deferral.ALLOWED);
        if (decision.action() == Action.DEFER && sender != null) {
            decision = decide(name, rules, scope.deferral(sender, rules));
        }
        if (decision.reply() != null) {
            record.rule(decision.rule());
        }
        return decision.reply();
    }

    private Decision decide(ClientName name, ChecksSettings rules, Deferral deferral) {
        return ReverseDnsRules.decide(name, rules.reverseDns(), deferral, scope.facts().ip, record.id());
    }
}
