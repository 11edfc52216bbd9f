package io.countersign.relay;

import io.countersign.config.BackendSettings;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.dialogue.ClientDialogue.Awaited;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a connection went through, and as whom: decides whether it may be used again (product.md §3). */
final class ConnectionUse {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionUse.class);

    /** MTAs slow down or hang up on clients with many errors, and count RSETs against them. */
    private static final int MAX_REFUSALS = 5;

    private static final int MAX_RESETS = 90;

    /** How long 221 is waited for. */
    static final long QUIT_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Whose identity the MTA sees behind this connection. */
    enum Bearing {
        /** Nobody's: ours, and no client's will be passed on. Serves every client. */
        ANYONE,
        /** Nobody's yet: XCLIENT comes before the first transaction. */
        BLANK,
        /** A client's, by XCLIENT; another one's may follow as long as the MTA offers it. */
        CHANGEABLE,
        /** A client's for good. */
        FIXED
    }

    private final LongSupplier ticker;
    private final MtaMetrics metrics;
    private final long opened;
    private int transactions;
    private int refusals;
    private int resets;
    private long idleSince;
    private boolean wasIdle;
    private Bearing bearing = Bearing.BLANK;
    private @Nullable ClientIdentity identity;
    private @Nullable Object owner;

    ConnectionUse(LongSupplier ticker, MtaMetrics metrics) {
        this.ticker = ticker;
        this.metrics = metrics;
        this.opened = ticker.getAsLong();
    }

    LongSupplier ticker() {
        return ticker;
    }

    Bearing bearing() {
        return bearing;
    }

    void bears(Bearing now, @Nullable ClientIdentity client) {
        bearing = now;
        identity = client;
    }

    /** Whether a transaction of this client may go over it as it is. */
    boolean serves(ClientIdentity client) {
        return bearing == Bearing.ANYONE || client.equals(identity);
    }

    /** Whether it may have been stale already when the transaction that was begun last took it (BE13). */
    boolean isReused() {
        return wasIdle || transactions > 1;
    }

    void begun() {
        transactions++;
    }

    void replied(Awaited to, SmtpReply reply) {
        switch (to) {
            case MAIL, RCPT, DATA, CONTENT, CHUNK -> refusals += reply.code() >= 400 ? 1 : 0;
            case RSET -> resets++;
            default -> {}
        }
    }

    /** The MTA took a message. */
    void accepted() {
        refusals = 0;
        resets = 0;
    }

    /** Not for another transaction, though the one under way may end. */
    boolean isWorn(BackendSettings.Pool pool) {
        return refusals >= MAX_REFUSALS
                || resets >= MAX_RESETS
                || transactions >= pool.uses()
                || ticker.getAsLong() - opened >= pool.lifetime().toNanos();
    }

    /** Idle from now on. @param by the session that used it and may come back for it, or null */
    void idle(@Nullable Object by) {
        idleSince = ticker.getAsLong();
        wasIdle = true;
        owner = by;
    }

    long idleSince() {
        return idleSince;
    }

    /** Whether a session that lives still may come back for it. */
    boolean isOwned() {
        return owner != null;
    }

    /** The session is over. @return whether it was the one to come back */
    boolean disown(Object by) {
        boolean mine = owner == by;
        if (mine) {
            owner = null;
        }
        return mine;
    }

    /** Takes the answer to a message whose client was told already that there is none (BE07). */
    Consumer<SmtpReply> late(String label, Runnable then) {
        return reply -> {
            metrics.lateReply();
            if (reply.isPositive()) {
                LOG.warn("{}: late 250, the client was told 451: a possible duplicate: {}", label, reply);
            } else {
                LOG.info("{}: late refusal, the client was told 451: {}", label, reply);
            }
            then.run();
        };
    }
}
