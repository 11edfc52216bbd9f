package io.countersign.spf;

import java.util.Locale;

/** RFC 7208 §2.6. */
public enum SpfResult {
    NONE,
    NEUTRAL,
    PASS,
    FAIL,
    SOFTFAIL,
    TEMPERROR,
    PERMERROR;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** As it stands in Authentication-Results. */
    public String word() {
        return word;
    }
}
