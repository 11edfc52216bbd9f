package io.countersign.dns;

import java.util.concurrent.atomic.LongAdder;

/** Counts for the metrics; never go down. */
public final class DnsCounters {
    private final LongAdder questions = new LongAdder();
    private final LongAdder hits = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder ignored = new LongAdder();
    private final LongAdder truncated = new LongAdder();

    DnsCounters() {}

    void question() {
        questions.increment();
    }

    void hit() {
        hits.increment();
    }

    void failure() {
        failures.increment();
    }

    void refused() {
        refused.increment();
    }

    void ignored() {
        ignored.increment();
    }

    void truncated() {
        truncated.increment();
    }

    /** Questions put to a name server (a coalesced or cached one is none). */
    public long questions() {
        return questions.sum();
    }

    /** Questions answered from the cache. */
    public long cacheHits() {
        return hits.sum();
    }

    /** Questions put to a name server that ended as failed. */
    public long failures() {
        return failures.sum();
    }

    /** Questions that were not asked because too many were in flight. */
    public long tooManyInFlight() {
        return refused.sum();
    }

    /** Messages that answered no question of ours: late or forged. A flood of them is somebody guessing. */
    public long ignoredMessages() {
        return ignored.sum();
    }

    /** Answers that were asked for again by TCP. */
    public long truncatedAnswers() {
        return truncated.sum();
    }
}
