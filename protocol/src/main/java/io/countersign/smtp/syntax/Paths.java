package io.countersign.smtp.syntax;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import org.jspecify.annotations.Nullable;

/** The paths of MAIL and RCPT (RFC 5321 §4.1.2): where one ends, and the mailbox in it. */
final class Paths {
    static final int NONE = -1;

    private Paths() {}

    /** Where the path whose {@code <} stands at {@code from} ends: behind its {@code >}, or {@link #NONE}. Quotes may hide a {@code >}. */
    static int end(byte[] line, int from, int to) {
        boolean quoted = false;
        for (int i = from + 1; i < to; i++) {
            byte octet = line[i];
            if (quoted) {
                if (octet == '\\') {
                    i++;
                } else if (octet == '"') {
                    quoted = false;
                }
            } else if (octet == '"') {
                quoted = true;
            } else if (octet == '>') {
                return i + 1;
            }
        }
        return NONE;
    }

    /**
     * The mailbox between the angle brackets; a source route before it is checked and dropped (RFC 5321 §4.1.1.3, appendix C).
     *
     * @return null when it does not fit the grammar
     */
    static @Nullable MailAddress mailbox(byte[] line, int from, int to) {
        String text = Octets.utf8(line, from, to);
        if (text == null) {
            return null;
        }
        if (text.startsWith("@")) {
            int colon = endOfRoute(text);
            if (colon == NONE) {
                return null;
            }
            text = text.substring(colon + 1);
        }
        return MailAddress.parse(text).orElse(null);
    }

    /** The colon behind {@code @a,@b}, or {@link #NONE}. */
    private static int endOfRoute(String text) {
        int at = 0;
        while (at < text.length() && text.charAt(at) == '@') {
            int end = endOfRouteDomain(text, at + 1);
            if (end == text.length()
                    || MailDomain.parse(text.substring(at + 1, end)).isEmpty()) {
                return NONE;
            }
            if (text.charAt(end) == ':') {
                return end;
            }
            at = end + 1;
        }
        return NONE;
    }

    /** The next comma or colon; those within an address literal do not count. */
    private static int endOfRouteDomain(String text, int from) {
        int i = from;
        boolean literal = false;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == '[') {
                literal = true;
            } else if (c == ']') {
                literal = false;
            } else if (!literal && (c == ',' || c == ':')) {
                return i;
            }
            i++;
        }
        return i;
    }
}
