package io.countersign.spf;

/** A record that does not fit the grammar; never leaves this room, where it becomes PERMERROR (RFC 7208 §4.6). */
final class SpfSyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Without stack trace: strangers decide how often one is made. */
    SpfSyntaxException(String message) {
        super(message, null, false, false);
    }
}
