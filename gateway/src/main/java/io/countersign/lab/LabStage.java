package io.countersign.lab;

import java.util.Locale;
import java.util.Map;

/** Where in a session a server of the lab may be told to behave in its own way. */
public enum LabStage {
    /** The connection is there, nothing was said. */
    CONNECT,
    /** Where the 220 goes. */
    GREETING,
    EHLO,
    HELO,
    STARTTLS,
    XCLIENT,
    MAIL,
    RCPT,
    DATA,
    /** One chunk of BDAT has come whole, and it was not the last one. */
    BDAT,
    /** The content has come whole: after CRLF.CRLF or the chunk with LAST. */
    END_OF_DATA,
    RSET,
    NOOP,
    VRFY,
    QUIT,
    /** Any other command. */
    OTHER;

    private static final Map<String, LabStage> BY_VERB = Map.ofEntries(
            Map.entry("EHLO", EHLO),
            Map.entry("HELO", HELO),
            Map.entry("STARTTLS", STARTTLS),
            Map.entry("XCLIENT", XCLIENT),
            Map.entry("MAIL", MAIL),
            Map.entry("RCPT", RCPT),
            Map.entry("DATA", DATA),
            Map.entry("BDAT", BDAT),
            Map.entry("RSET", RSET),
            Map.entry("NOOP", NOOP),
            Map.entry("VRFY", VRFY),
            Map.entry("QUIT", QUIT));

    /** The stage of a command line. */
    static LabStage of(String line) {
        int space = line.indexOf(' ');
        String verb = space < 0 ? line : line.substring(0, space);
        return BY_VERB.getOrDefault(verb.toUpperCase(Locale.ROOT), OTHER);
    }
}
