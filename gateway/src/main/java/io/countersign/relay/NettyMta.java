package io.countersign.relay;

import io.countersign.config.BackendSettings;
import io.countersign.net.Transport;
import io.countersign.smtp.Capabilities;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/** The MTA over the network: pooled connections, one pool an event loop. See {@link LoopPool} for who gets which. */
public final class NettyMta implements Mta {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    private final EventLoopGroup loops;
    private final MtaState state;
    private final MtaDialer dialer;
    private final IdentityPolicy identities;
    private final MtaMetrics metrics;
    private final PoolShare share;
    private final Targets targets;
    private final String hostname;
    private final ExecutorService resolver = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "mta-names");
        thread.setDaemon(true);
        return thread;
    });
    /** One entry for each event loop of the edge. */
    private final Map<EventLoop, LoopPool> pools = new ConcurrentHashMap<>();

    private final AtomicBoolean probing = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    /** What an MTA connection is made of: the channel type and the loops it may live on, which are the sessions' loops. */
    public record Network(Transport transport, EventLoopGroup loops) {}

    /**
     * Dials nothing yet. Reads {@code backend.ca-file}; blocks.
     *
     * @param hostname our full name, for EHLO
     * @param memory what the MTA offered before the last restart
     * @param ticker nanoseconds since any origin, never falling
     * @throws IOException when the CA file cannot be used
     */
    public NettyMta(
            Network network,
            BackendSettings settings,
            String hostname,
            MeterRegistry meters,
            CapabilityMemory memory,
            LongSupplier ticker)
            throws IOException {
        this.loops = network.loops();
        this.hostname = hostname;
        this.metrics = new MtaMetrics(meters);
        this.identities = new IdentityPolicy(ticker, metrics);
        this.state = new MtaState(Backend.of(settings, hostname), new CapabilityBook(memory, ticker), ticker);
        this.targets = new Targets(resolver, ticker);
        this.dialer = new MtaDialer(network.transport(), targets, identities, state, metrics);
        this.share = new PoolShare(state);
        metrics.gauges(meters, share::open, share::idle, share::waiting);
        state.onDown(() -> probeLater(FIRST_RETRY));
    }

    /**
     * Dials once, to learn what the MTA offers; tries again, with growing pauses, while it cannot be reached.
     *
     * @return completes when the first attempt has ended, well or not; at once when one is under way already
     */
    public CompletionStage<Void> start() {
        CompletableFuture<Void> attempted = new CompletableFuture<>();
        if (probing.compareAndSet(false, true)) {
            probe(FIRST_RETRY, attempted);
        } else {
            attempted.complete(null);
        }
        return attempted;
    }

    /**
     * Takes a new configuration: connections made for another MTA serve no new transaction. Blocks as the constructor does.
     *
     * @throws IOException when the CA file cannot be used; the old configuration stays
     */
    public void reload(BackendSettings settings) throws IOException {
        Backend before = state.backend();
        Backend now = Backend.of(settings, hostname);
        state.reload(now);
        if (!now.leadsToSameMta(before)) {
            targets.forget();
            start();
        }
    }

    @Override
    public Optional<Capabilities> capabilities() {
        return state.book().offered();
    }

    @Override
    public MtaTransaction begin(ClientIdentity client, EventLoop loop) {
        return new RelayTransaction(poolOf(loop), client);
    }

    @Override
    public Health health() {
        return state.health();
    }

    /**
     * Idle connections say QUIT; those in use end with their transaction, new ones are not made. Call it once the edge begins
     * no more transactions.
     *
     * @return completes when the last connection is gone; the caller decides how long that is waited for
     */
    public CompletionStage<Void> close() {
        if (share.isClosing()) {
            return closed;
        }
        share.close();
        for (LoopPool pool : share.pools()) {
            pool.loop().execute(pool::close);
        }
        resolver.shutdown();
        awaitLast();
        return closed;
    }

    private void awaitLast() {
        if (share.open() == 0) {
            if (!closed.isDone()) {
                state.backend().release();
                closed.complete(null);
            }
        } else if (!loops.isShuttingDown()) {
            loops.next().schedule(this::awaitLast, 20, TimeUnit.MILLISECONDS);
        }
    }

    private LoopPool poolOf(EventLoop loop) {
        LoopPool known = pools.get(loop);
        return known != null ? known : pools.computeIfAbsent(loop, this::newPool);
    }

    private LoopPool newPool(EventLoop loop) {
        LoopPool pool = new LoopPool(loop, share, state, dialer, identities, metrics);
        share.add(pool);
        return pool;
    }

    /** While the MTA is down somebody has to find out when it is back, even if no mail comes. */
    private void probeLater(Duration pause) {
        if (!share.isClosing() && !loops.isShuttingDown() && probing.compareAndSet(false, true)) {
            schedule(pause);
        }
    }

    private void schedule(Duration pause) {
        long half = pause.toMillis() / 2;
        long jittered = half + ThreadLocalRandom.current().nextLong(half + 1);
        loops.next().schedule(() -> probe(longer(pause), new CompletableFuture<>()), jittered, TimeUnit.MILLISECONDS);
    }

    private void probe(Duration nextPause, CompletableFuture<Void> attempted) {
        EventLoop loop = loops.next();
        loop.execute(() -> poolOf(loop).probe(found -> {
            attempted.complete(null);
            if (found || share.isClosing() || loops.isShuttingDown()) {
                probing.set(false);
            } else {
                schedule(nextPause);
            }
        }));
    }

    private static Duration longer(Duration pause) {
        Duration next = pause.multipliedBy(2);
        return next.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : next;
    }
}
