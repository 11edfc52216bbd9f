package io.countersign.lab;

import java.util.List;

/**
 * A whole reply as a {@link LabClient} read it.
 *
 * @param code of its last line
 * @param lines each without its end
 */
public record LabReply(int code, List<String> lines) {

    /** The texts of all lines, without codes, one a line. */
    public String text() {
        return String.join(
                "\n",
                lines.stream().map(l -> l.substring(Math.min(4, l.length()))).toList());
    }

    @Override
    public String toString() {
        return String.join("\n", lines);
    }
}
