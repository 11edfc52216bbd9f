package io.countersign.journal;

/** Text of strangers inside a log line: printable, one line, quotes and backslashes escaped, at most 400 characters. */
public final class LogText {
    private static final int LIMIT = 400;

    private LogText() {}

    public static String quoted(String text) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), LIMIT) + 8);
        for (int i = 0; i < text.length() && i < LIMIT; i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else {
                out.append(c < ' ' || c > '~' ? '?' : c);
            }
        }
        return out.toString();
    }
}
