package io.countersign.lab;

/**
 * A command as a server of the lab heard it, for scripts that decide by it.
 *
 * @param line the whole line without its end; empty for {@link LabStage#CONNECT}, {@link LabStage#GREETING} and {@link LabStage#END_OF_DATA}
 * @param client the client's IP address; at an MTA the one given by PROXY or XCLIENT, if any was
 * @param session the how-manieth connection of this server this is, from 1
 */
public record Heard(LabStage stage, String line, String client, long session) {

    /** The path of a MAIL or RCPT, without its angle brackets; of anything else the argument as it stands. */
    public String argument() {
        return stage == LabStage.MAIL || stage == LabStage.RCPT
                ? pathIn(line)
                : line.substring(Math.min(line.length(), line.indexOf(' ') + 1));
    }

    /** What stands between the first {@code <} and the last {@code >}; without them the word after the colon. */
    static String pathIn(String line) {
        int open = line.indexOf('<');
        int close = line.lastIndexOf('>');
        if (open >= 0 && close > open) {
            return line.substring(open + 1, close);
        }
        String after = line.substring(line.indexOf(':') + 1).strip();
        int space = after.indexOf(' ');
        return space < 0 ? after : after.substring(0, space);
    }
}
