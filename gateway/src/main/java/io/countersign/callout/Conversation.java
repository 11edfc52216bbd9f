package io.countersign.callout;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.CommandPrinter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The record of one callout for people: {@code "> "} what we said, {@code "< "} what they said, {@code "* "} what happened, each with
 * the milliseconds since it began. At most {@value #MOST_LINES} lines of {@value #WIDTH} printable ASCII characters of text; not
 * thread-safe.
 */
final class Conversation {
    static final int MOST_LINES = 60;
    static final int WIDTH = 200;

    private final long start = System.nanoTime();
    private final List<String> lines = new ArrayList<>();

    void said(SmtpCommand command) {
        add("> ", CommandPrinter.print(command));
    }

    void heard(SmtpReply reply) {
        List<String> texts = reply.lines();
        for (int i = 0; i < texts.size() && lines.size() < MOST_LINES; i++) {
            String text = i == 0 && reply.enhanced() != null ? reply.enhanced() + " " + texts.get(i) : texts.get(i);
            add("< ", reply.code() + (i < texts.size() - 1 ? "-" : " ") + text);
        }
    }

    void happened(String what) {
        add("* ", what);
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    /** Printable ASCII, at most {@value #WIDTH} characters: fit for one line of a log, a header or a page. */
    static String printable(String text) {
        int length = Math.min(text.length(), WIDTH);
        StringBuilder plain = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            plain.append(c >= ' ' && c < 0x7f ? c : '?');
        }
        return plain.toString();
    }

    private void add(String mark, String text) {
        if (lines.size() == MOST_LINES - 1) {
            lines.add("* and more");
        }
        if (lines.size() < MOST_LINES) {
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            lines.add(mark + "+" + millis + " " + printable(text));
        }
    }
}
