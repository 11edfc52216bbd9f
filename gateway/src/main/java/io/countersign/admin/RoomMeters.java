package io.countersign.admin;

import io.countersign.callout.NettyCallouts;
import io.countersign.dns.DnsCounters;
import io.countersign.relay.Mta;
import io.countersign.verdict.VerdictCache;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Meters of what the rooms count for themselves. No label is anything a stranger could choose. */
public final class RoomMeters {
    private final MeterRegistry registry;

    public RoomMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    public RoomMeters cache(VerdictCache cache) {
        table(cache, "senders", VerdictCache::senderStats);
        table(cache, "recipients", VerdictCache::recipientStats);
        return this;
    }

    private void table(VerdictCache cache, String table, Function<VerdictCache, VerdictCache.Stats> stats) {
        Gauge.builder("countersign.cache.entries", cache, c -> stats.apply(c).entries())
                .description("Addresses that are remembered, by table")
                .tag("table", table)
                .register(registry);
        Gauge.builder("countersign.cache.size", cache, c -> stats.apply(c).weight())
                .description("Memory that the remembered addresses take, roughly, by table")
                .baseUnit("bytes")
                .tag("table", table)
                .register(registry);
        FunctionCounter.builder(
                        "countersign.cache.hits", cache, c -> stats.apply(c).hits())
                .description("Questions that memory answered, by table")
                .tag("table", table)
                .register(registry);
        FunctionCounter.builder(
                        "countersign.cache.misses", cache, c -> stats.apply(c).misses())
                .description("Questions that memory could not answer, by table")
                .tag("table", table)
                .register(registry);
        FunctionCounter.builder(
                        "countersign.cache.evictions",
                        cache,
                        c -> stats.apply(c).evictions())
                .description("Addresses forgotten before their time, for want of room, by table")
                .tag("table", table)
                .register(registry);
    }

    public RoomMeters callouts(NettyCallouts callouts) {
        gauge("countersign.callouts.in.flight", "Callouts under way", callouts::inFlight);
        gauge(
                "countersign.callout.connections.idle",
                "Connections to exchangers that are kept for another question",
                callouts::idleConnections);
        return this;
    }

    public RoomMeters dns(DnsCounters dns) {
        counter("countersign.dns.questions", "Questions put to name servers", dns, DnsCounters::questions);
        counter("countersign.dns.cache.hits", "Questions answered from the memory of DNS", dns, DnsCounters::cacheHits);
        counter(
                "countersign.dns.failures",
                "Questions to name servers that ended without an answer",
                dns,
                DnsCounters::failures);
        counter(
                "countersign.dns.refusals",
                "Questions that were not asked because too many were in flight",
                dns,
                DnsCounters::tooManyInFlight);
        counter(
                "countersign.dns.ignored",
                "Messages from name servers that answered no question of ours: late or forged",
                dns,
                DnsCounters::ignoredMessages);
        counter(
                "countersign.dns.truncated",
                "Answers that were asked for again by TCP",
                dns,
                DnsCounters::truncatedAnswers);
        return this;
    }

    public RoomMeters backend(Mta mta) {
        gauge(
                "countersign.mta.up",
                "Whether the MTA can be reached as far as we know: 1 yes, 0 no or not tried",
                () -> mta.health() == Mta.Health.UP ? 1 : 0);
        return this;
    }

    public RoomMeters readiness(Readiness readiness) {
        gauge(
                "countersign.ready",
                "Whether new mail should come here: 1 yes, 0 while starting, draining or overloaded",
                () -> readiness.obstacle() == null ? 1 : 0);
        return this;
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    private void counter(String name, String description, DnsCounters dns, ToDoubleFunction<DnsCounters> value) {
        FunctionCounter.builder(name, dns, value).description(description).register(registry);
    }
}
