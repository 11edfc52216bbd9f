package io.countersign.diagnosis;

/** Text of strangers, fit to be printed in one line. */
final class Plain {
    static final int WIDTH = 200;

    private Plain() {}

    /** Printable ASCII, at most {@value #WIDTH} characters. */
    static String text(String text) {
        return text(text, WIDTH);
    }

    static String text(String text, int most) {
        int length = Math.min(text.length(), most);
        StringBuilder plain = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            plain.append(c >= ' ' && c < 0x7f ? c : '?');
        }
        return plain.toString();
    }
}
