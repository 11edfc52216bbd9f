package io.countersign.edge;

import io.countersign.check.Checks;
import io.countersign.config.Settings;
import io.countersign.config.Settings.HostPort;
import io.countersign.journal.Journal;
import io.countersign.net.Transport;
import io.countersign.overload.AcceptControl;
import io.countersign.overload.Overload;
import io.countersign.relay.Mta;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.codec.SmtpServerDecoder;
import io.countersign.smtp.codec.SmtpServerEncoder;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where clients arrive: the listeners, and all sessions. {@link #start}, {@link #reload} and {@link #drain} are called from the
 * main thread (they wait for binds); everything else happens on the event loops.
 */
public final class Edge {
    private static final Logger LOG = LoggerFactory.getLogger(Edge.class);
    private static final int BACKLOG = 4096;
    private static final long HURRY_SECONDS = 5;
    /** The load from which those who already wait are hurried too. */
    private static final double NEARLY_FULL = 0.9;

    private static final SmtpLimits SMTP_LIMITS = SmtpLimits.DEFAULT;

    private final EdgeServices services;
    private final Transport transport;
    private final EventLoopGroup loops;
    private final Map<HostPort, Channel> listeners = new LinkedHashMap<>();
    /** The channels of {@link #listeners}, for other threads. */
    private volatile List<Channel> accepting = List.of();

    private volatile boolean paused;

    /** What the edge asks and tells. @param settings always the newest: each session keeps those it began with */
    public record Dependencies(
            Supplier<Settings> settings,
            Mta mta,
            Checks checks,
            Journal journal,
            Overload overload,
            MeterRegistry meters) {}

    public Edge(Dependencies dependencies, Transport transport, EventLoopGroup loops) {
        this.services = new EdgeServices(
                dependencies.settings(),
                dependencies.mta(),
                dependencies.checks(),
                dependencies.journal(),
                new EdgeMetrics(dependencies.meters()),
                new ClientTls(),
                dependencies.overload(),
                new Sessions(),
                new ConnectionCounts(),
                new Harvesters(System::nanoTime),
                new TransactionIds());
        this.transport = transport;
        this.loops = loops;
        dependencies.overload().control(new Accepting());
    }

    /** Binds every listener. @throws IOException naming the address that cannot be bound, or the key that cannot be read */
    public void start() throws IOException {
        Settings settings = services.settings().get();
        loadTls(settings);
        bindAll(settings.listen().smtp());
        loops.next().scheduleWithFixedDelay(this::hurry, HURRY_SECONDS, HURRY_SECONDS, TimeUnit.SECONDS);
    }

    /** Clients that were promised more patience than there is left are told so. */
    private void hurry() {
        if (SessionContext.load(services, services.settings().get()) > NEARLY_FULL) {
            services.sessions().hurry();
        }
    }

    /**
     * Takes over new settings: listeners that are new are bound, those that are gone are closed (their sessions go on), key files
     * are read again.
     *
     * @throws IOException when something of it fails: then the listeners and keys of before go on
     */
    public void reload(Settings fresh) throws IOException {
        loadTls(fresh);
        List<HostPort> wanted = fresh.listen().smtp();
        bindAll(wanted.stream().filter(a -> !listeners.containsKey(a)).toList());
        listeners.entrySet().removeIf(e -> {
            if (wanted.contains(e.getKey())) {
                return false;
            }
            e.getValue().close();
            LOG.info("no longer listening on {}", e.getKey());
            return true;
        });
        accepting = List.copyOf(listeners.values());
    }

    /** Where clients can connect now: the real ports, also where 0 was asked for. */
    public List<InetSocketAddress> addresses() {
        return listeners.values().stream()
                .map(c -> (InetSocketAddress) c.localAddress())
                .toList();
    }

    /** Sessions open now. */
    public int openSessions() {
        return services.sessions().size();
    }

    /**
     * Closes the listeners and lets transactions end.
     *
     * @param within how long those may go on that the MTA has not got whole
     * @return completes when the last session is over; the MTA's answer to a complete message is waited for whatever {@code within} says
     */
    public CompletableFuture<Void> drain(Duration within) {
        listeners.values().forEach(Channel::close);
        listeners.clear();
        accepting = List.of();
        CompletableFuture<Void> empty = services.sessions().drain();
        loops.next().schedule(() -> services.sessions().cut(), within.toMillis(), TimeUnit.MILLISECONDS);
        return empty;
    }

    /** Ends all sessions; content under way is cut without an end. */
    public void close() {
        drain(Duration.ZERO);
        services.tls().close();
    }

    private void loadTls(Settings settings) throws IOException {
        try {
            services.tls().load(settings.listen().tls());
        } catch (SSLException e) {
            throw new IOException("listen.tls: " + e.getMessage(), e);
        }
    }

    private void bindAll(List<HostPort> addresses) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channelFactory(transport.listener())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(16 * 1024, 64 * 1024))
                .childHandler(new Arrival());
        Map<HostPort, Channel> bound = new LinkedHashMap<>();
        for (HostPort address : addresses) {
            var bind = bootstrap
                    .bind(new InetSocketAddress(address.host(), address.port()))
                    .awaitUninterruptibly();
            if (!bind.isSuccess()) {
                bound.values().forEach(Channel::close);
                throw new IOException(
                        "listen.smtp: cannot listen on " + address + ": "
                                + bind.cause().getMessage(),
                        bind.cause());
            }
            bound.put(address, bind.channel());
            LOG.info("listening on {}", bind.channel().localAddress());
        }
        listeners.putAll(bound);
        accepting = List.copyOf(listeners.values());
        if (paused) {
            accepting.forEach(listener -> listener.config().setAutoRead(false));
        }
    }

    /** Holds the listeners back and lets them go on. Any thread. */
    private final class Accepting implements AcceptControl {
        @Override
        public void pauseAccepting() {
            paused = true;
            accepting.forEach(listener -> listener.config().setAutoRead(false));
        }

        @Override
        public void resumeAccepting() {
            paused = false;
            accepting.forEach(listener -> listener.config().setAutoRead(true));
        }

        @Override
        public void acceptSome() {
            accepting.forEach(Channel::read);
        }
    }

    /** A client connected: with a PROXY header where one is due, otherwise straight to its session. */
    private final class Arrival extends ChannelInitializer<SocketChannel> {
        @Override
        protected void initChannel(SocketChannel channel) {
            Overload overload = services.overload();
            overload.opened();
            channel.closeFuture().addListener(closed -> overload.closed());
            InetSocketAddress peer = channel.remoteAddress();
            InetSocketAddress local = channel.localAddress();
            if (peer == null || local == null) {
                channel.close(); // gone already
            } else if (services.settings().get().listen().proxyProtocolFrom().contains(peer.getAddress())) {
                HAProxyMessageDecoder decoder = ProxyGate.decoder();
                channel.pipeline().addLast(decoder, new ProxyGate(services.metrics(), this::behindProxy));
            } else {
                begin(channel, peer, local);
            }
        }

        private void behindProxy(ChannelHandlerContext gate, InetSocketAddress client, InetSocketAddress local) {
            begin(gate.channel(), client, local);
        }

        private void begin(Channel channel, InetSocketAddress client, InetSocketAddress local) {
            SmtpServerDecoder decoder = new SmtpServerDecoder(SMTP_LIMITS);
            channel.pipeline()
                    .addLast(
                            decoder,
                            SmtpServerEncoder.INSTANCE,
                            new Session(services, new SessionFacts(client, local), decoder, channel));
        }
    }
}
