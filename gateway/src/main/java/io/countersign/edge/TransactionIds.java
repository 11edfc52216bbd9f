package io.countersign.edge;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ids of sessions and transactions: 13 characters of Crockford's base 32, ordered by time: 44 bits of milliseconds, then 20 bits
 * of a counter that begins anywhere, so that several gateways hardly ever make the same one. Unique in this process for a million a
 * millisecond. Thread-safe, one atomic increment each.
 */
final class TransactionIds {
    private static final char[] DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".toCharArray();
    private static final int LENGTH = 13;

    private final AtomicLong counter = new AtomicLong(new SecureRandom().nextInt(1 << 20));

    String next() {
        long value = (System.currentTimeMillis() << 20) | (counter.incrementAndGet() & 0xfffff);
        char[] text = new char[LENGTH];
        for (int i = LENGTH - 1; i >= 0; i--) {
            text[i] = DIGITS[(int) (value & 31)];
            value >>>= 5;
        }
        return new String(text);
    }
}
