package io.countersign.smtp.syntax;

import io.countersign.smtp.MailAddress;
import java.nio.charset.StandardCharsets;

/** xtext of RFC 3461 §4. */
public final class Xtext {
    private static final String HEX = "0123456789ABCDEF";

    private Xtext() {}

    /** Encodes every octet (UTF-8) outside {@code !}–{@code ~} and {@code +}, {@code =}. */
    public static String encode(String text) {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        StringBuilder xtext = new StringBuilder(octets.length + 16);
        for (byte octet : octets) {
            if (octet > ' ' && octet < 0x7f && octet != '+' && octet != '=') {
                xtext.append((char) octet);
            } else {
                xtext.append('+').append(HEX.charAt((octet >> 4) & 0xf)).append(HEX.charAt(octet & 0xf));
            }
        }
        return xtext.toString();
    }

    /**
     * True when {@code text} is xtext that hides no control character ({@code +0A} is refused). Hexadecimal digits are upper
     * case, as the RFC demands; the empty text is xtext.
     */
    public static boolean isValid(String text) {
        return isValid(text, 0);
    }

    /** As {@link #isValid(String)}, for the text from {@code from} on. */
    static boolean isValid(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return isValidUnicode(text, from);
    }

    /** As {@link #isValid(String, int)}, with characters outside ASCII that stand for themselves. */
    static boolean isValidUnicode(String text, int from) {
        int i = from;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                int codePoint = text.codePointAt(i);
                if (!MailAddress.mayContain(codePoint)) {
                    return false;
                }
                i += Character.charCount(codePoint);
            } else if (c == '+') {
                if (i + 2 >= text.length()) {
                    return false;
                }
                int high = HEX.indexOf(text.charAt(i + 1));
                int low = HEX.indexOf(text.charAt(i + 2));
                if (high < 2 || low < 0 || (high == 7 && low == 0xf)) {
                    return false;
                }
                i += 3;
            } else if (c <= ' ' || c == 0x7f || c == '=') {
                return false;
            } else {
                i++;
            }
        }
        return true;
    }
}
