package io.countersign.verdict;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What we concluded about one address.
 *
 * @param stage how far the question came, or null when nothing was asked
 * @param age since it was reached; zero when fresh. Measured by a monotonic clock
 * @param at wall-clock time it was reached; for people, never for arithmetic
 */
public record Verdict(
        Reason reason, @Nullable Stage stage, Source source, Duration age, Instant at, Evidence evidence) {
    /** A verdict reached just now by asking. */
    public static Verdict asked(Reason reason, Stage stage, Evidence evidence) {
        return new Verdict(reason, stage, Source.CALLOUT, Duration.ZERO, Instant.now(), evidence);
    }

    /** A verdict by our own rule, without asking anybody. */
    public static Verdict ruled(Reason reason, String detail) {
        return new Verdict(reason, null, Source.RULE, Duration.ZERO, Instant.now(), Evidence.of(detail));
    }

    public Kind kind() {
        return reason.kind();
    }

    /** The same verdict as it is found again. */
    public Verdict remembered(Source from, Duration newAge) {
        return new Verdict(reason, stage, from, newAge, at, evidence);
    }
}
