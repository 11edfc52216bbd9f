package io.countersign.callout;

import io.countersign.limit.Grant;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Source;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a callout says what it found. */
final class Verdicts {
    private Verdicts() {}

    /** @param at who answered, or failed to; null where nobody was dialled */
    static Verdict of(@Nullable Destination at, Finding finding, Conversation conversation) {
        Evidence evidence = new Evidence(
                at == null ? null : at.exchanger(),
                at == null ? null : at.address().getHostAddress(),
                finding.reply() == null
                        ? null
                        : Conversation.printable(finding.reply().toString()),
                Conversation.printable(finding.detail()),
                conversation.lines());
        // An open breaker is our own choice, whatever it rests on.
        return finding.reason() == Reason.CIRCUIT_OPEN
                ? new Verdict(finding.reason(), null, Source.RULE, Duration.ZERO, Instant.now(), evidence)
                : Verdict.asked(finding.reason(), finding.stage(), evidence);
    }

    /** A limit of ours said no. */
    static Verdict of(Grant.Refused refused) {
        Reason reason = switch (refused.why()) {
            case RATE_LIMITED -> Reason.RATE_LIMITED;
            case CIRCUIT_OPEN -> Reason.CIRCUIT_OPEN;
            case OVERLOADED -> Reason.OVERLOADED;
        };
        return Verdict.ruled(reason, refused.detail());
    }

    /** It is known of the domain as a whole, and was not asked again. */
    static Verdict known(Reason reason, Stage stage, String exchanger, @Nullable String reply, String detail) {
        Evidence evidence = new Evidence(exchanger, null, reply, detail, List.of());
        return new Verdict(reason, stage, Source.CACHE, Duration.ZERO, Instant.now(), evidence);
    }
}
