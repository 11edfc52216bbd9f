package io.countersign.edge;

import io.countersign.journal.TransactionRecord.Outcome;
import io.countersign.smtp.ForwardPath;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what happens at the edge. Label values are words of ours, never a client's. Thread-safe. */
final class EdgeMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(EdgeMetrics.class);
    private static final long ALERT_EVERY_NANOS = 60_000_000_000L;

    private final Counter[] struck;
    private final Counter[] transactions;
    private final Counter sessions;
    private final Counter octets;
    private final Counter probes;
    private final ProbeMeters probeAnswers;
    private final Counter disagreements;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong lastAlert = new AtomicLong(System.nanoTime() - ALERT_EVERY_NANOS);

    EdgeMetrics(MeterRegistry registry) {
        struck = Arrays.stream(Limits.values())
                .map(limit -> counter(
                                "countersign.client.limit.strikes", "How often clients struck a limit, by its key")
                        .tag("limit", limit.key())
                        .register(registry))
                .toArray(Counter[]::new);
        transactions = Arrays.stream(Outcome.values())
                .map(o -> counter("countersign.transactions", "Transactions that ended, by what became of them")
                        .tag("decision", o.name().toLowerCase(Locale.ROOT))
                        .register(registry))
                .toArray(Counter[]::new);
        sessions = counter("countersign.sessions", "Sessions of clients that began")
                .register(registry);
        octets = counter("countersign.content", "Content of messages that came in")
                .baseUnit("bytes")
                .register(registry);
        probes = counter("countersign.probes", "Callouts of other servers that were answered")
                .register(registry);
        probeAnswers = new ProbeMeters(registry);
        disagreements = counter(
                        "countersign.mta.relaying.disagreements",
                        "Recipients in our domains for which the MTA denied relaying: its configuration and ours disagree")
                .register(registry);
        Gauge.builder("countersign.sessions.open", open, AtomicInteger::get)
                .description("Sessions of clients that are open")
                .register(registry);
    }

    private static Counter.Builder counter(String name, String description) {
        return Counter.builder(name).description(description);
    }

    void struck(Limits limit) {
        struck[limit.ordinal()].increment();
    }

    void sessionOpened() {
        sessions.increment();
        open.incrementAndGet();
    }

    void sessionClosed() {
        open.decrementAndGet();
    }

    void transaction(Outcome outcome, long size) {
        transactions[outcome.ordinal()].increment();
        octets.increment(size);
    }

    /** Another server's callout came and went. */
    void probe() {
        probes.increment();
    }

    ProbeMeters probeAnswers() {
        return probeAnswers;
    }

    /** The MTA denies relaying for a domain of ours: told once a minute, whatever strangers ask for. */
    void relayingDisagreement(ForwardPath path) {
        disagreements.increment();
        long now = System.nanoTime();
        long last = lastAlert.get();
        if (now - last >= ALERT_EVERY_NANOS && lastAlert.compareAndSet(last, now) && path.mailbox() != null) {
            LOG.error(
                    "The MTA denies relaying for {}, a domain of ours: its configuration and 'domains' disagree; mail for it is deferred",
                    path.mailbox().domain());
        }
    }
}
