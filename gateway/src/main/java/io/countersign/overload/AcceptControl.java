package io.countersign.overload;

/** The listeners, as the guard holds them back. Called on its thread or an event loop; must not block. */
public interface AcceptControl {
    /** Accepts nobody until {@link #resumeAccepting}: who connects waits in the system's queue. */
    void pauseAccepting();

    void resumeAccepting();

    /** While paused: accepts a handful, so that whoever waits is served some day. */
    void acceptSome();
}
