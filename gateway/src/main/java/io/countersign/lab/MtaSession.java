package io.countersign.lab;

import io.countersign.lab.MtaBehaviour.Proxy;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** One connection to a {@link LabMta}: octets in, cut into PROXY header, command lines and content. All on its event loop. */
final class MtaSession extends ChannelInboundHandlerAdapter {
    private static final int MOST_HELD = 1 << 20;
    private static final int LONGEST_LINE = 1 << 16;

    private final LabMta mta;
    private final MtaBehaviour atStart;
    private byte[] held = new byte[2048];
    private int from;
    private int to;
    private boolean headerDue;
    private boolean processing;
    private boolean stoppedReading;
    private boolean skipLf;
    private int readSinceComplete;
    private @Nullable MtaDialogue dialogue;

    MtaSession(LabMta mta, MtaBehaviour atStart) {
        this.mta = mta;
        this.atStart = atStart;
        this.headerDue = atStart.proxy() == Proxy.REQUIRED;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        InetSocketAddress peer = (InetSocketAddress) ctx.channel().remoteAddress();
        String client = peer.getAddress().getHostAddress();
        int rate = atStart.intake().octetsPerSecond();
        if (rate > 0) {
            ctx.channel().config().setAutoRead(false);
            ctx.channel().config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(Math.max(1, rate / 50)));
        }
        LabSession session = mta.opened(ctx.channel(), client);
        Performer performer = new Performer(ctx.channel(), mta::tls, session::server);
        Identity own = new Identity(Identity.Source.SOCKET, client, peer.getPort(), Map.of());
        MtaDialogue created = new MtaDialogue(mta, session, performer, own, () -> goOn(ctx));
        dialogue = created;
        if (!headerDue) {
            created.greet();
        }
        if (rate > 0) {
            ctx.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            int length = in.readableBytes();
            readSinceComplete += length;
            makeRoom(length);
            in.readBytes(held, to, length);
            to += length;
        } finally {
            in.release();
        }
        MtaDialogue current = dialogue();
        if (!headerDue) {
            current.octetsCame();
        }
        current.performer().gather();
        process(ctx);
        if (to - from > MOST_HELD) {
            stoppedReading = true;
            ctx.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        dialogue().performer().flush();
        int rate = atStart.intake().octetsPerSecond();
        if (rate > 0) {
            long nanos = 1_000_000_000L * Math.max(1, readSinceComplete) / rate;
            ctx.executor().schedule(() -> ctx.read(), nanos, TimeUnit.NANOSECONDS);
        }
        readSinceComplete = 0;
    }

    /** The reply that was due is out. */
    private void goOn(ChannelHandlerContext ctx) {
        process(ctx);
        if (stoppedReading && to - from <= MOST_HELD) {
            stoppedReading = false;
            ctx.channel().config().setAutoRead(true);
        }
    }

    private void process(ChannelHandlerContext ctx) {
        if (processing) {
            return;
        }
        processing = true;
        while (from < to
                && ctx.channel().isActive()
                && (headerDue || !dialogue().busy())
                && step(ctx)) {
            // Each step takes octets away.
        }
        processing = false;
        if (from == to) {
            from = 0;
            to = 0;
        }
    }

    /** Takes one header, line or stretch of content; false if there is not enough of it. */
    private boolean step(ChannelHandlerContext ctx) {
        if (headerDue) {
            return header(ctx);
        }
        // LAX: the LF behind a CR that ended a line belongs to that end, also where content follows.
        if (skipLf && held[from] == '\n') {
            from++;
            skipLf = false;
            return true;
        }
        skipLf = false;
        MtaDialogue current = dialogue();
        return switch (current.expects()) {
            case COMMAND -> command(current);
            case CONTENT -> {
                from = current.content(held, from, to);
                skipLf = current.lastContentEndedByCr();
                yield true;
            }
            case CHUNK -> {
                from = current.chunk(held, from, to);
                yield true;
            }
        };
    }

    private boolean header(ChannelHandlerContext ctx) {
        ProxyHeader header = ProxyHeader.read(held, from, to);
        if (header == null) {
            return false;
        }
        if (header == ProxyHeader.BROKEN) {
            dialogue().session().violation("no PROXY header");
            ctx.close();
            return false;
        }
        from += header.length();
        headerDue = false;
        dialogue().proxied(header.client());
        dialogue().greet();
        return true;
    }

    private boolean command(MtaDialogue current) {
        boolean lax = mta.behaviour().lines() == LineRule.LAX;
        for (int i = from; i < to; i++) {
            byte octet = held[i];
            if (octet == '\n' || lax && octet == '\r') {
                boolean crlf = octet == '\n' && i > from && held[i - 1] == '\r';
                String line = new String(held, from, i - from - (crlf ? 1 : 0), StandardCharsets.UTF_8);
                boolean lfFollows = octet == '\r' && i + 1 < to && held[i + 1] == '\n';
                if (octet == '\n' && !crlf) {
                    current.session().violation("bare LF after command: " + line);
                } else if (octet == '\r' && i + 1 < to && !lfFollows) {
                    current.session().violation("bare CR after command: " + line);
                }
                from = i + 1;
                skipLf = octet == '\r';
                if (line.indexOf('\r') >= 0 || line.indexOf(0) >= 0) {
                    current.session().violation("CR or NUL in command: " + line);
                }
                int behind = lfFollows ? from + 1 : from;
                if (!(lax && line.isEmpty())) {
                    current.command(line, to - behind);
                    if (current.tlsBegins()) {
                        from = to;
                    }
                }
                return true;
            }
        }
        if (to - from > LONGEST_LINE) {
            current.session().violation("a command of more than " + LONGEST_LINE + " octets");
            from = to;
        }
        return false;
    }

    private void makeRoom(int length) {
        if (to + length <= held.length) {
            return;
        }
        int have = to - from;
        byte[] target = have + length <= held.length ? held : new byte[Math.max(2 * held.length, have + length)];
        System.arraycopy(held, from, target, 0, have);
        held = target;
        from = 0;
        to = have;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
            dialogue().secured();
        }
        ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        held = Arrays.copyOf(held, 0);
        from = 0;
        to = 0;
        dialogue().closed();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
        boolean peersDoing = cause instanceof java.io.IOException
                || cause instanceof io.netty.handler.codec.DecoderException && cause.getCause() instanceof SSLException;
        if (!peersDoing) {
            ctx.fireExceptionCaught(cause);
        }
    }

    private MtaDialogue dialogue() {
        MtaDialogue current = dialogue;
        if (current == null) {
            throw new IllegalStateException("read before the connection was there");
        }
        return current;
    }
}
