package io.countersign.verdict;

import org.jspecify.annotations.Nullable;

/** @param at when it was learnt, by the cache's monotonic clock: only differences mean anything */
record Fact(Verdict verdict, long at) {
    Reason reason() {
        return verdict.reason();
    }

    Kind kind() {
        return verdict.kind();
    }

    boolean isDefinite() {
        return kind() != Kind.UNDETERMINED;
    }

    boolean lives(long now, Lives lives) {
        return now - at < lives.life(reason());
    }

    /** Nanoseconds; not negative. */
    long left(long now, Lives lives) {
        return Math.max(0, lives.life(reason()) - (now - at));
    }

    /** Octets of memory, roughly. */
    int weight() {
        Evidence evidence = verdict.evidence();
        int octets = 160
                + length(evidence.exchanger())
                + length(evidence.address())
                + length(evidence.reply())
                + length(evidence.detail());
        for (String line : evidence.dialogue()) {
            octets += length(line);
        }
        return octets;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : 56 + text.length();
    }
}
