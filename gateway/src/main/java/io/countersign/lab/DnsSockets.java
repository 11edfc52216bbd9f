package io.countersign.lab;

import io.countersign.lab.LabDns.Tcp;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** UDP and TCP of a {@link LabDns} at one port, which stays the same when they are closed and opened again. */
final class DnsSockets {
    private static final int BIND_ATTEMPTS = 20;

    private final LabNet net;
    private final DnsResponder responder;
    private final InetSocketAddress address;
    private Tcp tcp = Tcp.ANSWERS;
    private @Nullable Channel datagrams;
    private @Nullable Channel stream;
    private ChannelGroup streams = untilClosed();

    /** Opens both at 127.0.0.1. */
    DnsSockets(LabNet net, DnsResponder responder) {
        this.net = net;
        this.responder = responder;
        this.address = bindBoth();
    }

    /** TCP takes a free port; UDP has to get the same one, which somebody else may hold. */
    private synchronized InetSocketAddress bindBoth() {
        for (int attempt = 1; ; attempt++) {
            Channel tcpSide = listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            InetSocketAddress both = new InetSocketAddress("127.0.0.1", LabNet.portOf(tcpSide));
            try {
                datagrams = net.datagrams(both, new DnsServing.Datagrams(responder));
                stream = tcpSide;
                return both;
            } catch (UncheckedIOException e) {
                tcpSide.close().awaitUninterruptibly();
                if (attempt == BIND_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    InetSocketAddress address() {
        return address;
    }

    synchronized void tcp(Tcp behaviour) {
        tcp = behaviour;
        if (datagrams != null) {
            closeStreams();
            openStream();
        }
    }

    synchronized void open() {
        if (datagrams == null) {
            datagrams = net.datagrams(address, new DnsServing.Datagrams(responder));
            openStream();
        }
    }

    synchronized void close() {
        closeStreams();
        if (datagrams != null) {
            datagrams.close().awaitUninterruptibly();
            datagrams = null;
        }
    }

    private void openStream() {
        stream = tcp == Tcp.REFUSES ? null : listen(address);
    }

    private void closeStreams() {
        if (stream != null) {
            stream.close().awaitUninterruptibly();
            stream = null;
        }
        streams.close().awaitUninterruptibly();
    }

    private Channel listen(InetSocketAddress where) {
        ChannelGroup accepted = untilClosed();
        Tcp behaviour = tcp;
        streams = accepted;
        return net.listen(where, () -> new DnsServing.Stream(responder, behaviour, accepted));
    }

    /** A group that also closes what is added after it was closed. */
    private static ChannelGroup untilClosed() {
        return new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    }
}
