package io.countersign.admin.http;

/** A request that cannot be answered as it is; its message tells the asker why and quotes nothing that was sent. */
public final class BadRequest extends Exception {
    private static final long serialVersionUID = 1;

    public BadRequest(String message) {
        super(message, null, false, false);
    }
}
