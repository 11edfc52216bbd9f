package io.countersign.command.demo;

import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;

/** How the story looks: with colours and lines drawn for a terminal, in plain ASCII for everything else. */
enum Ink {
    PLAIN("-", "|", "+", ">"),
    COLOURED("\u2500", "\u2502", "\u253c", "\u2192");

    /** Select Graphic Rendition codes (ECMA-48 §8.3.117). */
    enum Tone {
        TITLE("1"),
        QUIET("2"),
        GOOD("32"),
        BAD("1;31"),
        WARNING("33"),
        NAME("36");

        private final String code;

        Tone(String code) {
            this.code = code;
        }
    }

    private final String line;
    private final String bar;
    private final String cross;
    private final String arrow;

    Ink(String line, String bar, String cross, String arrow) {
        this.line = line;
        this.bar = bar;
        this.cross = cross;
        this.arrow = arrow;
    }

    /** @param terminal whether colours may be used @param charset of the output */
    static Ink of(boolean terminal, Charset charset) {
        boolean drawn =
                charset.canEncode() && charset.newEncoder().canEncode(COLOURED.line + COLOURED.cross + COLOURED.arrow);
        return terminal && drawn ? COLOURED : PLAIN;
    }

    String in(Tone tone, String text) {
        return this == PLAIN || text.isEmpty() ? text : "\u001b[" + tone.code + "m" + text + "\u001b[0m";
    }

    String rule(int width) {
        return line.repeat(width);
    }

    String arrow() {
        return arrow;
    }

    /** Stands between two columns. */
    String bar() {
        return " " + bar + " ";
    }

    /** The rule under a table's head. */
    String rule(int... widths) {
        List<String> parts = new ArrayList<>();
        for (int width : widths) {
            parts.add(line.repeat(width));
        }
        return String.join(line + cross + line, parts);
    }

    /** Broken at spaces into lines of at most {@code width}; a longer word stands alone. */
    static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        for (String word : text.split(" ")) {
            if (current.length() > 0 && current.length() + 1 + word.length() > width) {
                lines.add(current.toString());
                current.setLength(0);
            }
            current.append(current.length() > 0 ? " " : "").append(word);
        }
        lines.add(current.toString());
        return lines;
    }
}
