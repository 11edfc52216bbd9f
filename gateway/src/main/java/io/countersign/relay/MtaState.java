package io.countersign.relay;

import io.countersign.limit.MtaBreaker;
import io.countersign.relay.Mta.Health;
import io.countersign.smtp.Capabilities;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is known about the MTA as a whole: configuration, capabilities, whether it can be reached. Thread-safe. */
final class MtaState {
    private static final Logger LOG = LoggerFactory.getLogger(MtaState.class);

    private final LongSupplier ticker;
    private final MtaBreaker breaker;
    private final CapabilityBook book;
    private volatile Backend backend;
    private volatile Health health = Health.UNKNOWN;
    private volatile Runnable onDown = () -> {};

    MtaState(Backend backend, CapabilityBook book, LongSupplier ticker) {
        this.backend = backend;
        this.book = book;
        this.ticker = ticker;
        this.breaker = new MtaBreaker(ticker);
    }

    LongSupplier ticker() {
        return ticker;
    }

    Backend backend() {
        return backend;
    }

    void reload(Backend now) {
        backend = now;
    }

    CapabilityBook book() {
        return book;
    }

    /** @param listener called on any thread each time a dial failed */
    void onDown(Runnable listener) {
        onDown = listener;
    }

    /** Asked before each dial, which ends in {@link #reached}, {@link #failed} or {@link #misconfigured}. */
    Optional<MtaBreaker.Attempt> mayDial() {
        return breaker.tryDial();
    }

    void reached(MtaBreaker.Attempt attempt) {
        attempt.reached();
        if (health != Health.UP) {
            health = Health.UP;
            LOG.info("The MTA can be reached");
        }
    }

    void failed(MtaBreaker.Attempt attempt, MtaAnswer why) {
        attempt.failed();
        down(why);
    }

    /** It answers, but not as the configuration asks: no reason to hold back dials, but no mail goes either. */
    void misconfigured(MtaBreaker.Attempt attempt, MtaAnswer why) {
        attempt.reached();
        down(why);
    }

    private void down(MtaAnswer why) {
        if (health != Health.DOWN) {
            health = Health.DOWN;
            LOG.error("The MTA cannot be used: {}", Details.of(why));
        }
        onDown.run();
    }

    Health health() {
        return health;
    }

    void learnt(Capabilities capabilities) {
        book.learnt(capabilities);
    }
}
