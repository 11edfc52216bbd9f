package io.countersign.dns;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One datagram socket connected to one name server: the kernel drops what others send, and reports a closed port at once. It
 * carries a limited number of questions and is then replaced, so that its port is no lasting secret to guess (RFC 5452 §9.2).
 * Confined to its event loop.
 */
final class UdpPort extends SimpleChannelInboundHandler<DatagramPacket> {
    /** Questions one port carries before it is replaced. */
    static final int QUESTIONS = 256;

    /** Larger than anything a server should send us (we ask for 1232); a datagram that fills it is taken as cut. */
    private static final int RECEIVE_BUFFER = 4096;

    private final DnsLoop loop;
    private final NameServer server;
    private final IntObjectHashMap<UdpExchange> waiting = new IntObjectHashMap<>();
    private @Nullable ChannelFuture opening;
    private int asked;
    private boolean retired;

    private UdpPort(DnsLoop loop, NameServer server) {
        this.loop = loop;
        this.server = server;
    }

    static UdpPort open(DnsLoop loop, NameServer server) {
        UdpPort port = new UdpPort(loop, server);
        port.opening = new Bootstrap()
                .group(loop.eventLoop())
                .channelFactory(loop.transport().datagram())
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RECEIVE_BUFFER))
                .handler(port)
                .disableResolver()
                .connect(server.address());
        return port;
    }

    /** False once it has carried its share or broken: take another one. */
    boolean isUsable() {
        return !retired && asked < QUESTIONS;
    }

    Exchange ask(Question question, Question.Edns edns, Exchange.Listener listener) {
        int id = loop.random().next16();
        while (waiting.containsKey(id)) {
            id = loop.random().next16();
        }
        asked++;
        UdpExchange exchange = new UdpExchange(id, question, edns, listener);
        waiting.put(id, exchange);
        ChannelFuture opened = opening();
        opened.addListener(done -> {
            if (done.isSuccess()) {
                send(opened, exchange);
            } else {
                breakLater(done);
            }
        });
        return exchange;
    }

    private void send(ChannelFuture opened, UdpExchange exchange) {
        if (waiting.get(exchange.id) != exchange) {
            return;
        }
        ByteBuf query = opened.channel().alloc().buffer(Question.UDP_PAYLOAD);
        exchange.question.encode(query, exchange.id, exchange.edns);
        opened.channel().writeAndFlush(query).addListener(written -> {
            if (!written.isSuccess()) {
                breakLater(written);
            }
        });
    }

    /** Deferred, because a failure may be known within the call that asked. */
    private void breakLater(Future<?> failed) {
        loop.eventLoop().execute(() -> breakAll(String.valueOf(failed.cause())));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
        ByteBuf message = packet.content();
        UdpExchange exchange = server.address().equals(packet.sender()) ? waiting.get(Question.idOf(message)) : null;
        Question.Fit fit = exchange == null ? Question.Fit.FOREIGN : exchange.question.fit(message);
        if (exchange == null || fit == Question.Fit.FOREIGN) {
            // Forged, late, or a server out of its mind: the true answer may still come.
            loop.counters().ignored();
            return;
        }
        forget(exchange);
        if (fit == Question.Fit.TRUNCATED || message.readableBytes() >= RECEIVE_BUFFER) {
            exchange.listener.truncated(exchange);
        } else {
            exchange.listener.answered(exchange, ByteBufUtil.getBytes(message));
        }
    }

    /** ICMP "port unreachable", mostly: nobody listens there. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        breakAll(cause.toString());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        breakAll("socket closed");
    }

    private void breakAll(String why) {
        retired = true;
        List<UdpExchange> broken = new ArrayList<>(waiting.values());
        waiting.clear();
        closeSocket();
        for (UdpExchange exchange : broken) {
            exchange.listener.broken(exchange, why);
        }
    }

    /** No more questions; the socket is closed once the last answer has come or was given up. */
    void retire() {
        retired = true;
        closeIfDone();
    }

    /** Closes now; whoever waits hears of it. */
    void close() {
        breakAll("shut down");
    }

    private void forget(UdpExchange exchange) {
        if (waiting.get(exchange.id) == exchange) {
            waiting.remove(exchange.id);
        }
        closeIfDone();
    }

    private void closeIfDone() {
        if (!isUsable() && waiting.isEmpty()) {
            closeSocket();
        }
    }

    private void closeSocket() {
        // One that could not even be made is not registered, and cannot be closed.
        if (opening().channel().isRegistered()) {
            opening().channel().close();
        }
    }

    private ChannelFuture opening() {
        ChannelFuture future = opening;
        if (future == null) {
            throw new IllegalStateException("used before open() returned");
        }
        return future;
    }

    private final class UdpExchange implements Exchange {
        private final int id;
        private final Question question;
        private final Question.Edns edns;
        private final Listener listener;

        UdpExchange(int id, Question question, Question.Edns edns, Listener listener) {
            this.id = id;
            this.question = question;
            this.edns = edns;
            this.listener = listener;
        }

        @Override
        public NameServer server() {
            return server;
        }

        @Override
        public Question.Edns edns() {
            return edns;
        }

        @Override
        public void drop() {
            forget(this);
        }
    }
}
