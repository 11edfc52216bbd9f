package io.countersign.smtp;

import java.util.Optional;

/**
 * A mailbox: local part and domain (RFC 5321 §4.1.2; RFC 6531 §3.3 for UTF-8).
 *
 * <p>Made only by {@link #parse}. The local part keeps its case (RFC 5321 §2.4); a quoted string that needs no quotes is
 * printed without them, one that does is printed in its canonical quoted form, so that no later server can read another
 * address out of it. Local part at most 64 octets as printed, the whole at most 254. Two are equal when their local parts
 * are the same and their domains differ in ASCII case at most.
 */
public final class MailAddress {
    /** RFC 5321 §4.5.3.1.1. */
    private static final int LOCAL_PART_OCTETS = 64;
    /** A path of 256 octets (RFC 5321 §4.5.3.1.3) less its angle brackets. */
    private static final int OCTETS = 254;
    /** Longer input than this cannot become short enough by losing its escapes: it is not even read. */
    private static final int INPUT_CHARS = OCTETS + LOCAL_PART_OCTETS + 2;

    private final String localPart;
    private final MailDomain domain;
    private final String text;

    private MailAddress(String localPart, MailDomain domain, String text) {
        this.localPart = localPart;
        this.domain = domain;
        this.text = text;
    }

    /** Parses {@code local@domain} without angle brackets; empty when it does not fit the grammar. */
    public static Optional<MailAddress> parse(String text) {
        if (text.isEmpty() || text.length() > INPUT_CHARS) {
            return Optional.empty();
        }
        boolean quoted = text.charAt(0) == '"';
        int at = quoted ? LocalParts.endOfQuotedString(text, 0) : LocalParts.endOfDotString(text, 0);
        if (at < 0 || at >= text.length() || text.charAt(at) != '@') {
            return Optional.empty();
        }
        Optional<MailDomain> parsedDomain = MailDomain.parse(text.substring(at + 1));
        if (parsedDomain.isEmpty()) {
            return Optional.empty();
        }
        MailDomain domain = parsedDomain.get();
        String given = text.substring(0, at);
        String localPart = quoted ? LocalParts.unquote(given) : given;
        String printed = quoted && !LocalParts.isDotString(localPart) ? LocalParts.quote(localPart) : localPart;
        String canonical = printed.equals(given) ? text : printed + "@" + domain.text();
        int octets = Characters.utf8Length(canonical, 0, canonical.length());
        if (Characters.utf8Length(printed, 0, printed.length()) > LOCAL_PART_OCTETS || octets > OCTETS) {
            return Optional.empty();
        }
        return Optional.of(new MailAddress(localPart, domain, canonical));
    }

    /** True when a character outside ASCII may stand in a local part: well formed, no control, no mark that turns the text's direction. */
    public static boolean mayContain(int codePoint) {
        return codePoint >= 0x80 && Characters.isHarmless(codePoint);
    }

    /** The local part's content: unquoted and unescaped. May hold {@code @}, blanks, {@code %}; never CR, LF, NUL. */
    public String localPart() {
        return localPart;
    }

    public MailDomain domain() {
        return domain;
    }

    /** Canonical wire form, e.g. {@code a@b} or {@code "a b"@c}; without angle brackets. */
    public String text() {
        return text;
    }

    /** False when local part or domain need SMTPUTF8. */
    public boolean isAscii() {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7e) {
                return false;
            }
        }
        return true;
    }

    /** The cache key: local part as given, domain in lower case (RFC 5321 §2.4). */
    public String key() {
        if (domain.key().equals(domain.text())) {
            return text;
        }
        return text.substring(0, text.length() - domain.text().length()) + domain.key();
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof MailAddress other && localPart.equals(other.localPart) && domain.equals(other.domain);
    }

    @Override
    public int hashCode() {
        return 31 * localPart.hashCode() + domain.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
