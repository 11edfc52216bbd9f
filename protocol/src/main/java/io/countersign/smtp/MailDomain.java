package io.countersign.smtp;

import java.util.Optional;

/**
 * A domain or address literal as it may stand after the {@code @} of a mailbox (RFC 5321 §4.1.2, §4.1.3; RFC 6531 §3.3).
 *
 * <p>Made only by {@link #parse}: no CR, LF, NUL, space, angle bracket or other character outside the grammar can exist in
 * one. At most 255 octets; labels of at most 63. A trailing dot is not accepted. Equality ignores ASCII case.
 */
public final class MailDomain {
    private final String text;
    private final String key;

    private MailDomain(String text, String key) {
        this.text = text;
        this.key = key;
    }

    /** Parses {@code text} (without surrounding blanks); empty when it is neither a domain nor an address literal. */
    public static Optional<MailDomain> parse(String text) {
        throw new AssertionError("P1 " + text);
    }

    /** As it was given; printable on the wire (UTF-8 when {@link #isAscii()} is false). */
    public String text() {
        return text;
    }

    /** Lower case (ASCII letters only), the key under which caches and limits know this domain. */
    public String key() {
        return key;
    }

    /** True for {@code [192.0.2.1]} and {@code [IPv6:…]}. */
    public boolean isLiteral() {
        return text.charAt(0) == '[';
    }

    /** False for a domain with U-labels, which only SMTPUTF8 may carry (RFC 6531 §3.3). */
    public boolean isAscii() {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7e) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof MailDomain other && key.equals(other.key);
    }

    @Override
    public int hashCode() {
        return key.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
