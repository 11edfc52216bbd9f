package io.countersign.edge;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Fuzz target: what a load balancer sends first, cut where the first octet says. A session begins at most once, and only behind a
 * header; otherwise the connection is closed, and nothing of it is read as SMTP.
 */
public final class ProxyHeaderFuzz {
    private static final EdgeMetrics METRICS = new EdgeMetrics(new SimpleMeterRegistry());

    private ProxyHeaderFuzz() {}

    private static final class Balanced extends EmbeddedChannel {
        @Override
        protected SocketAddress remoteAddress0() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        }

        @Override
        protected SocketAddress localAddress0() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 2);
        }
    }

    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length < 2) {
            return;
        }
        int[] begun = new int[1];
        int[] smtp = new int[1];
        Balanced channel = new Balanced();
        channel.pipeline().addLast(ProxyGate.decoder(), new ProxyGate(METRICS, (gate, client, local) -> {
            begun[0]++;
            if (client.getAddress() == null || local.getAddress() == null) {
                throw new AssertionError("an address that would be looked up: " + client + " " + local);
            }
        }));
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                if (begun[0] == 0) {
                    smtp[0]++;
                }
                ReferenceCountUtil.release(message);
            }
        });
        int cut = 1 + (data[0] & 0xff) % (data.length - 1);
        write(channel, data, 1, cut);
        write(channel, data, cut, data.length);
        channel.finishAndReleaseAll();
        if (begun[0] > 1 || smtp[0] > 0) {
            throw new AssertionError(begun[0] + " sessions, " + smtp[0] + " reads before a header");
        }
    }

    private static void write(EmbeddedChannel channel, byte[] data, int from, int to) {
        if (from < to && channel.isOpen()) {
            channel.writeInbound(Unpooled.copiedBuffer(data, from, to - from));
        }
    }
}
