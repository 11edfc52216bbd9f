package io.countersign.journal;

/** The journal cannot be read or written; the message is for the operator. */
public final class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JournalException(String what) {
        super(what);
    }

    public JournalException(String what, Throwable cause) {
        super(what, cause);
    }
}
