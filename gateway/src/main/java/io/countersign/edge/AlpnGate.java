package io.countersign.edge;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Stands before TLS until the ClientHello is there, and turns away clients that want to speak something else than SMTP: where
 * ALPN (RFC 7301) is offered and {@code smtp} is not in it, somebody carries a client's HTTP or IMAP to us across protocols
 * (ALPACA). No ALPN at all is what mail servers do. Octets pass on unchanged; what is no ClientHello is left to TLS.
 */
final class AlpnGate extends ChannelInboundHandlerAdapter {
    /** A longer ClientHello is no mail client's. In octets, record headers included. */
    static final int LONGEST_HELLO = 32 * 1024;

    private static final byte[] SMTP = {'s', 'm', 't', 'p'};
    private static final int ALPN = 16;
    /** A fatal alert {@code no_application_protocol} (RFC 7301 §3.2), as a record in clear. */
    private static final byte[] NO_APPLICATION_PROTOCOL = {21, 3, 3, 0, 2, 2, 120};

    private final ByteBuf held = Unpooled.buffer(0, LONGEST_HELLO);

    enum Hello {
        INCOMPLETE,
        /** To be passed on, whatever it is. */
        PASS,
        /** ALPN without {@code smtp}, or too long. */
        REFUSE
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf octets)) {
            ctx.fireChannelRead(message);
            return;
        }
        Hello hello;
        try {
            if (held.readableBytes() + octets.readableBytes() > LONGEST_HELLO) {
                hello = Hello.REFUSE;
            } else {
                held.writeBytes(octets);
                hello = look(held);
            }
        } finally {
            octets.release();
        }
        switch (hello) {
            case INCOMPLETE -> {
                // More will come, within the handshake's time.
            }
            case PASS -> {
                ByteBuf all = held.retainedDuplicate();
                ctx.fireChannelRead(all);
                ctx.pipeline().remove(this);
            }
            case REFUSE -> {
                ctx.writeAndFlush(Unpooled.wrappedBuffer(NO_APPLICATION_PROTOCOL));
                ctx.close();
            }
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        held.release();
    }

    /** Borrows; reads TLS records (RFC 8446 §5.1) and the handshake message in them (§4.1.2). */
    static Hello look(ByteBuf records) {
        ByteBuf message = Unpooled.buffer(records.readableBytes(), LONGEST_HELLO);
        try {
            int at = records.readerIndex();
            while (records.writerIndex() - at >= 5) {
                if (records.getByte(at) != 22) {
                    return Hello.PASS;
                }
                int length = Math.min(records.getUnsignedShort(at + 3), records.writerIndex() - at - 5);
                boolean whole = length == records.getUnsignedShort(at + 3);
                message.writeBytes(records, at + 5, length);
                at += 5 + length;
                if (message.readableBytes() >= 4) {
                    if (message.getByte(0) != 1) {
                        return Hello.PASS;
                    }
                    int size = message.getUnsignedMedium(1);
                    if (message.readableBytes() - 4 >= size) {
                        return hello(message.slice(4, size));
                    }
                }
                if (!whole) {
                    return Hello.INCOMPLETE;
                }
            }
            return Hello.INCOMPLETE;
        } finally {
            message.release();
        }
    }

    private static Hello hello(ByteBuf in) {
        try {
            in.skipBytes(2 + 32);
            in.skipBytes(in.readUnsignedByte());
            in.skipBytes(in.readUnsignedShort());
            in.skipBytes(in.readUnsignedByte());
            if (!in.isReadable()) {
                return Hello.PASS;
            }
            ByteBuf extensions = in.readSlice(in.readUnsignedShort());
            while (extensions.isReadable()) {
                int type = extensions.readUnsignedShort();
                ByteBuf extension = extensions.readSlice(extensions.readUnsignedShort());
                if (type == ALPN) {
                    return namesSmtp(extension) ? Hello.PASS : Hello.REFUSE;
                }
            }
            return Hello.PASS;
        } catch (IndexOutOfBoundsException e) {
            return Hello.PASS; // malformed: TLS itself says so
        }
    }

    private static boolean namesSmtp(ByteBuf alpn) {
        ByteBuf names = alpn.readSlice(alpn.readUnsignedShort());
        while (names.isReadable()) {
            ByteBuf name = names.readSlice(names.readUnsignedByte());
            if (name.equals(Unpooled.wrappedBuffer(SMTP))) {
                return true;
            }
        }
        return false;
    }
}
