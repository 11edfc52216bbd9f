package io.countersign.smtp.codec;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Part of a buffer as {@link BodyScanner} reads it: forward, a word at a time, always out of a byte array. A heap buffer lends
 * its own; from any other the octets are copied, a window at a time, into an array of the thread. To read direct memory where it
 * is costs more than to copy it: with both kinds of buffers about (TLS brings the one, plain sockets the other) the compiler must
 * ask at each octet which it has, and since JDK 25 whether the memory is still there.
 *
 * <p>Lives for one call and borrows the buffer for it; two of one thread must not be read in turns.
 */
final class BodyView {
    private static final int FIRST_WINDOW = 512;
    /** Fits into the first level of cache beside what it is copied from. */
    private static final int WINDOW = 4096;

    private static final FastThreadLocal<byte[]> WINDOWS = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[WINDOW];
        }
    };

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;
    /** NUL, LF, CR and a few octets that are rare in mail (TAB is the most frequent) are below this. */
    private static final int LOW = 0x0e;

    private static final long LOW_WORD = LOW * 0x0101010101010101L;

    private final ByteBuf in;
    private final int base;
    private final int length;
    private final byte[] octets;
    /** Octet i of the part stands at {@code octets[i + shift]}, for i from {@link #from} to before {@link #to}. */
    private int shift;

    private int from;
    private int to;

    BodyView(ByteBuf in, int base, int length) {
        this.in = in;
        this.base = base;
        this.length = length;
        if (in.hasArray()) {
            octets = in.array();
            shift = in.arrayOffset() + base;
            to = length;
        } else {
            octets = WINDOWS.get();
        }
    }

    byte get(int index) {
        if (index < from || index >= to) {
            move(index);
        }
        return octets[index + shift];
    }

    /** Index of the first octet below {@link #LOW} at or behind {@code index}, or the length. */
    int firstLow(int index) {
        int at = index;
        while (at < length) {
            if (at < from || at >= to) {
                move(at);
            }
            int low = firstLow(octets, at + shift, to + shift) - shift;
            if (low < to) {
                return low;
            }
            at = low;
        }
        return length;
    }

    /**
     * The window grows with the way that was gone: who stops early, and will come again for the rest, has copied little, however
     * often that happens in one buffer.
     */
    private void move(int index) {
        from = index;
        to = Math.min(length, index + Math.max(FIRST_WINDOW, Math.min(WINDOW, index)));
        shift = -from;
        in.getBytes(base + from, octets, 0, to - from);
    }

    /** Four words at a time while there is nothing in them, then one. */
    private static int firstLow(byte[] octets, int from, int to) {
        int at = from;
        for (; at <= to - 32; at += 32) {
            long hits = low((long) WORD.get(octets, at))
                    | low((long) WORD.get(octets, at + 8))
                    | low((long) WORD.get(octets, at + 16))
                    | low((long) WORD.get(octets, at + 24));
            if (hits != 0) {
                break;
            }
        }
        for (; at <= to - 8; at += 8) {
            long hits = low((long) WORD.get(octets, at));
            if (hits != 0) {
                return at + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
        }
        for (; at < to; at++) {
            byte octet = octets[at];
            if (octet >= 0 && octet < LOW) {
                return at;
            }
        }
        return to;
    }

    /**
     * Not 0 when an octet is below LOW; the lowest bit set is then in the first of them. The subtraction borrows into the high
     * bit of each such octet; those that had it set before are masked. A borrow can only mislead above the first hit, and the lowest
     * octet of a little-endian word is the first.
     */
    private static long low(long word) {
        return (word - LOW_WORD) & ~word & HIGH_BITS;
    }
}
