package io.countersign.smtp.codec;

import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.syntax.ReplyParser;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of the wire: takes ByteBufs, fires {@link ServerInput}. Bounded by {@link SmtpLimits}; never throws on
 * input. Belongs to the channel's event loop.
 *
 * <p>A line ends in LF, with or without a CR in front (noted in {@link ServerInput.LineEnds}); a CR by itself ends nothing.
 * Of a line that is longer than {@link SmtpLimits#replyLine} the rest is skipped and counted nowhere: a deadline ends that.
 */
public final class SmtpClientDecoder extends ChannelInboundHandlerAdapter {
    private static final byte[] EMPTY = {};
    private static final int FIRST_SIZE = 256;

    private final int lineLimit;
    private final ReplyParser parser;

    /** The beginning of a line, its end not yet read; of what is over the limit only the last octet is known. */
    private byte[] line = EMPTY;

    private int length;
    private boolean skipping;
    private boolean skippedCr;

    private ServerInput.LineEnds lineEnds = ServerInput.LineEnds.CRLF;
    /** Lines of a reply were read, its last one not yet. */
    private boolean replyOpen;

    private boolean over;
    /** The buffer that is being gone through. */
    private @Nullable ByteBuf current;

    public SmtpClientDecoder(SmtpLimits limits) {
        lineLimit = limits.replyLine();
        parser = new ReplyParser(limits);
    }

    /** True when octets are buffered that belong to no delivered reply (response injection before STARTTLS). */
    public boolean hasBuffered() {
        ByteBuf reading = current;
        return length > 0 || replyOpen || (reading != null && reading.isReadable());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf octets)) {
            ctx.fireChannelRead(message);
            return;
        }
        ByteBuf outer = current;
        current = octets;
        try {
            while (!over && octets.isReadable()) {
                ServerInput input = next(octets);
                if (input != null) {
                    ctx.fireChannelRead(input);
                }
            }
        } finally {
            current = outer;
            octets.release();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        over = true;
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        over = true;
    }

    /** Consumes at most one line. */
    private @Nullable ServerInput next(ByteBuf in) {
        int from = in.readerIndex();
        int lf = in.indexOf(from, in.writerIndex(), (byte) '\n');
        int end = lf < 0 ? in.writerIndex() : lf;
        in.readerIndex(lf < 0 ? end : lf + 1);
        if (lf >= 0 && length == 0 && end - from <= lineLimit && in.hasArray()) {
            return line(in.array(), in.arrayOffset() + from, end - from);
        }
        gather(in, from, end - from);
        if (lf < 0) {
            return null;
        }
        int kept = length;
        length = 0;
        boolean overCrlf = skipping && skippedCr;
        if (skipping) {
            skipping = false;
            return read(line, 0, kept, overCrlf ? ServerInput.LineEnds.CRLF : ServerInput.LineEnds.LF_ONLY);
        }
        return line(line, 0, kept);
    }

    private void gather(ByteBuf in, int from, int count) {
        int kept = Math.min(count, lineLimit - length);
        int needed = length + kept;
        if (needed > line.length) {
            int size = Math.max(FIRST_SIZE, Integer.highestOneBit(needed) << 1);
            line = Arrays.copyOf(line, Math.min(lineLimit, size));
        }
        in.getBytes(from, line, length, kept);
        length = needed;
        if (kept < count) {
            skipping = true;
            skippedCr = in.getByte(from + count - 1) == '\r';
        }
    }

    private @Nullable ServerInput line(byte[] octets, int offset, int count) {
        boolean crlf = count > 0 && octets[offset + count - 1] == '\r';
        return crlf
                ? read(octets, offset, count - 1, ServerInput.LineEnds.CRLF)
                : read(octets, offset, count, ServerInput.LineEnds.LF_ONLY);
    }

    private @Nullable ServerInput read(byte[] octets, int offset, int count, ServerInput.LineEnds ends) {
        if (ends == ServerInput.LineEnds.LF_ONLY) {
            lineEnds = ends;
        }
        switch (parser.line(octets, offset, count)) {
            case INCOMPLETE:
                replyOpen = true;
                return null;
            case COMPLETE:
                ServerInput.LineEnds noted = lineEnds;
                lineEnds = ServerInput.LineEnds.CRLF;
                replyOpen = false;
                return new ServerInput.Reply(parser.reply(), noted);
            case BROKEN:
                over = true;
                line = EMPTY;
                String fault = parser.fault();
                return new ServerInput.Broken(fault == null ? "not an SMTP reply" : fault);
        }
        throw new IllegalStateException("unknown state of a reply");
    }
}
