package io.countersign.relay;

import io.netty.buffer.ByteBuf;

/** Whether what was read so far stands at the beginning of a line; at first it does (354 came before). */
final class LineEnd {
    private byte last = '\n';
    private byte beforeLast = '\r';

    /** Borrows; moves no index. @param octets at least one */
    void read(ByteBuf octets) {
        int end = octets.writerIndex();
        beforeLast = octets.readableBytes() > 1 ? octets.getByte(end - 2) : last;
        last = octets.getByte(end - 1);
    }

    boolean isThere() {
        return beforeLast == '\r' && last == '\n';
    }
}
