package io.countersign.limit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/** What the limits count. Labels have fixed values: never a domain, an exchanger or an address. */
final class LimitMeters {
    private final MeterRegistry registry;
    private final Map<Limit, Counter> refusals = new EnumMap<>(Limit.class);
    private final Counter blocked;
    private final Counter opened;
    private final Counter paused;

    LimitMeters(MeterRegistry registry) {
        this.registry = registry;
        for (Limit limit : Limit.values()) {
            refusals.put(
                    limit,
                    Counter.builder("countersign.callout.refusals")
                            .description("Callouts and connections not made because of a limit of ours")
                            .tag("limit", limit.word())
                            .register(registry));
        }
        blocked = Counter.builder("countersign.callout.blocks")
                .description("Peers that said that they block us")
                .register(registry);
        opened = Counter.builder("countersign.callout.breaker.openings")
                .description("Breakers of exchangers that opened")
                .register(registry);
        paused = Counter.builder("countersign.callout.outcomes.uncounted")
                .description("Outcomes that no breaker counted because this process stood still meanwhile")
                .register(registry);
    }

    LimitMeters table(String name, Supplier<Number> size) {
        Gauge.builder("countersign.callout.limit.keys", size)
                .description("Keys that the limits hold")
                .tag("table", name)
                .strongReference(true)
                .register(registry);
        return this;
    }

    void refused(Limit limit) {
        Objects.requireNonNull(refusals.get(limit), "made for every limit").increment();
    }

    void blocked() {
        blocked.increment();
    }

    void opened() {
        opened.increment();
    }

    void paused() {
        paused.increment();
    }
}
