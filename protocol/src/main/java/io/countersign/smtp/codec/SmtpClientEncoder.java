package io.countersign.smtp.codec;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.syntax.CommandPrinter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Writes {@link io.countersign.smtp.SmtpCommand} as one line; ByteBufs (content) pass as they are. Flushes only when told.
 *
 * <p>A command that would not be exactly one line is never written: its promise fails with IllegalArgumentException. The
 * printer refuses such commands already; that no octet of theirs leaves is checked once more here, whatever the printer does.
 */
@Sharable
public final class SmtpClientEncoder extends ChannelOutboundHandlerAdapter {
    public static final SmtpClientEncoder INSTANCE = new SmtpClientEncoder();

    private static final int LINE_END = '\r' << 8 | '\n';

    private SmtpClientEncoder() {}

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (!(message instanceof SmtpCommand command)) {
            ctx.write(message, promise);
            return;
        }
        ByteBuf line;
        try {
            line = Text.encode(ctx.alloc(), oneLine(CommandPrinter.print(command)) + "\r\n");
        } catch (IllegalArgumentException e) {
            promise.tryFailure(e);
            return;
        }
        ctx.write(line, promise);
    }

    /**
     * Appends the line to a buffer, which is borrowed: for who gathers several into one write.
     *
     * @throws IllegalArgumentException when it would not be exactly one line; then nothing was appended
     */
    public static void encode(SmtpCommand command, ByteBuf into) {
        String line = oneLine(CommandPrinter.print(command));
        ByteBufUtil.writeUtf8(into, line);
        ByteBufUtil.writeShortBE(into, LINE_END);
    }

    /** @throws IllegalArgumentException when there is a CR, LF or NUL in it; the text is not in the message, it may be an attack */
    static String oneLine(String line) {
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\r' || c == '\n' || c == 0) {
                throw new IllegalArgumentException("control character " + (int) c + " at " + i + " of a command line");
            }
        }
        return line;
    }
}
