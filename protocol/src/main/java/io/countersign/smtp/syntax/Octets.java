package io.countersign.smtp.syntax;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Small readings of a line's octets that make no objects. Ranges are {@code from} inclusive, {@code to} exclusive. */
final class Octets {
    private Octets() {}

    /** True when the octets from {@code from} are {@code upperCase}, ASCII case ignored, whatever the locale. */
    static boolean startsWith(byte[] line, int from, int to, String upperCase) {
        int length = upperCase.length();
        if (to - from < length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (upper(line[from + i]) != upperCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static boolean equals(byte[] line, int from, int to, String upperCase) {
        return to - from == upperCase.length() && startsWith(line, from, to, upperCase);
    }

    static int upper(byte octet) {
        return octet >= 'a' && octet <= 'z' ? octet - 0x20 : octet;
    }

    static int skipBlanks(byte[] line, int from, int to) {
        int i = from;
        while (i < to && line[i] == ' ') {
            i++;
        }
        return i;
    }

    /** The next blank, or {@code to}. */
    static int endOfWord(byte[] line, int from, int to) {
        int i = from;
        while (i < to && line[i] != ' ') {
            i++;
        }
        return i;
    }

    static boolean isAscii(byte[] line, int from, int to) {
        for (int i = from; i < to; i++) {
            if (line[i] < 0) {
                return false;
            }
        }
        return true;
    }

    /** Only {@code !} to {@code ~}, and at least one. */
    static boolean isGraphic(byte[] line, int from, int to) {
        for (int i = from; i < to; i++) {
            if (line[i] <= ' ' || line[i] == 0x7f) {
                return false;
            }
        }
        return to > from;
    }

    static boolean isLetterOrDigit(byte octet) {
        return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9');
    }

    static String ascii(byte[] line, int from, int to) {
        return new String(line, from, to - from, StandardCharsets.ISO_8859_1);
    }

    static String asciiUpper(byte[] line, int from, int to) {
        byte[] upper = new byte[to - from];
        for (int i = 0; i < upper.length; i++) {
            upper[i] = (byte) upper(line[from + i]);
        }
        return new String(upper, StandardCharsets.ISO_8859_1);
    }

    /** Decodes well-formed UTF-8 (RFC 3629: no overlong form, no surrogate); null for anything else. */
    static @Nullable String utf8(byte[] line, int from, int to) {
        if (isAscii(line, from, to)) {
            return ascii(line, from, to);
        }
        try {
            // A new decoder reports what is malformed; the String constructor would put U+FFFD in its place.
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line, from, to - from))
                    .toString();
        } catch (CharacterCodingException malformed) {
            return null;
        }
    }

    /** A decimal number without sign from 0 to 2^63-1, or -1 for anything else. */
    static long decimal(byte[] line, int from, int to) {
        if (from >= to) {
            return -1;
        }
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = line[i] - '0';
            if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }
}
