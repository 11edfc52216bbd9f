package io.countersign.verdict;

import java.util.Locale;

/** Where a verdict came from. */
public enum Source {
    /** Asked just now (a callout, or the MTA itself for our own domains). */
    CALLOUT,
    /** Remembered, and fresh. */
    CACHE,
    /** Remembered, past its refresh; being asked again. */
    STALE,
    /** Not asked: an exemption, a mode, a limit, SPF, DNS alone. */
    RULE;

    private final String word = name().toLowerCase(Locale.ROOT);

    public String word() {
        return word;
    }
}
