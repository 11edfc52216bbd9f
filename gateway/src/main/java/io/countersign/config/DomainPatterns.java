package io.countersign.config;

import io.countersign.smtp.MailDomain;
import java.util.List;

/** Domains and wildcards: {@code b} matches that domain alone, {@code *.b} every name below it. Compared as A-labels in lower case (UTS #46). */
public final class DomainPatterns {
    private final List<String> patterns;

    private DomainPatterns(List<String> patterns) {
        this.patterns = patterns;
    }

    /** @throws IllegalArgumentException naming the pattern that is none */
    public static DomainPatterns of(List<String> patterns) {
        throw new AssertionError("C " + new DomainPatterns(patterns));
    }

    public boolean matches(MailDomain domain) {
        throw new AssertionError("C " + domain);
    }

    /** In the order written, normalised. */
    public List<String> patterns() {
        return patterns;
    }
}
