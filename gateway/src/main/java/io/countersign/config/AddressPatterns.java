package io.countersign.config;

import io.countersign.smtp.MailAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * {@code a@b}, {@code b}, {@code *.b}, {@code a@} (that local part anywhere). Local parts compare without case here: an
 * exemption is meant for people. A question allocates only where the local part has capitals. Immutable.
 */
public final class AddressPatterns {
    private final List<String> patterns;
    private final DomainPatterns domains;
    private final Set<String> localParts;
    private final Map<String, DomainPatterns> addresses;

    private AddressPatterns(List<String> patterns) {
        this.patterns = List.copyOf(patterns);
        List<String> wholeDomains = new ArrayList<>();
        Set<String> anywhere = new HashSet<>();
        Map<String, List<String>> byLocalPart = new HashMap<>();
        for (String pattern : patterns) {
            int at = pattern.lastIndexOf('@');
            if (at < 0) {
                wholeDomains.add(pattern);
            } else if (at == pattern.length() - 1) {
                anywhere.add(pattern.substring(0, at));
            } else {
                byLocalPart
                        .computeIfAbsent(pattern.substring(0, at), local -> new ArrayList<>())
                        .add(pattern.substring(at + 1));
            }
        }
        this.domains = DomainPatterns.of(wholeDomains);
        this.localParts = Set.copyOf(anywhere);
        Map<String, DomainPatterns> whole = new HashMap<>();
        byLocalPart.forEach((local, names) -> whole.put(local, DomainPatterns.of(names)));
        this.addresses = Map.copyOf(whole);
    }

    /** @throws IllegalArgumentException naming the pattern that is none */
    public static AddressPatterns of(List<String> patterns) {
        List<String> normal = new ArrayList<>(patterns.size());
        for (String pattern : patterns) {
            normal.add(normalise(pattern));
        }
        return new AddressPatterns(normal);
    }

    /** These and more. @throws IllegalArgumentException naming the pattern that is none */
    AddressPatterns plus(List<String> more) {
        List<String> all = new ArrayList<>(patterns);
        all.addAll(more);
        return of(all);
    }

    /** @throws IllegalArgumentException naming the pattern and what is wrong with it */
    public static String normalise(String pattern) {
        int at = pattern.lastIndexOf('@');
        if (at < 0) {
            return DomainPatterns.normalise(pattern);
        }
        String domain = pattern.substring(at + 1);
        if (at == 0) {
            throw new IllegalArgumentException(
                    Quoted.of(pattern) + " is no address: write " + Quoted.of(domain) + " for the whole domain");
        }
        if (domain.startsWith("*")) {
            throw new IllegalArgumentException(Quoted.of(pattern) + " is no address: write "
                    + Quoted.of(pattern.substring(0, at + 1)) + " for that local part anywhere");
        }
        String normalDomain = domain.isEmpty() ? "" : DomainPatterns.normalise(domain);
        // The grammar of a local part is the protocol's; any domain serves to ask for it.
        MailAddress address = MailAddress.parse(pattern.substring(0, at) + "@example.org")
                .orElseThrow(() -> new IllegalArgumentException(Quoted.of(pattern) + " is no address"));
        return address.localPart().toLowerCase(Locale.ROOT) + '@' + normalDomain;
    }

    public boolean matches(MailAddress address) {
        if (patterns.isEmpty()) {
            return false;
        }
        if (!domains.isEmpty() && domains.matches(address.domain())) {
            return true;
        }
        if (localParts.isEmpty() && addresses.isEmpty()) {
            return false;
        }
        String local = address.localPart().toLowerCase(Locale.ROOT);
        if (localParts.contains(local)) {
            return true;
        }
        DomainPatterns names = addresses.get(local);
        return names != null && names.matches(address.domain());
    }

    /** In the order written, normalised. */
    public List<String> patterns() {
        return patterns;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof AddressPatterns other && patterns.equals(other.patterns);
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
