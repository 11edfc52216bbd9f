package io.countersign.lab;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The threads and sockets a lab runs on: epoll where the machine has it, NIO elsewhere.
 * Binding and closing wait for the result, so they are for the thread of a test or a command, never for an event loop.
 */
final class LabNet implements AutoCloseable {
    private static final boolean EPOLL = Epoll.isAvailable();

    private final EventLoopGroup group;
    private final LabCertificate certificate = LabCertificate.selfSigned("lab.test");

    LabNet(int threads) {
        ThreadFactory factory = new DefaultThreadFactory("lab", true);
        group = new MultiThreadIoEventLoopGroup(
                threads, factory, EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    /**
     * Listens at {@code address}.
     *
     * @param handlers one fresh handler for each accepted connection
     * @throws UncheckedIOException if the address is taken
     */
    Channel listen(InetSocketAddress address, int receiveBuffer, Supplier<? extends ChannelHandler> handlers) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers.get());
                    }
                });
        if (receiveBuffer > 0) {
            // On the listening socket: the window is offered in the handshake, before the child's options are set.
            bootstrap.option(ChannelOption.SO_RCVBUF, receiveBuffer);
        }
        return bound(bootstrap.bind(address), address);
    }

    /** Listens at {@code address} with the system's receive buffer. */
    Channel listen(InetSocketAddress address, Supplier<? extends ChannelHandler> handlers) {
        return listen(address, 0, handlers);
    }

    Channel datagrams(InetSocketAddress address, ChannelHandler handler) {
        Bootstrap bootstrap = new Bootstrap()
                .group(group)
                .channel(EPOLL ? EpollDatagramChannel.class : NioDatagramChannel.class)
                .option(ChannelOption.SO_RCVBUF, 4 << 20)
                .handler(handler);
        return bound(bootstrap.bind(address), address);
    }

    private static Channel bound(ChannelFuture binding, InetSocketAddress address) {
        binding.awaitUninterruptibly();
        if (binding.cause() instanceof IOException e) {
            throw new UncheckedIOException("cannot listen at " + address, e);
        } else if (binding.cause() != null) {
            throw new IllegalStateException("cannot listen at " + address, binding.cause());
        }
        return binding.channel();
    }

    /** The certificate of every server in this lab, self-signed. */
    LabCertificate certificate() {
        return certificate;
    }

    static int portOf(Channel channel) {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
