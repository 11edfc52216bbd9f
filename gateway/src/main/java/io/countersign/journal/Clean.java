package io.countersign.journal;

import org.jspecify.annotations.Nullable;

/** Texts of strangers on their way into the journal: no control characters (each becomes {@code ?}), and not too long. */
final class Clean {
    /** Characters of one text. */
    static final int LIMIT = 1000;

    private Clean() {}

    static @Nullable String maybe(@Nullable String text) {
        return text == null ? null : text(text);
    }

    static String text(String text) {
        int length = Math.min(text.length(), LIMIT);
        for (int i = 0; i < length; i++) {
            if (isControl(text.charAt(i))) {
                return cleaned(text, length);
            }
        }
        return length == text.length() ? text : text.substring(0, length);
    }

    private static String cleaned(String text, int length) {
        StringBuilder clean = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            clean.append(isControl(c) ? '?' : c);
        }
        return clean.toString();
    }

    /** Controls, marks that turn the direction of text, line and paragraph separators, and surrogates without their half. */
    private static boolean isControl(char c) {
        return c < ' '
                || c >= 0x7f && c < 0xa0
                || c >= 0x200e && c <= 0x200f
                || c >= 0x2028 && c <= 0x202e
                || c >= 0x2066 && c <= 0x2069
                || c == 0xfeff;
    }
}
