package io.countersign.relay;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.limit.MtaBreaker;
import io.countersign.net.Transport;
import io.countersign.relay.MtaHandshake.Encryption;
import io.countersign.relay.MtaHandshake.Failure;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.codec.SmtpClientDecoder;
import io.countersign.smtp.codec.SmtpClientEncoder;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes connections: one address after the other, handshake and all. Thread-safe; a dial belongs to its event loop. */
final class MtaDialer {
    private static final Logger LOG = LoggerFactory.getLogger(MtaDialer.class);

    /** Content that may wait in one connection for an MTA that reads slowly, in octets. */
    private static final WriteBufferWaterMark PENDING = new WriteBufferWaterMark(32 << 10, 128 << 10);

    private final Transport transport;
    private final Targets targets;
    private final IdentityPolicy identities;
    private final MtaState state;
    private final MtaMetrics metrics;
    private final AtomicLong number = new AtomicLong();

    MtaDialer(Transport transport, Targets targets, IdentityPolicy identities, MtaState state, MtaMetrics metrics) {
        this.transport = transport;
        this.targets = targets;
        this.identities = identities;
        this.state = state;
        this.metrics = metrics;
    }

    /**
     * Dials on {@code loop} (the caller's thread).
     *
     * @param permit the breaker's; it hears what came of it
     * @param client whose identity the connection is to have; null for none yet
     * @param connected each connection that was made, before its handshake: to be swept
     * @param outcome called once, on the loop
     */
    void dial(
            EventLoop loop,
            MtaBreaker.Attempt permit,
            @Nullable ClientIdentity client,
            Consumer<MtaConnection> connected,
            MtaHandshake.Outcome outcome) {
        Backend backend = state.backend();
        Attempt attempt = new Attempt(loop, permit, backend, client, connected, outcome);
        CompletableFuture<List<Targets.Target>> found =
                targets.find(backend.settings().address());
        if (found.isDone() && !found.isCompletedExceptionally()) {
            attempt.begin(found.join());
        } else {
            found.whenComplete((list, fault) -> loop.execute(() -> {
                if (fault != null) {
                    LOG.error("Finding the MTA's addresses failed", fault);
                }
                attempt.begin(list == null ? List.of() : list);
            }));
        }
    }

    private final class Attempt implements MtaHandshake.Outcome {
        private final EventLoop loop;
        private final MtaBreaker.Attempt permit;
        private final Backend backend;
        private final @Nullable ClientIdentity client;
        private final Consumer<MtaConnection> connected;
        private final MtaHandshake.Outcome outcome;
        private final ArrayDeque<Targets.Target> left = new ArrayDeque<>();
        private MtaAnswer trouble = new MtaAnswer.Unreachable("backend.address: no name could be resolved");
        private Targets.@Nullable Target current;
        private Encryption encryption = Encryption.AS_CONFIGURED;

        Attempt(
                EventLoop loop,
                MtaBreaker.Attempt permit,
                Backend backend,
                @Nullable ClientIdentity client,
                Consumer<MtaConnection> connected,
                MtaHandshake.Outcome outcome) {
            this.loop = loop;
            this.permit = permit;
            this.backend = backend;
            this.client = client;
            this.connected = connected;
            this.outcome = outcome;
        }

        void begin(List<Targets.Target> found) {
            left.addAll(found);
            next();
        }

        private void next() {
            Targets.Target target = left.poll();
            if (target == null) {
                metrics.dial(MtaMetrics.Dial.FAILED);
                state.failed(permit, trouble);
                outcome.failed(trouble, Failure.MTA);
                return;
            }
            current = target;
            connect(target);
        }

        private void connect(Targets.Target target) {
            String label = "mta-" + number.incrementAndGet();
            ConnectionUse use = new ConnectionUse(state.ticker(), metrics);
            ChannelFuture connecting = new Bootstrap()
                    .group(loop)
                    .channelFactory(transport.stream())
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                            Math.max(1, backend.settings().timeouts().connect().toMillis()))
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .option(ChannelOption.WRITE_BUFFER_WATER_MARK, PENDING)
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                            channel.pipeline()
                                    .addLast(
                                            new SmtpClientDecoder(SmtpLimits.DEFAULT),
                                            SmtpClientEncoder.INSTANCE,
                                            new MtaConnection(channel, label, backend, use));
                        }
                    })
                    .connect(target.address());
            connecting.addListener((ChannelFuture done) -> {
                if (done.isSuccess()) {
                    introduce(target, done.channel().pipeline().get(MtaConnection.class));
                } else {
                    failed(
                            new MtaAnswer.Unreachable(
                                    target.address() + ": " + done.cause().getMessage()),
                            Failure.MTA);
                }
            });
        }

        private void introduce(Targets.Target target, @Nullable MtaConnection connection) {
            if (connection == null) {
                throw new IllegalStateException("a connection without its handler");
            }
            connected.accept(connection);
            if (backend.settings().clientIdentity() == ClientIdentityMode.PROXY_PROTOCOL) {
                ProxyHeader.write(connection.channel(), client);
            }
            new MtaHandshake(connection, client, identities, state::learnt, this)
                    .begin(target.serverName(), encryption);
        }

        @Override
        public void ready(MtaConnection connection) {
            Targets.Target target = current;
            if (target != null) {
                targets.worked(target.address());
            }
            metrics.dial(MtaMetrics.Dial.CONNECTED);
            state.reached(permit);
            outcome.ready(connection);
        }

        @Override
        public void failed(MtaAnswer why, Failure kind) {
            Targets.Target target = current;
            if (kind == Failure.CLIENT || kind == Failure.CLIENT_LOST) {
                // The MTA is there and speaks: only not to this client.
                metrics.dial(MtaMetrics.Dial.CLIENT_REFUSED);
                state.reached(permit);
                outcome.failed(why, kind);
            } else if (why instanceof MtaAnswer.Misconfigured) {
                // It is there, but another address or another attempt would change nothing.
                metrics.dial(MtaMetrics.Dial.FAILED);
                state.misconfigured(permit, why);
                outcome.failed(why, kind);
            } else if (kind == Failure.TLS && encryption == Encryption.AS_CONFIGURED && target != null) {
                LOG.warn(
                        "TLS with the MTA failed, going on without (backend.tls = opportunistic): {}", Details.of(why));
                encryption = Encryption.AVOIDED;
                connect(target);
            } else {
                encryption = Encryption.AS_CONFIGURED;
                trouble = why;
                if (target != null) {
                    targets.failed(target.address());
                }
                LOG.debug("{}", Details.of(why));
                next();
            }
        }
    }
}
