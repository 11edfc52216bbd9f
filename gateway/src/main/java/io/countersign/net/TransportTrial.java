package io.countersign.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Sends one octet to ourselves and back, to see whether a transport works on this machine. */
final class TransportTrial {
    private static final int LIMIT_SECONDS = 5;

    private TransportTrial() {}

    /** Returns what is wrong; empty when the octet came back. Blocks. */
    static String run(Transport transport) {
        EventLoopGroup group;
        try {
            group = transport.newGroup(1, "transport-trial");
        } catch (RuntimeException | LinkageError e) {
            return e.toString();
        }
        try {
            return echo(transport, group);
        } catch (ExecutionException e) {
            return String.valueOf(e.getCause());
        } catch (TimeoutException e) {
            return "no echo within " + LIMIT_SECONDS + " s";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static String echo(Transport transport, EventLoopGroup group)
            throws ExecutionException, TimeoutException, InterruptedException {
        Promise<Byte> echoed = group.next().newPromise();
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channelFactory(transport.listener())
                .childHandler(new Echo())
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        bound.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        ChannelFuture connected = new Bootstrap()
                .group(group)
                .channelFactory(transport.stream())
                .handler(new Listener(echoed))
                .connect(bound.channel().localAddress());
        connected.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        connected
                .channel()
                .writeAndFlush(Unpooled.wrappedBuffer(new byte[] {42}))
                .get(LIMIT_SECONDS, TimeUnit.SECONDS);
        byte octet = echoed.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        return octet == 42 ? "" : "sent 42, got " + octet;
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message);
        }
    }

    private static final class Listener extends SimpleChannelInboundHandler<ByteBuf> {
        private final Promise<Byte> echoed;

        Listener(Promise<Byte> echoed) {
            this.echoed = echoed;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
            echoed.trySuccess(message.readByte());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            echoed.tryFailure(cause);
        }
    }
}
