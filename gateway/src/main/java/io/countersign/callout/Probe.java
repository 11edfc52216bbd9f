package io.countersign.callout;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import java.util.Optional;

/**
 * One question to one exchanger.
 *
 * @param from what MAIL gives: the null sender, or the configured address
 * @param address what RCPT asks about, exactly as it was given
 * @param random an address of the same domain that nobody can have, asked after {@code address} was accepted; empty mostly
 */
record Probe(ReversePath from, MailAddress address, Optional<MailAddress> random) {
    /** Whether it can be put only to a server with SMTPUTF8 (RFC 6531 §3.1). */
    boolean needsUtf8() {
        return !address.isAscii() || from.address().map(a -> !a.isAscii()).orElse(false);
    }
}
