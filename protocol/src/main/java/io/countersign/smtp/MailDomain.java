package io.countersign.smtp;

import java.text.Normalizer;
import java.util.Optional;

/**
 * A domain or address literal as it may stand after the {@code @} of a mailbox (RFC 5321 §4.1.2, §4.1.3; RFC 6531 §3.3).
 *
 * <p>Made only by {@link #parse}: no CR, LF, NUL, space, angle bracket or other character outside the grammar can exist in
 * one. At most 255 octets; labels of at most 63 octets (in UTF-8), of letters, digits, hyphens (not first or last) and, as
 * names in use have them, underscores. A trailing dot is not accepted. Equality ignores ASCII case.
 */
public final class MailDomain {
    /** RFC 5321 §4.5.3.1.2. */
    private static final int OCTETS = 255;
    /** RFC 1035 §2.3.4. */
    private static final int LABEL_OCTETS = 63;
    /** The ideographic full stop, which IDNA mappings turn into a dot; NFKC leaves it alone. */
    private static final char IDEOGRAPHIC_FULL_STOP = '\u3002';

    private final String text;
    private final String key;

    private MailDomain(String text, String key) {
        this.text = text;
        this.key = key;
    }

    /** Parses {@code text} (without surrounding blanks); empty when it is neither a domain nor an address literal. */
    public static Optional<MailDomain> parse(String text) {
        if (text.isEmpty() || text.length() > OCTETS) {
            return Optional.empty();
        }
        if (text.charAt(0) == '[' ? !AddressLiterals.isLiteral(text) : !isDomain(text)) {
            return Optional.empty();
        }
        return Optional.of(new MailDomain(text, Characters.asciiLowerCase(text)));
    }

    private static boolean isDomain(String text) {
        int length = text.length();
        int labelStart = 0;
        int i = 0;
        while (i < length) {
            char c = text.charAt(i);
            if (c == '.') {
                if (!isLabelEnd(text, labelStart, i)) {
                    return false;
                }
                labelStart = ++i;
            } else if (c < 0x80) {
                if (!Characters.isAsciiLetterOrDigit(c) && c != '-' && c != '_') {
                    return false;
                }
                i++;
            } else {
                int codePoint = text.codePointAt(i);
                if (!mayStandInLabel(codePoint)) {
                    return false;
                }
                i += Character.charCount(codePoint);
            }
        }
        return isLabelEnd(text, labelStart, length) && Characters.utf8Length(text, 0, length) <= OCTETS;
    }

    private static boolean isLabelEnd(String text, int from, int to) {
        return to > from
                && text.charAt(from) != '-'
                && text.charAt(to - 1) != '-'
                && Characters.utf8Length(text, from, to) <= LABEL_OCTETS;
    }

    /**
     * Whatever a later mapping (UTS 46, NFKC) may do to this character, it must not give a dot, an {@code @}, a slash or
     * another sign with a meaning of its own: then this would be one domain here and another one there.
     */
    private static boolean mayStandInLabel(int codePoint) {
        if (!Characters.isHarmless(codePoint)) {
            return false;
        }
        String mapped = Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFKC);
        for (int i = 0; i < mapped.length(); i++) {
            char c = mapped.charAt(i);
            if (c == IDEOGRAPHIC_FULL_STOP || (c < 0x80 && !Characters.isAsciiLetterOrDigit(c))) {
                return false;
            }
        }
        return true;
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
