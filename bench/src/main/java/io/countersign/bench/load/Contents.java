package io.countersign.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Messages of a given size: a header, lines of 78 octets, the final dot. One buffer for all who send that size. */
final class Contents {
    private static final String HEADER = "From: a@b\r\nTo: c@d\r\nSubject: load\r\nMessage-ID: <x@y>\r\n\r\n";
    private static final String LINE = "x".repeat(76) + "\r\n";
    private static final String END = "\r\n.\r\n";

    private static final Map<Integer, ByteBuf> MADE = new ConcurrentHashMap<>();

    private Contents() {}

    /** @param size octets with header and end, at least 100; the buffer stays ours: send duplicates of it */
    static ByteBuf of(int size) {
        return MADE.computeIfAbsent(size, Contents::make);
    }

    private static ByteBuf make(int size) {
        StringBuilder text = new StringBuilder(size).append(HEADER);
        while (text.length() + LINE.length() + END.length() < size) {
            text.append(LINE);
        }
        text.append("y".repeat(size - END.length() - text.length())).append(END);
        ByteBuf octets = Unpooled.directBuffer(size).writeBytes(text.toString().getBytes(StandardCharsets.US_ASCII));
        return Unpooled.unreleasableBuffer(octets);
    }
}
