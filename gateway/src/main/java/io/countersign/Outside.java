package io.countersign;

import io.countersign.callout.CalloutResult;
import io.countersign.callout.CalloutSetup;
import io.countersign.callout.DomainFacts;
import io.countersign.callout.NettyCallouts;
import io.countersign.config.Settings;
import io.countersign.dns.ConnectPolicy;
import io.countersign.dns.Exchangers;
import io.countersign.dns.NettyDns;
import io.countersign.dns.ResolverProof;
import io.countersign.limit.CalloutLimits;
import io.countersign.limit.NanoClock;
import io.countersign.limit.PauseDetector;
import io.countersign.net.Transport;
import io.countersign.verdict.Reason;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** What can be asked of the outside: name servers, and exchangers within their limits. */
final class Outside implements AutoCloseable {
    private final NettyDns dns;
    private final PauseDetector pauses;
    private final CalloutLimits limits;
    private final DomainFacts facts;
    private final NettyCallouts callouts;
    private final Function<Settings, ResolverProof> proof;
    /** Of the proofs under earlier settings. */
    private long alertsBefore;

    private ResolverProof proofNow;
    /** Those of the settings in force: one instance, as what the resolver has proved belongs to all who ask. */
    private volatile Exchangers exchangers;

    /** Where it happens: event loops of that transport, owned by the caller; and what is known of domains. */
    record Means(Transport transport, EventLoopGroup loops, MeterRegistry meters, DomainFacts facts) {}

    /** When the resolver's "no such domain" is believed. */
    enum Belief {
        /** As long as it finds the first of our domains. */
        WHILE_IT_FINDS_US,
        /** Always: there is no domain of ours to find. */
        ALWAYS
    }

    /** @param learn told of each verdict of a callout, on an event loop */
    Outside(Settings initial, Means means, Belief belief, Consumer<CalloutResult> learn) {
        dns = new NettyDns(initial.dns(), means.transport(), means.loops());
        proof = switch (belief) {
            case WHILE_IT_FINDS_US -> s -> ResolverProof.of(dns.uncached(), s.domains());
            case ALWAYS -> s -> ResolverProof.none(dns.uncached());
        };
        proofNow = proof.apply(initial);
        // Not by a method reference: the registry would hold it weakly, and nobody else at all.
        FunctionCounter.builder("countersign.dns.resolver.alerts", this, Outside::alerts)
                .description(
                        "How often most sender domains of a minute did not exist, so that the resolver was not believed")
                .register(means.meters());
        pauses = PauseDetector.start(NanoClock.system());
        means.loops().forEach(pauses::watch);
        limits = new CalloutLimits(
                initial.overrides(), initial.callout().breaker(), means.meters(), pauses, NanoClock.system());
        exchangers = exchangersOf(initial, proofNow);
        callouts = new NettyCallouts(
                setup(initial, exchangers), limits, means.transport(), means.loops(), means.facts(), learn);
        facts = means.facts();
    }

    private synchronized long alerts() {
        return alertsBefore + proofNow.alerts();
    }

    /** What may be known of domains as a whole, under these settings: nothing as yet. */
    static DomainFacts facts(Settings s) {
        return new DomainFacts(life(s, Reason.REFUSES_NULL_SENDER), life(s, Reason.ACCEPTS_ANY));
    }

    /** No callout begins while this says true. */
    void refuseCalloutsWhile(BooleanSupplier condition) {
        limits.refuseWhile(condition);
    }

    NettyDns dns() {
        return dns;
    }

    NettyCallouts callouts() {
        return callouts;
    }

    CalloutLimits limits() {
        return limits;
    }

    DomainFacts facts() {
        return facts;
    }

    /** Of the settings in force. */
    Exchangers exchangers() {
        return exchangers;
    }

    private Exchangers exchangersOf(Settings s, ResolverProof believed) {
        return new Exchangers(dns, believed, policy(s), s.callout().addresses());
    }

    /** Counters and breakers survive. */
    synchronized void use(Settings fresh) {
        limits.reconfigure(fresh.overrides(), fresh.callout().breaker());
        alertsBefore += proofNow.alerts();
        proofNow = proof.apply(fresh);
        exchangers = exchangersOf(fresh, proofNow);
        callouts.use(setup(fresh, exchangers));
    }

    @Override
    public void close() {
        callouts.close();
        dns.close();
        pauses.close();
    }

    private static CalloutSetup setup(Settings s, Exchangers exchangers) {
        return CalloutSetup.of(s.callout(), s.overrides(), exchangers, policy(s));
    }

    private static ConnectPolicy policy(Settings s) {
        return ConnectPolicy.of(
                s.callout(),
                s.listen().smtp().stream()
                        .map(a -> new InetSocketAddress(a.host(), a.port()))
                        .toList());
    }

    private static Duration life(Settings s, Reason reason) {
        return s.cache().sender().getOrDefault(reason, Duration.ZERO);
    }
}
