package io.countersign.smtp;

import java.util.Optional;

/**
 * A mailbox: local part and domain (RFC 5321 §4.1.2; RFC 6531 §3.3 for UTF-8).
 *
 * <p>Made only by {@link #parse}. The local part keeps its case (RFC 5321 §2.4); a quoted string that needs no quotes is
 * printed without them, one that does is printed in its canonical quoted form, so that no later server can read another
 * address out of it. Local part at most 64 octets, the whole at most 254.
 */
public final class MailAddress {
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
        throw new AssertionError("P1 " + text);
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
        throw new AssertionError("P1");
    }

    /** The cache key: local part as given, domain in lower case (RFC 5321 §2.4). */
    public String key() {
        throw new AssertionError("P1");
    }

    @Override
    public String toString() {
        return text;
    }
}
