package io.countersign.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;

/** Content that waits behind a command. */
final class Piece extends DefaultByteBufHolder {
    private final boolean last;

    Piece(ByteBuf octets, boolean last) {
        super(octets);
        this.last = last;
    }

    /** Whether the message ends with it. */
    boolean last() {
        return last;
    }
}
