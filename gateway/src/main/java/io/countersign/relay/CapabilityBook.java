package io.countersign.relay;

import io.countersign.smtp.Capabilities;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the MTA offers, as clients are told. Learnt from each new connection's EHLO. A keyword that a client relied on and a
 * connection then lacked (a restart, an MTA that offers less to some clients) is withheld for an hour: the client's next
 * attempt goes without it, instead of failing again. Thread-safe.
 */
final class CapabilityBook {
    private static final Logger LOG = LoggerFactory.getLogger(CapabilityBook.class);
    private static final long WITHHELD = TimeUnit.HOURS.toNanos(1);

    private final CapabilityMemory memory;
    private final LongSupplier ticker;
    /** Keys are keywords that we use ourselves, a handful. */
    private final Map<String, Long> withheldSince = new ConcurrentHashMap<>();

    private volatile Optional<Capabilities> learnt;
    private volatile Optional<Capabilities> offered;

    CapabilityBook(CapabilityMemory memory, LongSupplier ticker) {
        this.memory = memory;
        this.ticker = ticker;
        learnt = memory.load();
        offered = learnt;
    }

    Optional<Capabilities> offered() {
        if (!withheldSince.isEmpty()) {
            refresh();
        }
        return offered;
    }

    void learnt(Capabilities now) {
        Optional<Capabilities> before = learnt;
        if (before.isPresent() && before.get().equals(now)) {
            return;
        }
        synchronized (this) {
            learnt = Optional.of(now);
            offered = Optional.of(without(now));
        }
        LOG.info("The MTA offers {}", now.keywords().keySet());
        memory.save(now);
    }

    /** A connection lacked what a client had been offered. */
    void missing(String keyword) {
        if (withheldSince.put(keyword, ticker.getAsLong()) == null) {
            LOG.warn(
                    "The MTA did not offer {} on a connection that needed it: clients are not offered it for an hour",
                    keyword);
        }
        refresh();
    }

    private synchronized void refresh() {
        long now = ticker.getAsLong();
        boolean changed = withheldSince.values().removeIf(since -> now - since >= WITHHELD);
        Optional<Capabilities> all = learnt;
        if (all.isPresent() && (changed || !withheldSince.isEmpty())) {
            offered = Optional.of(without(all.get()));
        }
    }

    private Capabilities without(Capabilities all) {
        if (withheldSince.keySet().stream().noneMatch(all::has)) {
            return all;
        }
        Map<String, String> rest = new LinkedHashMap<>(all.keywords());
        rest.keySet().removeAll(withheldSince.keySet());
        return new Capabilities(all.greetingName(), rest);
    }
}
