package io.countersign.callout;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.Overrides;
import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.dns.ConnectPolicy;
import io.countersign.dns.Dns;
import io.countersign.dns.Exchangers;
import io.countersign.dns.FakeDns;
import io.countersign.dns.Lookup;
import io.countersign.dns.ResolverProof;
import io.countersign.lab.Behaviour;
import io.countersign.lab.Lab;
import io.countersign.lab.LabExchanger;
import io.countersign.limit.CalloutLimits;
import io.countersign.limit.NanoClock;
import io.countersign.limit.PauseDetector;
import io.countersign.limit.Trust;
import io.countersign.net.Transport;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Callouts over real sockets to exchangers of the lab, with a DNS made of text. Time limits are short; nobody waits for nothing. */
final class CalloutWorld implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final String SHORT =
            "callout.timeouts { connect = 2s, greeting = 400ms, reply = 400ms, total = 3s }";

    final Lab lab = Lab.start();
    final FakeDns dns = new FakeDns();
    final List<CalloutResult> told = new CopyOnWriteArrayList<>();
    final DomainFacts facts = new DomainFacts(Duration.ofHours(3), Duration.ofDays(1));
    final CalloutLimits limits;
    final NettyCallouts callouts;
    private final EventLoopGroup loops;
    private final PauseDetector pauses;
    private volatile Sinks.One<Object> held = Sinks.one();

    /** @param more of the configuration, over short time limits */
    CalloutWorld(String more) {
        releaseDns();
        Transport transport = Transport.nio();
        loops = transport.newGroup(2, "callout-test");
        Settings settings = settings("""
                hostname = "mx.example.org"
                domains = [ "example.org" ]
                callout {
                  port = %d, may-connect = [ "127.0.0.0/8" ]
                }
                """.formatted(lab.calloutPort())
                + (more.contains("reuse") ? "" : "callout.reuse = 0s\n")
                + (more.contains("timeouts") ? "" : SHORT + "\n")
                + more);
        Overrides overrides = settings.overrides();
        NanoClock clock = NanoClock.system();
        pauses = PauseDetector.start(clock);
        limits = new CalloutLimits(overrides, settings.callout().breaker(), new SimpleMeterRegistry(), pauses, clock);
        ConnectPolicy policy = ConnectPolicy.of(settings.callout(), List.of());
        Exchangers exchangers = new Exchangers(
                new HoldableDns(),
                ResolverProof.none(dns),
                policy,
                settings.callout().addresses());
        callouts = new NettyCallouts(
                CalloutSetup.of(settings.callout(), overrides, exchangers, policy),
                limits,
                transport,
                loops,
                facts,
                told::add);
    }

    /** From now on DNS is silent. */
    void holdDns() {
        held = Sinks.one();
    }

    /** It answers again, what was asked meanwhile too. */
    void releaseDns() {
        held.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
    }

    private static Settings settings(String text) {
        SettingsLoader.Loaded loaded = SettingsLoader.parse(text, "test.conf", Optional::empty);
        if (loaded instanceof SettingsLoader.Loaded.Invalid invalid) {
            throw new AssertionError(invalid.problems());
        }
        return ((SettingsLoader.Loaded.Ok) loaded).settings();
    }

    /** An exchanger {@code mx.DOMAIN}, the only one of the domain. */
    LabExchanger domain(String domain, Behaviour behaviour) {
        LabExchanger exchanger = exchanger("mx." + domain, behaviour);
        dns.mx(domain, "10 mx." + domain);
        return exchanger;
    }

    LabExchanger exchanger(String host, Behaviour behaviour) {
        LabExchanger exchanger = lab.exchanger(host, behaviour);
        dns.a(host, exchanger.address().getAddress().getHostAddress());
        return exchanger;
    }

    Mono<Verdict> asking(String address) {
        return callouts.ask(request(address, Trust.UNPROVEN));
    }

    CalloutRequest request(String address, Trust trust) {
        return new CalloutRequest(
                MailAddress.parse(address).orElseThrow(), trust, System.nanoTime() + TimeUnit.SECONDS.toNanos(30));
    }

    Verdict ask(String address) {
        return get(start(address));
    }

    Verdict ask(String address, Trust trust) {
        return get(callouts.ask(request(address, trust)).toFuture());
    }

    CompletableFuture<Verdict> start(String address) {
        return asking(address).toFuture();
    }

    static Verdict get(CompletableFuture<Verdict> future) {
        try {
            Verdict verdict = future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(verdict).isNotNull();
            return verdict;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private final class HoldableDns implements Dns {
        private <T> Mono<T> whenReleased(Mono<T> answer) {
            return held.asMono().then(answer);
        }

        @Override
        public Mono<Lookup<MxRecord>> mx(String name) {
            return whenReleased(dns.mx(name));
        }

        @Override
        public Mono<Lookup<InetAddress>> ipv4(String name) {
            return whenReleased(dns.ipv4(name));
        }

        @Override
        public Mono<Lookup<InetAddress>> ipv6(String name) {
            return whenReleased(dns.ipv6(name));
        }

        @Override
        public Mono<Lookup<String>> ptr(InetAddress address) {
            return whenReleased(dns.ptr(address));
        }

        @Override
        public Mono<Lookup<String>> txt(String name) {
            return whenReleased(dns.txt(name));
        }
    }

    @Override
    public void close() {
        callouts.close();
        lab.close();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        pauses.close();
    }
}
