package io.countersign.config;

import io.countersign.smtp.MailDomain;
import java.util.ArrayList;
import java.util.List;

/**
 * Domains and wildcards: {@code b} matches that domain alone, {@code *.b} every name below it. Compared as A-labels in lower
 * case (UTS #46). A question costs one walk over the name and no allocation, unless the name has U-labels. Immutable.
 */
public final class DomainPatterns {
    private final List<String> patterns;
    private final SuffixTable names;
    private final SuffixTable parents;

    private DomainPatterns(List<String> patterns) {
        this.patterns = List.copyOf(patterns);
        List<String> exact = new ArrayList<>();
        List<String> below = new ArrayList<>();
        for (String pattern : patterns) {
            if (pattern.startsWith("*.")) {
                below.add(pattern.substring(2));
            } else {
                exact.add(pattern);
            }
        }
        this.names = new SuffixTable(exact);
        this.parents = new SuffixTable(below);
    }

    /** @throws IllegalArgumentException naming the pattern that is none */
    public static DomainPatterns of(List<String> patterns) {
        List<String> normal = new ArrayList<>(patterns.size());
        for (String pattern : patterns) {
            normal.add(normalise(pattern));
        }
        return new DomainPatterns(normal);
    }

    /** @throws IllegalArgumentException naming the pattern and what is wrong with it */
    static String normalise(String pattern) {
        boolean wildcard = pattern.startsWith("*.");
        String name = wildcard ? pattern.substring(2) : pattern;
        String hint = "";
        if (name.indexOf('@') >= 0) {
            hint = ": an address cannot stand here";
        } else if (name.indexOf('*') >= 0) {
            hint = ": a star may only stand for whole labels at the front, as in \"*.example.org\"";
        } else if (name.endsWith(".")) {
            hint = ": leave the last dot out";
        } else if (name.startsWith(".")) {
            hint = ": write \"*" + Quoted.bare(name) + "\" for the names below it";
        }
        String text = hint;
        return (wildcard ? "*." : "")
                + HostNames.normalise(name)
                        .orElseThrow(() -> new IllegalArgumentException(Quoted.of(pattern) + " is no domain" + text));
    }

    /** False for address literals: no pattern stands for one. */
    public boolean matches(MailDomain domain) {
        if (domain.isLiteral()) {
            return false;
        }
        if (domain.isAscii()) {
            return matchesName(domain.key());
        }
        String ascii = HostNames.toAscii(domain.text());
        return ascii != null && matchesName(ascii);
    }

    /** @param name A-labels in lower case, without a trailing dot */
    boolean matchesName(String name) {
        int hash = 0;
        for (int i = name.length() - 1; i >= 0; i--) {
            char c = name.charAt(i);
            if (c == '.' && i > 0 && parents.contains(name, i + 1, hash)) {
                return true;
            }
            hash = SuffixTable.step(hash, c);
        }
        return names.contains(name, 0, hash);
    }

    boolean isEmpty() {
        return patterns.isEmpty();
    }

    /** In the order written, normalised. */
    public List<String> patterns() {
        return patterns;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof DomainPatterns other && patterns.equals(other.patterns);
    }

    @Override
    public int hashCode() {
        return patterns.hashCode();
    }

    @Override
    public String toString() {
        return patterns.toString();
    }
}
