package io.countersign.edge;

import io.countersign.smtp.codec.SmtpServerDecoder;

/** Why the client is not read at the moment; the decoder goes on when no reason is left. Belongs to the event loop. */
final class PauseReasons {
    /** A command waits for the replies before it. */
    static final int COMMAND_HELD = 1;
    /** As many replies are waited for as one session may have. */
    static final int REPLIES_WAITING = 2;
    /** The client does not read what we say. */
    static final int CLIENT_SLOW = 4;
    /** The MTA does not read what the client says. */
    static final int MTA_SLOW = 8;
    /** The first BDAT: nothing may go out before the MTA's side is open. */
    static final int CHUNK_OPENING = 16;

    private final SmtpServerDecoder decoder;
    private final Runnable resumed;
    private int reasons;

    /** @param resumed told whenever the last reason is gone, behind the decoder */
    PauseReasons(SmtpServerDecoder decoder, Runnable resumed) {
        this.decoder = decoder;
        this.resumed = resumed;
    }

    void add(int reason) {
        if (reasons == 0) {
            decoder.pause();
        }
        reasons |= reason;
    }

    void remove(int reason) {
        if (reasons == 0) {
            return;
        }
        reasons &= ~reason;
        if (reasons == 0) {
            decoder.resume();
            resumed.run();
        }
    }

    /** The channel is gone: nothing is to be resumed. */
    void forget() {
        reasons = 0;
    }

    boolean any() {
        return reasons != 0;
    }

    boolean has(int reason) {
        return (reasons & reason) != 0;
    }
}
