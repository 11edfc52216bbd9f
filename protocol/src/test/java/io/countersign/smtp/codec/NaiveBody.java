package io.countersign.smtp.codec;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What content means, said as plainly as possible: the whole of it as one string, searched by patterns, no state and no
 * buffers. The model that {@link BodyScanner} is held against. Strings are octets (ISO 8859-1).
 */
final class NaiveBody {
    /**
     * @param given what may go to the MTA
     * @param fault the first one
     * @param consumed octets up to and with the end, or -1 when there is none
     * @param octets of content when it has an end, else -1
     */
    record Outcome(String given, @Nullable FramingFault fault, int consumed, long octets) {}

    private static final Pattern BARE_CR = Pattern.compile("\r(?=[^\n])", Pattern.DOTALL);
    private static final Pattern BARE_LF = Pattern.compile("(?<!\r)\n");
    private static final Pattern NUL = Pattern.compile("\0");
    private static final Pattern LINE_END = Pattern.compile("\r?\n");
    private static final Pattern LINE_OF_ONE_DOT = Pattern.compile("(?:\\A|(?<=\n))\\.(?=\r?\n)");
    private static final Pattern DOT_AT_LINE_START = Pattern.compile("(?:\\A|(?<=\r\n))\\.");
    /** What may yet become an end or a fault. */
    private static final Pattern UNDECIDED = Pattern.compile("(?:(?:\\A|(?<=\n))\\.)?\r?\\z");

    private NaiveBody() {}

    static Outcome data(String wire, int textLine, BareNewline bareNewline) {
        int end = ("\r\n" + wire).indexOf("\r\n.\r\n");
        String content = end < 0 ? wire : wire.substring(0, end);

        int at = content.length();
        FramingFault fault = null;
        int found = first(BARE_CR, content);
        if (found < at) {
            at = found;
            fault = FramingFault.BARE_CR;
        }
        found = first(NUL, content);
        if (found < at) {
            at = found;
            fault = FramingFault.NUL;
        }
        found = bareNewline == BareNewline.REJECT ? first(BARE_LF, content) : at;
        if (found < at) {
            at = found;
            fault = FramingFault.BARE_LF;
        }
        found = tooLong(content.substring(0, at), textLine);
        if (found < at) {
            at = found;
            fault = FramingFault.LINE_TOO_LONG;
        }

        String given = content.substring(0, at);
        if (fault != null || end < 0) {
            given = UNDECIDED.matcher(given).replaceFirst("");
        }
        String canonical = canonical(content, bareNewline);
        long octets = canonical.length()
                - DOT_AT_LINE_START.matcher(canonical).results().count();
        return new Outcome(canonical(given, bareNewline), fault, end < 0 ? -1 : end + 3, end < 0 ? -1 : octets);
    }

    private static String canonical(String content, BareNewline bareNewline) {
        if (bareNewline == BareNewline.REJECT) {
            return content;
        }
        String doubled = LINE_OF_ONE_DOT.matcher(content).replaceAll("..");
        return BARE_LF.matcher(doubled).replaceAll("\r\n");
    }

    private static int first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.start() : Integer.MAX_VALUE;
    }

    /** Index of the octet with which a line became longer than {@code textLine}, or of the line end with which it did. */
    private static int tooLong(String content, int textLine) {
        int lineStart = 0;
        Matcher ends = LINE_END.matcher(content);
        while (lineStart <= content.length()) {
            boolean ended = ends.find();
            int lineEnd = ended ? ends.start() : content.length();
            String line = content.substring(lineStart, lineEnd);
            int dot = line.startsWith(".") && line.length() > 1 ? 1 : 0;
            int length = line.length() - dot - (line.endsWith("\r") ? 1 : 0);
            if (length > textLine) {
                return lineStart + dot + textLine;
            }
            if (ended && length + 2 > textLine) {
                return lineEnd;
            }
            if (!ended) {
                break;
            }
            lineStart = ends.end();
        }
        return Integer.MAX_VALUE;
    }
}
