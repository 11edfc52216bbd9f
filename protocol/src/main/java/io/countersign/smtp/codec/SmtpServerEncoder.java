package io.countersign.smtp.codec;

import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.ReplyPrinter;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/** Writes {@link io.countersign.smtp.SmtpReply}; ByteBufs pass. Flushes only when told. One instance serves all channels. */
@Sharable
public final class SmtpServerEncoder extends ChannelOutboundHandlerAdapter {
    public static final SmtpServerEncoder INSTANCE = new SmtpServerEncoder();

    private SmtpServerEncoder() {}

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof SmtpReply reply) {
            ctx.write(Text.encode(ctx.alloc(), ReplyPrinter.print(reply)), promise);
        } else {
            ctx.write(message, promise);
        }
    }
}
