package io.countersign.smtp.codec;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/** Writes {@link io.countersign.smtp.SmtpCommand} as one line; ByteBufs (content) pass as they are. Flushes only when told. */
@Sharable
public final class SmtpClientEncoder extends ChannelOutboundHandlerAdapter {
    public static final SmtpClientEncoder INSTANCE = new SmtpClientEncoder();

    private SmtpClientEncoder() {}
}
