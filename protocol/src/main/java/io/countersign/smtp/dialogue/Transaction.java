package io.countersign.smtp.dialogue;

import io.countersign.smtp.MailParameters;

/** What the order of commands depends on within one transaction (RFC 5321 §3.3); all of it goes at once. */
final class Transaction {
    private boolean open;
    private boolean smtpUtf8;
    private int given;
    private int accepted;
    private boolean chunks;

    void begin(MailParameters parameters) {
        end();
        open = true;
        smtpUtf8 = parameters.smtpUtf8();
    }

    void end() {
        open = false;
        smtpUtf8 = false;
        given = 0;
        accepted = 0;
        chunks = false;
    }

    void recipientGiven() {
        given++;
    }

    void recipientAccepted() {
        if (!open) {
            throw new IllegalStateException("a recipient was accepted outside a transaction");
        }
        accepted++;
    }

    void chunkBegun() {
        chunks = true;
    }

    boolean isOpen() {
        return open;
    }

    boolean smtpUtf8() {
        return smtpUtf8;
    }

    /** RCPT commands so far, whatever was answered. */
    int given() {
        return given;
    }

    int accepted() {
        return accepted;
    }

    /** True once BDAT brought content. */
    boolean hasChunks() {
        return chunks;
    }
}
