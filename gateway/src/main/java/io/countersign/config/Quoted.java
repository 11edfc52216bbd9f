package io.countersign.config;

/** What the operator wrote, as it may stand in a message: in quotes, on one line, printable, and not too long. */
final class Quoted {
    private static final int LONGEST = 80;

    private Quoted() {}

    static String of(String text) {
        return '"' + bare(text) + '"';
    }

    /** Without the quotes. Control characters become a question mark: a message is one line, whatever the file holds. */
    static String bare(String text) {
        StringBuilder shown = new StringBuilder(Math.min(text.length(), LONGEST) + 2);
        int end = Math.min(text.length(), LONGEST);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? '?' : c);
        }
        return text.length() > LONGEST ? shown.append('…').toString() : shown.toString();
    }
}
