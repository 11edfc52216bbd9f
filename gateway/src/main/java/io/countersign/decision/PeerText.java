package io.countersign.decision;

import io.countersign.config.BackendSettings.TextMode;
import io.countersign.smtp.SmtpReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Other servers' words on their way into our replies: printable, cut, and (for the MTA) without its name and private addresses. */
public final class PeerText {
    /** Longest text of an exchanger in a reply of ours, in characters. */
    public static final int EXCHANGER_LIMIT = 200;
    /** Longest line of the MTA's text in a reply of ours, in characters. */
    public static final int MTA_LIMIT = 400;

    private PeerText() {}

    /** Printable ASCII only (the rest becomes {@code ?}), at most {@code limit} characters. */
    public static String printable(String text, int limit) {
        int length = Math.min(text.length(), limit);
        StringBuilder out = null;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                if (out == null) {
                    out = new StringBuilder(length).append(text, 0, i);
                }
                out.append('?');
            } else if (out != null) {
                out.append(c);
            }
        }
        return out != null ? out.toString() : length == text.length() ? text : text.substring(0, length);
    }

    /**
     * The MTA's reply as the client gets it: each line cut; with {@link TextMode#HIDE} the MTA's host name and private
     * addresses become {@code mta}.
     *
     * @param mtaName the name the MTA greeted with, or "" when it is not known
     */
    public static SmtpReply fromMta(SmtpReply reply, TextMode mode, String mtaName) {
        boolean changed = false;
        List<String> lines = new ArrayList<>(reply.lines().size());
        for (String line : reply.lines()) {
            String text = mode == TextMode.HIDE ? hide(line, mtaName) : line;
            text = printable(text, MTA_LIMIT);
            changed |= !text.equals(line);
            lines.add(text);
        }
        return changed ? new SmtpReply(reply.code(), reply.enhanced(), lines) : reply;
    }

    static String hide(String line, String mtaName) {
        String text = line;
        if (!mtaName.isEmpty()) {
            text = replaceIgnoringCase(text, mtaName);
        }
        return PrivateAddresses.replace(text, "mta");
    }

    private static String replaceIgnoringCase(String text, String name) {
        String lower = text.toLowerCase(Locale.ROOT);
        String wanted = name.toLowerCase(Locale.ROOT);
        // A character whose lower case has another length would shift the positions: leave such a text alone.
        int at = lower.length() == text.length() ? lower.indexOf(wanted) : -1;
        if (at < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        int from = 0;
        while (at >= 0) {
            out.append(text, from, at).append("mta");
            from = at + wanted.length();
            at = lower.indexOf(wanted, from);
        }
        return out.append(text, from, text.length()).toString();
    }
}
