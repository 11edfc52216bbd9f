package io.countersign.smtp;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The extensions of an EHLO reply (RFC 5321 §4.1.1.1): keyword in upper case to its parameters as one string ("" for none).
 * Immutable; iteration in the order of the reply.
 */
public record Capabilities(String greetingName, Map<String, String> keywords) {
    public static final Capabilities NONE = new Capabilities("", Map.of());

    /** Reads the lines of a 250 reply to EHLO; lines that do not fit the grammar are skipped. The same keyword twice: the first counts. */
    public static Capabilities fromReply(SmtpReply ehloReply) {
        throw new AssertionError("P1 " + ehloReply);
    }

    /** The lines of an EHLO reply, first {@code greetingName}. */
    public List<String> lines() {
        throw new AssertionError("P1");
    }

    public boolean has(String keyword) {
        return keywords.containsKey(keyword);
    }

    /** The parameters of a keyword, split at blanks; empty list when it has none or is not offered. */
    public List<String> parameters(String keyword) {
        throw new AssertionError("P1 " + keyword);
    }

    /** SIZE in octets (RFC 1870); empty when not offered or without limit (0). */
    public Optional<Long> size() {
        throw new AssertionError("P1");
    }
}
