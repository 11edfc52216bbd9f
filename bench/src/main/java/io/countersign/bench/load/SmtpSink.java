package io.countersign.bench.load;

import io.countersign.net.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** An MTA and an exchanger that says yes to everybody and counts what arrived. Thread-safe. */
final class SmtpSink implements AutoCloseable {
    /** Where the exchanger that answers at once is. */
    static final String FAST = "127.1.0.1";
    /** Where the exchanger is that takes its time. */
    static final String SLOW = "127.1.0.2";

    private final Channel listener;
    private final Duration delay;
    private final LongAdder messages = new LongAdder();
    private final LongAdder octets = new LongAdder();

    /** @param delay before each reply */
    SmtpSink(Transport transport, EventLoopGroup loops, InetSocketAddress at, Duration delay) {
        this.delay = delay;
        this.listener = new ServerBootstrap()
                .group(loops)
                .channelFactory(transport.listener())
                .option(ChannelOption.SO_BACKLOG, 4096)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Visitor());
                    }
                })
                .bind(at)
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Messages that came whole. */
    long messages() {
        return messages.sum();
    }

    /** Octets of their content, as sent. */
    long octets() {
        return octets.sum();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
    }

    /** One connection. */
    private final class Visitor extends ChannelInboundHandlerAdapter {
        private final StringBuilder line = new StringBuilder(128);
        private boolean content;
        /** How much of CRLF . CRLF stands at the end of what was read; content begins behind a line's end. */
        private int matched;

        private long size;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            say(ctx, "220 sink.test ESMTP\r\n");
            flush(ctx);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf in = (ByteBuf) message;
            try {
                while (in.isReadable()) {
                    if (content) {
                        readContent(ctx, in);
                    } else {
                        readLine(ctx, in);
                    }
                }
            } finally {
                ReferenceCountUtil.release(in);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            flush(ctx);
        }

        private void readLine(ChannelHandlerContext ctx, ByteBuf in) {
            int end = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
            int length = (end < 0 ? in.writerIndex() : end + 1) - in.readerIndex();
            line.append(in.readCharSequence(length, StandardCharsets.ISO_8859_1));
            if (end >= 0) {
                command(ctx, line.substring(0, Math.min(4, line.length())).toUpperCase(Locale.ROOT));
                line.setLength(0);
            }
        }

        private void command(ChannelHandlerContext ctx, String verb) {
            switch (verb) {
                case "EHLO" ->
                    say(
                            ctx,
                            "250-sink.test\r\n250-PIPELINING\r\n250-SIZE 1073741824\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n");
                case "DATA" -> {
                    content = true;
                    matched = 2;
                    size = 0;
                    say(ctx, "354 go ahead\r\n");
                }
                case "QUIT" -> say(ctx, "221 2.0.0 bye\r\n");
                default -> say(ctx, "250 2.0.0 Ok\r\n");
            }
            if (verb.equals("QUIT")) {
                ctx.executor()
                        .schedule(
                                () -> ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE),
                                delay.toMillis(),
                                TimeUnit.MILLISECONDS);
            }
        }

        private void readContent(ChannelHandlerContext ctx, ByteBuf in) {
            int from = in.readerIndex();
            int at = in.forEachByte(octet -> {
                matched = switch (octet) {
                    case '\r' -> matched == 3 ? 4 : 1;
                    case '\n' -> matched == 1 ? 2 : matched == 4 ? 5 : 0;
                    case '.' -> matched == 2 ? 3 : 0;
                    default -> 0;
                };
                return matched != 5;
            });
            in.readerIndex(at < 0 ? in.writerIndex() : at + 1);
            size += in.readerIndex() - from;
            if (at >= 0) {
                content = false;
                messages.increment();
                octets.add(size - 3);
                say(ctx, "250 2.0.0 Ok: queued\r\n");
            }
        }

        private void say(ChannelHandlerContext ctx, String reply) {
            ByteBuf octets = ctx.alloc().buffer(reply.length());
            octets.writeCharSequence(reply, StandardCharsets.US_ASCII);
            if (delay.isZero()) {
                ctx.write(octets, ctx.voidPromise());
            } else {
                ctx.executor().schedule(() -> ctx.writeAndFlush(octets), delay.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        private void flush(ChannelHandlerContext ctx) {
            if (delay.isZero()) {
                ctx.flush();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
