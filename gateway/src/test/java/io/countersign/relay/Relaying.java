package io.countersign.relay;

import io.countersign.config.BackendSettings;
import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.config.BackendSettings.Pool;
import io.countersign.config.BackendSettings.TextMode;
import io.countersign.config.BackendSettings.Timeouts;
import io.countersign.config.BackendSettings.TlsMode;
import io.countersign.config.Settings.HostPort;
import io.countersign.net.Transport;
import io.countersign.smtp.Capabilities;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** A {@link NettyMta} with event loops of its own, a clock that can be moved on, and clients that talk through it. */
public final class Relaying implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(10);

    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final List<Capabilities> saved = new CopyOnWriteArrayList<>();
    final EventLoopGroup loops;
    public final NettyMta mta;
    private final AtomicLong skew = new AtomicLong();

    public Relaying(BackendSettings settings) {
        this(settings, 1);
    }

    public Relaying(BackendSettings settings, int threads) {
        Transport transport = Transport.nio();
        loops = transport.newGroup(threads, "relay-test");
        try {
            mta = new NettyMta(
                    new NettyMta.Network(transport, loops),
                    settings,
                    "gw.example.org",
                    meters,
                    new CapabilityMemory() {
                        @Override
                        public Optional<Capabilities> load() {
                            return Optional.empty();
                        }

                        @Override
                        public void save(Capabilities learnt) {
                            saved.add(learnt);
                        }
                    },
                    () -> System.nanoTime() + skew.get());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static BackendSettings settings(InetSocketAddress... addresses) {
        return new BackendSettings(
                Arrays.stream(addresses)
                        .map(a -> new HostPort(a.getAddress().getHostAddress(), a.getPort()))
                        .toList(),
                TlsMode.OFF,
                Optional.empty(),
                ClientIdentityMode.AUTO,
                new Pool(
                        20,
                        10,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(280),
                        100),
                TextMode.PASS,
                new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofMinutes(9)));
    }

    public static BackendSettings pool(BackendSettings s, UnaryOperator<Pool> change) {
        return new BackendSettings(
                s.address(), s.tls(), s.caFile(), s.clientIdentity(), change.apply(s.pool()), s.text(), s.timeouts());
    }

    public static BackendSettings identity(BackendSettings s, ClientIdentityMode mode) {
        return new BackendSettings(s.address(), s.tls(), s.caFile(), mode, s.pool(), s.text(), s.timeouts());
    }

    public static BackendSettings tls(BackendSettings s, TlsMode mode, Optional<String> caFile) {
        return new BackendSettings(s.address(), mode, caFile, s.clientIdentity(), s.pool(), s.text(), s.timeouts());
    }

    /** Time passes; whatever it makes due is noticed by the next sweep. */
    void moveOn(Duration by) {
        skew.addAndGet(by.toNanos());
    }

    /** The same again and again, until it has had this effect. */
    <T> T moveOnUntil(CompletableFuture<T> done, Duration by) {
        Awaitility.await().until(() -> {
            moveOn(by);
            return done.isDone();
        });
        return RelayClient.get(done);
    }

    /** The session of client {@code 192.0.2.N}. */
    public RelayClient client(int n) {
        return client(identity(n), loops.next());
    }

    public RelayClient client(ClientIdentity identity, EventLoop loop) {
        return new RelayClient(mta.begin(identity, loop), loop);
    }

    static ClientIdentity identity(int n) {
        return new ClientIdentity(
                new InetSocketAddress("192.0.2." + n, 40_000 + n),
                new InetSocketAddress("198.51.100.1", 25),
                ClientIdentity.NameState.CONFIRMED,
                "client" + n + ".test",
                "helo" + n + ".test",
                ClientIdentity.Protocol.ESMTP);
    }

    public double count(String meter, String result) {
        Counter counter = meters.find(meter).tag("result", result).counter();
        return counter == null ? 0 : counter.count();
    }

    public double count(String meter) {
        Counter counter = meters.find(meter).counter();
        return counter == null ? 0 : counter.count();
    }

    double gauge(String meter) {
        return meters.get(meter).gauge().value();
    }

    @Override
    public void close() {
        try {
            mta.close().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException
                | java.util.concurrent.ExecutionException
                | java.util.concurrent.TimeoutException e) {
            throw new AssertionError(
                    "connections to the MTA were left open: " + gauge("countersign.mta.connections.open"), e);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            meters.close();
        }
    }
}
