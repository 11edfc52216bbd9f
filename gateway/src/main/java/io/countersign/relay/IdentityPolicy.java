package io.countersign.relay;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was found out about the MTA and XCLIENT, and how often that is said. Thread-safe. */
final class IdentityPolicy {
    private static final Logger LOG = LoggerFactory.getLogger(IdentityPolicy.class);
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final long NEVER = Long.MIN_VALUE;

    private final LongSupplier ticker;
    private final MtaMetrics metrics;
    private final AtomicLong oneClientSince = new AtomicLong(NEVER);
    private final AtomicLong notOfferedSaid = new AtomicLong(NEVER);

    IdentityPolicy(LongSupplier ticker, MtaMetrics metrics) {
        this.ticker = ticker;
        this.metrics = metrics;
    }

    /** The MTA refuses a second identity on a connection: a new one is dialled for each client. Tried again after an hour. */
    boolean isOneClient() {
        long since = oneClientSince.get();
        if (since == NEVER) {
            return false;
        }
        if (ticker.getAsLong() - since < HOUR) {
            return true;
        }
        oneClientSince.compareAndSet(since, NEVER);
        return false;
    }

    /** A client was refused as a second identity and then accepted as the first of a new connection. */
    void secondIdentityRefused() {
        if (oneClientSince.getAndSet(ticker.getAsLong()) == NEVER) {
            LOG.info("The MTA takes one client a connection: it refused a second XCLIENT");
        }
    }

    void refused(String label, Object reply) {
        metrics.identityRefused();
        LOG.debug("{}: XCLIENT refused: {}", label, reply);
    }

    /** {@code client-identity = auto}, and the MTA offers no XCLIENT: mail goes on, and every hour it is said that the MTA sees us only. */
    void notOffered(String label) {
        metrics.identityNotOffered();
        long now = ticker.getAsLong();
        long said = notOfferedSaid.get();
        if ((said == NEVER || now - said >= HOUR) && notOfferedSaid.compareAndSet(said, now)) {
            LOG.error(
                    "{}: the MTA does not offer us XCLIENT with ADDR: it sees every client under our address."
                            + " Let it take XCLIENT from here (Postfix: smtpd_authorized_xclient_hosts),"
                            + " or say what you want with backend.client-identity",
                    label);
        }
    }
}
