package io.countersign.relay;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** What an operator can see of the connections to the MTA. No label is anything a peer could choose. */
final class MtaMetrics {
    enum Dial {
        CONNECTED,
        FAILED,
        /** The MTA answered, but not this client. */
        CLIENT_REFUSED,
        /** Not tried: the breaker is open. */
        BREAKER_OPEN
    }

    enum Reuse {
        SAME_CLIENT,
        /** Another client by XCLIENT. */
        CHANGED,
        /** No identity is passed on. */
        ANYONE,
        /** Found closed at its first use; tried again on a new one. */
        STALE
    }

    enum Wait {
        SERVED,
        TIMED_OUT,
        /** Too many were waiting already. */
        REFUSED
    }

    private final Map<Dial, Counter> dials = new EnumMap<>(Dial.class);
    private final Map<Reuse, Counter> reuses = new EnumMap<>(Reuse.class);
    private final Map<Wait, Counter> waits = new EnumMap<>(Wait.class);
    private final Counter identityRefused;
    private final Counter identityNotOffered;
    private final Counter late;
    private final Counter held;

    MtaMetrics(MeterRegistry meters) {
        for (Dial dial : Dial.values()) {
            dials.put(dial, counter(meters, "countersign.mta.dials", dial, "Connections to the MTA that were tried"));
        }
        for (Reuse reuse : Reuse.values()) {
            reuses.put(
                    reuse,
                    counter(meters, "countersign.mta.reuses", reuse, "Transactions on a connection used before"));
        }
        for (Wait wait : Wait.values()) {
            waits.put(
                    wait, counter(meters, "countersign.mta.waits", wait, "Transactions that found no connection free"));
        }
        identityRefused = Counter.builder("countersign.mta.xclient.refused")
                .description("XCLIENT refused by the MTA")
                .register(meters);
        identityNotOffered = Counter.builder("countersign.mta.identity.not.passed")
                .description(
                        "Connections on which the client's identity could not be passed on: XCLIENT is not offered")
                .register(meters);
        late = Counter.builder("countersign.mta.late.replies")
                .description("Replies to a message that came after its client was told 451")
                .register(meters);
        held = Counter.builder("countersign.mta.hold.expired")
                .description("Connections taken back from clients that were silent between RCPT and DATA")
                .register(meters);
    }

    void gauges(MeterRegistry meters, Supplier<Number> open, Supplier<Number> idle, Supplier<Number> waiting) {
        gauge(meters, "countersign.mta.connections.open", "Connections to the MTA that are open", open);
        gauge(meters, "countersign.mta.connections.idle", "Connections to the MTA that wait for another use", idle);
        gauge(
                meters,
                "countersign.mta.transactions.waiting",
                "Transactions that wait for a connection to the MTA",
                waiting);
    }

    private static void gauge(MeterRegistry meters, String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(meters);
    }

    void dial(Dial result) {
        count(dials, result);
    }

    void reuse(Reuse kind) {
        count(reuses, kind);
    }

    void wait(Wait result) {
        count(waits, result);
    }

    void identityRefused() {
        identityRefused.increment();
    }

    void identityNotOffered() {
        identityNotOffered.increment();
    }

    void lateReply() {
        late.increment();
    }

    void holdExpired() {
        held.increment();
    }

    private static <K extends Enum<K>> void count(Map<K, Counter> counters, K key) {
        Counter counter = counters.get(key);
        if (counter != null) {
            counter.increment();
        }
    }

    private static Counter counter(MeterRegistry meters, String name, Enum<?> result, String description) {
        return Counter.builder(name)
                .tag("result", result.name().toLowerCase(Locale.ROOT))
                .description(description)
                .register(meters);
    }
}
