package io.countersign.command;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Puts a keyed hash in the place of each mail address's local part ({@code a@b} becomes {@code #1f0c…@b}): the same address has the
 * same hash, so that lines can still be put together, and nobody without the key can try out addresses. One thread uses it.
 */
final class AddressHasher {
    /** What stands in front of an {@code @}: a quoted string (its quotes may have been escaped for the log), or whatever is no separator. */
    private static final Pattern ADDRESS = Pattern.compile(
            "(\\\\?\"(?:[^\"\\\\]|\\\\.){0,130}?\\\\?\"|[^\\s\"<>()\\[\\],;:@\\\\]{1,130})@([\\p{L}\\p{N}?.:_\\[\\]-]{1,255})");

    /** Of the hash's 32 octets; enough that two addresses of one domain do not meet. */
    private static final int OCTETS = 6;

    private static final String ALGORITHM = "HmacSHA256";

    private final Mac mac;

    /** @param key empty: one is made, and forgotten with the process */
    AddressHasher(String key) {
        byte[] secret = key.getBytes(StandardCharsets.UTF_8);
        if (secret.length == 0) {
            secret = new byte[32];
            new SecureRandom().nextBytes(secret);
        }
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    String hashed(String text) {
        if (text.indexOf('@') < 0) {
            return text;
        }
        Matcher m = ADDRESS.matcher(text);
        return m.replaceAll(found -> Matcher.quoteReplacement("#" + hash(found.group()) + "@" + found.group(2)));
    }

    private String hash(String address) {
        byte[] hash = mac.doFinal(address.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash, 0, OCTETS);
    }
}
