package io.countersign.admin.http;

import io.countersign.net.Transport;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Serves routes over HTTP/1.1, on an event loop of its own: it answers while those of the mail are busy. Bounded in connections, in
 * the size of what is sent, and in time. {@link #bind} and {@link #close} wait, and belong to the main thread.
 */
public final class HttpServer implements AutoCloseable {
    static final int MOST_CONNECTIONS = 64;

    private static final int LONGEST_LINE = 4 * 1024;
    private static final int LARGEST_HEADER = 16 * 1024;
    private static final int LARGEST_CHUNK = 8 * 1024;
    private static final int LARGEST_BODY = 64 * 1024;
    private static final int THREADS = 2;
    private static final int MOST_WAITING = 64;

    /** Who is let in. @param names as in {@code admin.names}, lower case */
    public record Door(Token token, Set<String> names) {
        public Door {
            names = Set.copyOf(names);
        }
    }

    private final Transport transport;
    private final EventLoopGroup loop;
    private final ThreadPoolExecutor threads;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final HttpServices services;
    private volatile Gatekeeper gatekeeper;
    private volatile @Nullable SslContext tls;
    private @Nullable Channel listener;

    public HttpServer(Transport transport, Routes routes, Door door, MeterRegistry meters) {
        this(transport, routes, door, meters, RequestClock.Times.USUAL);
    }

    HttpServer(Transport transport, Routes routes, Door door, MeterRegistry meters, RequestClock.Times times) {
        this.transport = transport;
        this.loop = transport.newGroup(1, "admin");
        this.threads = threads();
        this.gatekeeper = new Gatekeeper(door.token(), door.names());
        this.services = new HttpServices(routes, () -> gatekeeper, threads, times, new HttpMeters(meters));
    }

    private static ThreadPoolExecutor threads() {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREADS, THREADS, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), work -> {
                    Thread thread = new Thread(work, "admin-work");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /** From now on. */
    public void admit(Door door) {
        gatekeeper = new Gatekeeper(door.token(), door.names());
    }

    /** For connections that come from now on; null: in the clear. The server releases it. */
    public void secure(@Nullable SslContext context) {
        SslContext old = tls;
        tls = context;
        discard(old);
    }

    /** On the loop, where handlers are made of it: those that are there keep what they need. */
    private void discard(@Nullable SslContext old) {
        if (old != null) {
            loop.execute(() -> ReferenceCountUtil.release(old));
        }
    }

    /**
     * Listens there, and no longer where it did; connections that are open go on. What comes is secured from the first connection
     * on, as {@link #secure} does it.
     *
     * @throws IOException in words for the operator; then nothing has changed
     */
    public void bind(InetSocketAddress address, @Nullable SslContext context) throws IOException {
        SslContext before = tls;
        tls = context;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loop)
                .channelFactory(transport.listener())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(64 * 1024, 256 * 1024))
                .childHandler(new Arrival());
        var bind = bootstrap.bind(address).awaitUninterruptibly();
        if (!bind.isSuccess()) {
            tls = before;
            discard(context);
            throw new IOException(
                    "cannot listen on " + text(address) + ": " + bind.cause().getMessage(), bind.cause());
        }
        discard(before);
        Channel old = listener;
        listener = bind.channel();
        if (old != null) {
            old.close().awaitUninterruptibly();
        }
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /** Where it can be reached, with the real port; null before it is bound. */
    public @Nullable InetSocketAddress address() {
        Channel channel = listener;
        return channel == null ? null : (InetSocketAddress) channel.localAddress();
    }

    /** The loop on which {@link Route.Work#LOOP} runs; for what must be done there from time to time. */
    public EventLoopGroup loop() {
        return loop;
    }

    /** Stops listening and closes every connection. */
    @Override
    public void close() {
        if (listener != null) {
            listener.close().awaitUninterruptibly();
        }
        connections.close().awaitUninterruptibly(2, TimeUnit.SECONDS);
        threads.shutdown();
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS)
                .awaitUninterruptibly(Duration.ofSeconds(5).toMillis());
        SslContext last = tls;
        tls = null;
        if (last != null) {
            ReferenceCountUtil.release(last);
        }
    }

    private final class Arrival extends ChannelInitializer<SocketChannel> {
        @Override
        protected void initChannel(SocketChannel channel) {
            HttpMeters meters = services.meters();
            channel.closeFuture().addListener(closed -> meters.closed());
            if (meters.opened() > MOST_CONNECTIONS) {
                meters.cut(HttpMeters.Cut.TOO_MANY_CONNECTIONS);
                channel.close();
                return;
            }
            connections.add(channel);
            SslContext secure = tls;
            if (secure != null) {
                channel.pipeline().addLast(secure.newHandler(channel.alloc()));
            }
            HttpSession session = new HttpSession(services);
            channel.pipeline()
                    .addLast(
                            session.clock(),
                            new HttpServerCodec(new HttpDecoderConfig()
                                    .setMaxInitialLineLength(LONGEST_LINE)
                                    .setMaxHeaderSize(LARGEST_HEADER)
                                    .setMaxChunkSize(LARGEST_CHUNK)),
                            new Whole(session),
                            session);
        }
    }

    /** A request in one piece, or 413 and the end: nobody sends a gigabyte here to have it thrown away. */
    private static final class Whole extends HttpObjectAggregator {
        private final HttpSession session;

        Whole(HttpSession session) {
            super(LARGEST_BODY);
            this.session = session;
        }

        @Override
        protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
            session.tooLarge(ctx);
        }
    }
}
