package io.countersign.dns;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.TooLongFrameException;
import org.jspecify.annotations.Nullable;

/**
 * One question over a TCP connection of its own (RFC 7766), closed when it is answered, broken or dropped, whatever the server
 * does. Confined to its event loop.
 */
final class TcpExchange extends SimpleChannelInboundHandler<ByteBuf> implements Exchange {
    private static final int MAX_MESSAGE = 65_535;

    private final DnsLoop loop;
    private final NameServer server;
    private final Question question;
    private final Question.Edns edns;
    private final int id;
    private @Nullable Listener listener;
    private @Nullable ChannelFuture connecting;
    private boolean dropped;

    private TcpExchange(DnsLoop loop, NameServer server, Question question, Question.Edns edns, Listener listener) {
        this.loop = loop;
        this.server = server;
        this.question = question;
        this.edns = edns;
        this.listener = listener;
        this.id = loop.random().next16();
    }

    /** Starts connecting; takes over one permit of {@link DnsLoop#acquireTcp}, which {@link #drop} gives back. */
    static TcpExchange start(
            DnsLoop loop, NameServer server, Question question, Question.Edns edns, Listener listener) {
        TcpExchange exchange = new TcpExchange(loop, server, question, edns, listener);
        ChannelFuture connecting = new Bootstrap()
                .group(loop.eventLoop())
                .channelFactory(loop.transport().stream())
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new LengthFieldBasedFrameDecoder(MAX_MESSAGE + 2, 0, 2, 0, 2), exchange);
                    }
                })
                .disableResolver()
                .connect(server.address());
        exchange.connecting = connecting;
        connecting.addListener(done -> {
            if (done.isSuccess()) {
                exchange.send(connecting);
            } else {
                // Deferred, because it may be known before start() has returned.
                loop.eventLoop().execute(() -> exchange.end("cannot connect: " + done.cause()));
            }
        });
        return exchange;
    }

    private void send(ChannelFuture connected) {
        ByteBuf query = connected.channel().alloc().buffer();
        query.writeShort(0);
        question.encode(query, id, edns);
        query.setShort(0, query.readableBytes() - 2);
        // A failed write closes the channel or is followed by its closing: channelInactive says so.
        connected.channel().writeAndFlush(query).addListener(written -> {
            if (!written.isSuccess()) {
                connected.channel().close();
            }
        });
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
        if (Question.idOf(message) != id || question.fit(message) == Question.Fit.FOREIGN) {
            loop.counters().ignored();
            end("the answer on this connection belongs to another question");
            return;
        }
        Listener waiting = listener;
        drop();
        if (waiting != null) {
            waiting.answered(this, ByteBufUtil.getBytes(message));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end("the server closed the connection before it had answered");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        end(cause instanceof TooLongFrameException ? "message too long" : cause.toString());
    }

    private void end(String why) {
        Listener waiting = listener;
        drop();
        if (waiting != null) {
            waiting.broken(this, why);
        }
    }

    @Override
    public void drop() {
        listener = null;
        if (dropped) {
            return;
        }
        dropped = true;
        loop.releaseTcp();
        // A channel that could not even be made is not registered, and cannot be closed.
        if (connecting != null && connecting.channel().isRegistered()) {
            connecting.channel().close();
        }
    }

    @Override
    public NameServer server() {
        return server;
    }

    @Override
    public Question.Edns edns() {
        return edns;
    }
}
