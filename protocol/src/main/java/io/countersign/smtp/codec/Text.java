package io.countersign.smtp.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/** Text to octets: UTF-8, which for nearly all lines is one octet a character. */
final class Text {
    private Text() {}

    /** A buffer of exactly the size needed; the caller owns it. */
    static ByteBuf encode(ByteBufAllocator alloc, CharSequence text) {
        ByteBuf octets = alloc.buffer(ByteBufUtil.utf8Bytes(text));
        ByteBufUtil.writeUtf8(octets, text);
        return octets;
    }
}
