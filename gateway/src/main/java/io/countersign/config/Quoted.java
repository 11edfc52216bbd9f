package io.countersign.config;

import java.nio.file.Path;
import java.util.Locale;

/** What the operator wrote, as it may stand in a message: in quotes, on one line, printable, and not too long. */
final class Quoted {
    private static final int LONGEST = 80;

    private Quoted() {}

    static String of(String text) {
        return '"' + bare(text) + '"';
    }

    /** A path without quotes, and whole: half of one leads nowhere. */
    static String path(Path path) {
        return bare(path.toString(), Integer.MAX_VALUE);
    }

    /** Without the quotes. Control characters are shown as escapes: a message is one line, whatever the file holds. */
    static String bare(String text) {
        return bare(text, LONGEST);
    }

    private static String bare(String text, int longest) {
        int end = Math.min(text.length(), longest);
        StringBuilder shown = new StringBuilder(end + 2);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> shown.append("\\n");
                case '\r' -> shown.append("\\r");
                case '\t' -> shown.append("\\t");
                default -> {
                    if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT || isLineBreak(c)) {
                        shown.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        shown.append(c);
                    }
                }
            }
        }
        return text.length() > longest ? shown.append('…').toString() : shown.toString();
    }

    private static boolean isLineBreak(char c) {
        return c == '\u2028' || c == '\u2029';
    }
}
