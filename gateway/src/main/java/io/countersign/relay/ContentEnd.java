package io.countersign.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.LeakPresenceDetector;
import java.nio.charset.StandardCharsets;

/** The line that ends DATA's content (RFC 5321 §4.1.1.4): written only here. */
final class ContentEnd {
    /** Kept for good, which is no leak. */
    private static final ByteBuf DOT =
            LeakPresenceDetector.staticInitializer(() -> Unpooled.unreleasableBuffer(Unpooled.directBuffer(3)
                    .writeBytes(".\r\n".getBytes(StandardCharsets.US_ASCII))
                    .asReadOnly()));

    private ContentEnd() {}

    /** May be released or not: it is never freed. */
    static ByteBuf dot() {
        return DOT.duplicate();
    }
}
