package io.countersign.relay;

import java.util.function.LongSupplier;

/**
 * The clocks of one connection, in nanoseconds of the ticker. All are absolute: an octet that arrives stops none of them. They
 * are looked at by a sweep, not by a timer each.
 */
final class Deadlines {
    static final long NONE = Long.MAX_VALUE;

    private final LongSupplier ticker;
    private final long stall;
    private long replySince;
    private boolean unwritable;
    private long unwritableSince;
    private boolean expires;
    private long expiry;

    /** @param stall how long the peer may leave us unable to write */
    Deadlines(LongSupplier ticker, long stall) {
        this.ticker = ticker;
        this.stall = stall;
    }

    /** The oldest owed reply is waited for from now on: under pipelining each has its time after the one before. */
    void replyAwaited() {
        replySince = ticker.getAsLong();
    }

    boolean replyOverdue(long now, long limit) {
        return limit != NONE && now - replySince > limit;
    }

    void writable(boolean writable) {
        if (writable) {
            unwritable = false;
        } else if (!unwritable) {
            unwritable = true;
            unwritableSince = ticker.getAsLong();
        }
    }

    boolean isStalled(long now) {
        return unwritable && now - unwritableSince > stall;
    }

    /** The connection as a whole ends then, unless {@link #clearExpiry} comes first. */
    void expireIn(long nanos) {
        expires = true;
        expiry = ticker.getAsLong() + nanos;
    }

    void clearExpiry() {
        expires = false;
    }

    boolean isExpired(long now) {
        return expires && now - expiry > 0;
    }
}
