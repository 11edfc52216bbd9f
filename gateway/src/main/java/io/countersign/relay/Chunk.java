package io.countersign.relay;

import io.countersign.smtp.SmtpCommand;

/** A chunk whose octets are being handed over (RFC 3030 §2). */
final class Chunk {
    final Exchange exchange;
    private final SmtpCommand.Bdat bdat;
    private long left;

    Chunk(SmtpCommand.Bdat bdat, Exchange exchange) {
        this.bdat = bdat;
        this.exchange = exchange;
        this.left = bdat.size();
    }

    /** Octets that are to come. */
    long left() {
        return left;
    }

    /** @param octets at most {@link #left} @return whether these were the last ones */
    boolean take(int octets) {
        left -= octets;
        return left == 0;
    }

    boolean isComplete() {
        return left == 0;
    }

    boolean isLast() {
        return bdat.last();
    }
}
