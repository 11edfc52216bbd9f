package io.countersign.config;

import io.countersign.smtp.MailAddress;
import java.util.List;

/** {@code a@b}, {@code b}, {@code *.b}, {@code a@} (that local part anywhere). Local parts compare without case here: an exemption is meant for people. */
public final class AddressPatterns {
    private final List<String> patterns;

    private AddressPatterns(List<String> patterns) {
        this.patterns = patterns;
    }

    /** @throws IllegalArgumentException naming the pattern that is none */
    public static AddressPatterns of(List<String> patterns) {
        throw new AssertionError("C " + new AddressPatterns(patterns));
    }

    public boolean matches(MailAddress address) {
        throw new AssertionError("C " + address);
    }

    public List<String> patterns() {
        return patterns;
    }
}
