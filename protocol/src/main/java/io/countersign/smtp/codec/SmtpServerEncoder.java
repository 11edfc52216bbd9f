package io.countersign.smtp.codec;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/** Writes {@link io.countersign.smtp.SmtpReply}; ByteBufs pass. Flushes only when told. One instance serves all channels. */
@Sharable
public final class SmtpServerEncoder extends ChannelOutboundHandlerAdapter {
    public static final SmtpServerEncoder INSTANCE = new SmtpServerEncoder();

    private SmtpServerEncoder() {}
}
