package io.countersign.smtp;

/** The grammar of local parts (RFC 5321 §4.1.2, widened by RFC 6531 §3.3). Positions are indexes of {@code char}s. */
final class LocalParts {
    /** No local part of that shape begins here. */
    static final int NONE = -1;

    private static final long ATEXT_LOW = bits("!#$%&'*+-/0123456789=?", 0);
    private static final long ATEXT_HIGH = bits("ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~", 64);

    private LocalParts() {}

    private static long bits(String characters, int base) {
        long bits = 0;
        for (int i = 0; i < characters.length(); i++) {
            bits |= 1L << (characters.charAt(i) - base);
        }
        return bits;
    }

    private static boolean isAtext(char c) {
        return c < 64 ? (ATEXT_LOW >>> c & 1) != 0 : c < 128 && (ATEXT_HIGH >>> c & 1) != 0;
    }

    /** Where the Dot-string that begins at {@code from} ends: the first character that does not belong to it, or {@link #NONE}. */
    static int endOfDotString(String text, int from) {
        boolean atomOpen = false;
        int i = from;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (isAtext(c)) {
                atomOpen = true;
                i++;
            } else if (c == '.') {
                if (!atomOpen) {
                    return NONE;
                }
                atomOpen = false;
                i++;
            } else if (c >= 0x80) {
                int codePoint = text.codePointAt(i);
                if (!Characters.isHarmless(codePoint)) {
                    return NONE;
                }
                atomOpen = true;
                i += Character.charCount(codePoint);
            } else {
                break;
            }
        }
        return atomOpen ? i : NONE;
    }

    static boolean isDotString(String text) {
        return endOfDotString(text, 0) == text.length();
    }

    /** Where the Quoted-string whose opening quote stands at {@code from} ends: behind its closing quote, or {@link #NONE}. */
    static int endOfQuotedString(String text, int from) {
        int i = from + 1;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == '"') {
                return i + 1;
            }
            if (c == '\\') {
                // quoted-pairSMTP takes graphic ASCII and blank only, also under RFC 6531.
                if (i + 1 >= text.length() || !isGraphicOrBlank(text.charAt(i + 1))) {
                    return NONE;
                }
                i += 2;
            } else if (c >= 0x80) {
                int codePoint = text.codePointAt(i);
                if (!Characters.isHarmless(codePoint)) {
                    return NONE;
                }
                i += Character.charCount(codePoint);
            } else if (isGraphicOrBlank(c)) {
                i++;
            } else {
                return NONE;
            }
        }
        return NONE;
    }

    private static boolean isGraphicOrBlank(char c) {
        return c >= ' ' && c <= '~';
    }

    /** The content of a well-formed Quoted-string. */
    static String unquote(String quoted) {
        StringBuilder content = new StringBuilder(quoted.length());
        for (int i = 1; i < quoted.length() - 1; i++) {
            char c = quoted.charAt(i);
            content.append(c == '\\' ? quoted.charAt(++i) : c);
        }
        return content.toString();
    }

    /** The one Quoted-string we print for a content: only quote and backslash are escaped. */
    static String quote(String content) {
        StringBuilder quoted = new StringBuilder(content.length() + 2).append('"');
        for (int i = 0; i < content.length(); i++) {
            char c = content.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\');
            }
            quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
