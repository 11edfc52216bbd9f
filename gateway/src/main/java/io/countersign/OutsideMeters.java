package io.countersign;

import io.countersign.callout.CalloutResult;
import io.countersign.callout.NettyCallouts;
import io.countersign.dns.DnsCounters;
import io.countersign.verdict.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/** What is counted of the questions to the outside. Labels are reasons, never names. Thread-safe. */
final class OutsideMeters {
    private final MeterRegistry registry;
    /** The registry holds them weakly. */
    private final List<LongSupplier> totals = new CopyOnWriteArrayList<>();

    private final Map<Reason, Counter> verdicts = new EnumMap<>(Reason.class);

    OutsideMeters(MeterRegistry registry) {
        this.registry = registry;
        for (Reason reason : Reason.values()) {
            verdicts.put(
                    reason,
                    Counter.builder("countersign.callout.verdicts")
                            .description("Verdicts that callouts came to, our own limits among them")
                            .tag("kind", reason.kind().word())
                            .tag("reason", reason.word())
                            .register(registry));
        }
    }

    void found(CalloutResult result) {
        Objects.requireNonNull(verdicts.get(result.verdict().reason()), "made for every reason")
                .increment();
    }

    void watch(NettyCallouts callouts) {
        Gauge.builder("countersign.callout.flights", callouts, NettyCallouts::inFlight)
                .description("Callouts under way, those that wait for DNS or a permit among them")
                .strongReference(true)
                .register(registry);
        Gauge.builder("countersign.callout.connections.idle", callouts, NettyCallouts::idleConnections)
                .description("Connections to exchangers that wait for another question")
                .strongReference(true)
                .register(registry);
    }

    void watch(DnsCounters dns) {
        count("countersign.dns.questions", "Questions put to a name server", dns::questions);
        count("countersign.dns.cache.hits", "Questions answered from memory", dns::cacheHits);
        count("countersign.dns.failures", "Questions that got no answer that could be used", dns::failures);
        count("countersign.dns.overflows", "Questions not asked, as too many were in flight", dns::tooManyInFlight);
    }

    /** @param total never falls */
    void count(String name, String description, LongSupplier total) {
        totals.add(total);
        FunctionCounter.builder(name, total, LongSupplier::getAsLong)
                .description(description)
                .register(registry);
    }
}
