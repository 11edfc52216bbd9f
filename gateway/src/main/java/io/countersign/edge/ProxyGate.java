package io.countersign.edge;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.AddressFamily;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for a load balancer's PROXY header (v1 or v2) and begins the session with the addresses it gives. No header within five
 * seconds, or something that is none: the connection is closed, and nothing of it is ever read as SMTP. {@code LOCAL} and
 * {@code UNKNOWN} (health checks) begin a session with the balancer's own address.
 */
final class ProxyGate extends ChannelInboundHandlerAdapter {
    static final long HEADER_MILLIS = 5_000;
    private static final Logger LOG = LoggerFactory.getLogger(ProxyGate.class);

    private final EdgeMetrics metrics;
    private final SessionStart start;
    private @Nullable ScheduledFuture<?> limit;

    /** Begins a session behind this handler's place in the pipeline. */
    @FunctionalInterface
    interface SessionStart {
        void begin(ChannelHandlerContext after, InetSocketAddress client, InetSocketAddress local);
    }

    ProxyGate(EdgeMetrics metrics, SessionStart start) {
        this.metrics = metrics;
        this.start = start;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        limit = ctx.executor()
                .schedule(
                        () -> {
                            metrics.struck(Limits.PROXY_HEADER);
                            LOG.info(
                                    "no PROXY header from {} within {} ms: closed",
                                    ctx.channel().remoteAddress(),
                                    HEADER_MILLIS);
                            ctx.close();
                        },
                        HEADER_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (limit != null) {
            limit.cancel(false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof HAProxyMessage header)) {
            ReferenceCountUtil.release(message);
            return;
        }
        try {
            InetSocketAddress peer = (InetSocketAddress) ctx.channel().remoteAddress();
            InetSocketAddress local = (InetSocketAddress) ctx.channel().localAddress();
            AddressFamily family = header.proxiedProtocol().addressFamily();
            boolean given = header.command() == io.netty.handler.codec.haproxy.HAProxyCommand.PROXY
                    && (family == AddressFamily.AF_IPv4 || family == AddressFamily.AF_IPv6);
            start.begin(
                    ctx,
                    given ? address(header.sourceAddress(), header.sourcePort()) : peer,
                    given ? address(header.destinationAddress(), header.destinationPort()) : local);
            ctx.pipeline().remove(this);
        } catch (UnknownHostException e) {
            refuse(ctx, e);
        } finally {
            header.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        refuse(ctx, cause);
    }

    private void refuse(ChannelHandlerContext ctx, Throwable cause) {
        metrics.struck(Limits.PROXY_HEADER);
        LOG.info("no PROXY header from {}: closed ({})", ctx.channel().remoteAddress(), cause.getMessage());
        ctx.close();
    }

    private static InetSocketAddress address(String text, int port) throws UnknownHostException {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(text);
        if (octets == null) {
            throw new UnknownHostException("not an address: " + text);
        }
        return new InetSocketAddress(InetAddress.getByAddress(octets), port);
    }

    /** The decoder that stands before this handler. */
    static HAProxyMessageDecoder decoder() {
        return new HAProxyMessageDecoder(2048, true);
    }
}
