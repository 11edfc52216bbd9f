package io.countersign.admin.http;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

/** The secret that opens the interface. Compared in constant time; prints as nothing. Immutable. */
public final class Token {
    private static final int OCTETS = 32;

    private final String text;
    private final byte[] digest;

    private Token(String text) {
        this.text = text;
        this.digest = digest(text);
    }

    public static Token of(String text) {
        return new Token(text);
    }

    /** 256 random bits, in letters, digits, hyphen and underscore. */
    public static Token random() {
        byte[] octets = new byte[OCTETS];
        new SecureRandom().nextBytes(octets);
        return new Token(Base64.getUrlEncoder().withoutPadding().encodeToString(octets));
    }

    /** Takes as long whatever is offered: digests of equal length are compared, all of them. */
    boolean matches(String offered) {
        return MessageDigest.isEqual(digest, digest(offered));
    }

    /** For the file that it is kept in, and for whoever starts the gateway. Never for a log. */
    public String secret() {
        return text;
    }

    @Override
    public String toString() {
        return "(token)";
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
