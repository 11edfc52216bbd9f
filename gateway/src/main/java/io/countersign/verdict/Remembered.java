package io.countersign.verdict;

import org.jspecify.annotations.Nullable;

/**
 * A verdict found in memory.
 *
 * @param verdict with its age; its source is {@link Source#CACHE}, or {@link Source#STALE} past its refresh
 * @param lastAttempt the last question since, which brought nothing definite; null when there was none of late
 */
public record Remembered(
        Verdict verdict, Standing standing, @Nullable Verdict lastAttempt) {
    public enum Standing {
        /** Within its refresh. */
        FRESH,
        /** Past its refresh, or refused once while it was good: to be asked again. */
        DUE,
        /** As {@link #DUE}, but somebody has asked a short while ago: nobody is asked now. */
        ASKED_LATELY
    }

    /** Whether the question should be asked again now; a deliverable verdict serves meanwhile. */
    public boolean needsRefresh() {
        return standing == Standing.DUE;
    }

    /** Whether it is proof. A negative past its refresh refuses nobody before it has been asked again; without new proof: 4xx. */
    public boolean mayRefuse() {
        return verdict.kind() == Kind.UNDELIVERABLE && standing == Standing.FRESH;
    }

    Remembered askedLately() {
        return standing == Standing.DUE ? new Remembered(verdict, Standing.ASKED_LATELY, lastAttempt) : this;
    }
}
