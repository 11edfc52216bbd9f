package io.countersign.dns;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Unpredictable numbers without locks or system calls: the key stream of AES in counter mode under a random key. {@link
 * SecureRandom} takes a lock and may read a device, which must not happen on an event loop. Confined to one thread after it was
 * made; making one blocks.
 */
final class KeyStream {
    private static final int BLOCK = 1024;

    private final Cipher cipher;
    private final byte[] zeros = new byte[BLOCK];
    private final byte[] stream = new byte[BLOCK];
    private int at = BLOCK;

    KeyStream() {
        byte[] key = new byte[16];
        byte[] counter = new byte[16];
        SecureRandom random = new SecureRandom();
        random.nextBytes(key);
        random.nextBytes(counter);
        try {
            cipher = Cipher.getInstance("AES/CTR/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(counter));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime must offer AES", e);
        }
        next16();
    }

    /** 0 to 65535. */
    int next16() {
        if (at == BLOCK) {
            refill();
        }
        int value = (stream[at] & 0xff) << 8 | stream[at + 1] & 0xff;
        at += 2;
        return value;
    }

    private void refill() {
        try {
            int made = cipher.update(zeros, 0, BLOCK, stream);
            if (made != BLOCK) {
                throw new IllegalStateException("a stream cipher gave " + made + " octets");
            }
        } catch (ShortBufferException e) {
            throw new IllegalStateException("the buffer is as long as the input", e);
        }
        at = 0;
    }
}
