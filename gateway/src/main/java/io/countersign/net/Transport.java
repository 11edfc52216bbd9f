package io.countersign.net;

import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * Event loops and the channel types that run on them. Channels of one transport must not be registered with loops of another,
 * so the two travel together in this value.
 *
 * @param note why this transport was taken, for the log at start
 */
public record Transport(
        Kind kind,
        ChannelFactory<? extends ServerSocketChannel> listener,
        ChannelFactory<? extends SocketChannel> stream,
        ChannelFactory<? extends DatagramChannel> datagram,
        String note) {

    public enum Kind {
        EPOLL,
        NIO
    }

    /**
     * Epoll where it really works, else NIO. Blocks for some milliseconds (a loopback connection is tried): call it at start,
     * never on an event loop.
     */
    public static Transport best() {
        if (!Epoll.isAvailable()) {
            return nio("epoll is not available: " + Epoll.unavailabilityCause());
        }
        Transport epoll = epoll();
        // isAvailable() has been seen to say yes for natives of another version, with which every connection then
        // failed.
        String fault = TransportTrial.run(epoll);
        return fault.isEmpty() ? epoll : nio("epoll failed its trial: " + fault);
    }

    /** The JDK's own selectors: works everywhere. */
    public static Transport nio() {
        return nio("nio asked for");
    }

    private static Transport nio(String note) {
        return new Transport(
                Kind.NIO, NioServerSocketChannel::new, NioSocketChannel::new, NioDatagramChannel::new, note);
    }

    private static Transport epoll() {
        return new Transport(
                Kind.EPOLL,
                EpollServerSocketChannel::new,
                EpollSocketChannel::new,
                EpollDatagramChannel::new,
                "epoll works");
    }

    /**
     * A new group of event loops for channels of this transport. The caller owns it and shuts it down.
     *
     * @param threads how many loops, at least 1
     * @param name prefix of the thread names; the threads are daemons
     */
    public EventLoopGroup newGroup(int threads, String name) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: " + threads);
        }
        IoHandlerFactory handlers = switch (kind) {
            case EPOLL -> EpollIoHandler.newFactory();
            case NIO -> NioIoHandler.newFactory();
        };
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), handlers);
    }
}
