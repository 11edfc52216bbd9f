package io.countersign.smtp.codec;

import io.countersign.smtp.SmtpLimits;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** The client's side of the wire: takes ByteBufs, fires {@link ServerInput}. Bounded by {@link SmtpLimits}; never throws on input. */
public final class SmtpClientDecoder extends ChannelInboundHandlerAdapter {
    public SmtpClientDecoder(SmtpLimits limits) {
        throw new AssertionError("P2 " + limits);
    }

    /** True when octets are buffered that belong to no delivered reply (response injection before STARTTLS). */
    public boolean hasBuffered() {
        throw new AssertionError("P2");
    }
}
