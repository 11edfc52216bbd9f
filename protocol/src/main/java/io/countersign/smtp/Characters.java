package io.countersign.smtp;

/** Which characters outside ASCII may stand in an address or in a line that is shown to people. */
final class Characters {
    private Characters() {}

    /**
     * True for a scalar value above ASCII that can neither steer a terminal, nor break a line, nor turn the order of what is
     * read: no surrogate (RFC 3629 §3), no C1 control, no line or paragraph separator, no bidirectional mark, no
     * noncharacter, no byte order mark, no invisible copy of ASCII (U+E0000–U+E007F), no trace of a failed decoding (U+FFFD).
     */
    static boolean isHarmless(int codePoint) {
        if (codePoint < 0xa0) {
            return false;
        }
        if (codePoint < 0x061c) {
            return true;
        }
        if (codePoint >= 0x2000 && codePoint <= 0x206f) {
            return !isSteering(codePoint);
        }
        return codePoint != 0x061c
                && codePoint != 0xfeff
                && !within(codePoint, 0xd800, 0xdfff)
                && !within(codePoint, 0xfdd0, 0xfdef)
                && !within(codePoint, 0xfff9, 0xffff)
                && !within(codePoint, 0xe0000, 0xe007f)
                && (codePoint & 0xfffe) != 0xfffe;
    }

    /** LRM, RLM, the embeddings, overrides and isolates, and the two separators of the General Punctuation block. */
    private static boolean isSteering(int codePoint) {
        return within(codePoint, 0x200e, 0x200f)
                || within(codePoint, 0x2028, 0x202e)
                || within(codePoint, 0x2066, 0x2069);
    }

    private static boolean within(int codePoint, int first, int last) {
        return codePoint >= first && codePoint <= last;
    }

    /** Octets of {@code text} between two indexes in UTF-8; a surrogate without its partner counts as three. */
    static int utf8Length(String text, int from, int to) {
        int octets = to - from;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                continue;
            }
            if (c < 0x800) {
                octets += 1;
            } else if (Character.isHighSurrogate(c) && i + 1 < to && Character.isLowSurrogate(text.charAt(i + 1))) {
                octets += 2;
                i++;
            } else {
                octets += 2;
            }
        }
        return octets;
    }

    /** {@code text} itself when it has no ASCII capital, else a copy in lower case; other letters stay as they are. */
    static String asciiLowerCase(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            if (isAsciiUpper(text.charAt(i))) {
                char[] lower = text.toCharArray();
                for (int j = i; j < length; j++) {
                    if (isAsciiUpper(lower[j])) {
                        lower[j] |= 0x20;
                    }
                }
                return new String(lower);
            }
        }
        return text;
    }

    private static boolean isAsciiUpper(char c) {
        return c >= 'A' && c <= 'Z';
    }

    static boolean isAsciiLetterOrDigit(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}
