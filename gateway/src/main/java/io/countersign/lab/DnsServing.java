package io.countersign.lab;

import io.countersign.lab.LabDns.Tcp;
import io.countersign.lab.LabDns.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The two sockets of a {@link LabDns}. */
final class DnsServing {
    private DnsServing() {}

    static final class Datagrams extends SimpleChannelInboundHandler<DatagramPacket> {
        private final DnsResponder responder;

        Datagrams(DnsResponder responder) {
            this.responder = responder;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            DnsResponder.Answer answer = responder.answer(ByteBufUtil.getBytes(packet.content()), Transport.UDP);
            var asker = packet.sender();
            later(ctx, answer.delay(), () -> {
                for (byte[] message : answer.messages()) {
                    ctx.write(new DatagramPacket(Unpooled.wrappedBuffer(message), asker));
                }
                ctx.flush();
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // An asker that has gone answers with ICMP "port unreachable"; that must not end the server.
            if (!(cause instanceof java.io.IOException)) {
                ctx.fireExceptionCaught(cause);
            }
        }
    }

    static final class Stream extends ByteToMessageDecoder {
        private final DnsResponder responder;
        private final Tcp behaviour;
        private final ChannelGroup streams;

        Stream(DnsResponder responder, Tcp behaviour, ChannelGroup streams) {
            this.responder = responder;
            this.behaviour = behaviour;
            this.streams = streams;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            streams.add(ctx.channel());
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            if (in.readableBytes() < 2 || in.readableBytes() < 2 + in.getUnsignedShort(in.readerIndex())) {
                return;
            }
            byte[] query = new byte[in.readUnsignedShort()];
            in.readBytes(query);
            switch (behaviour) {
                case ANSWERS -> {
                    DnsResponder.Answer answer = responder.answer(query, Transport.TCP);
                    later(ctx, answer.delay(), () -> {
                        for (byte[] message : answer.messages()) {
                            ByteBuf length = ctx.alloc().buffer(2).writeShort(message.length);
                            ctx.write(length);
                            ctx.write(Unpooled.wrappedBuffer(message));
                        }
                        ctx.flush();
                    });
                }
                case GARBAGE_LENGTH -> ctx.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {-1, -1}, new byte[10]));
                case HANGS, REFUSES -> {
                    // Says nothing.
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
            if (!(cause instanceof java.io.IOException)) {
                ctx.fireExceptionCaught(cause);
            }
        }
    }

    private static void later(ChannelHandlerContext ctx, Duration delay, Runnable send) {
        if (delay.isZero()) {
            send.run();
        } else {
            ctx.executor().schedule(send, delay.toNanos(), TimeUnit.NANOSECONDS);
        }
    }
}
