package io.countersign.smtp.syntax;

import io.countersign.smtp.SmtpReply;
import java.util.List;

/** One reply to its octets: {@code code-text CRLF … code text CRLF}; an enhanced code is repeated on each line (RFC 2034 §4), except in an EHLO reply, which has none. */
public final class ReplyPrinter {
    private ReplyPrinter() {}

    /** Includes every CRLF. ASCII unless a line is not ({@link SmtpReply#inAscii}). */
    public static String print(SmtpReply reply) {
        List<String> lines = reply.lines();
        String enhanced = reply.enhanced() == null ? "" : reply.enhanced() + " ";
        int length = 0;
        for (int i = 0; i < lines.size(); i++) {
            length += 6 + enhanced.length() + lines.get(i).length();
        }
        StringBuilder printed = new StringBuilder(length);
        int last = lines.size() - 1;
        for (int i = 0; i <= last; i++) {
            // The blank stands also before an empty text: RFC 5321 §4.2 lets it be left out, but not every client
            // knows.
            printed.append(reply.code())
                    .append(i == last ? ' ' : '-')
                    .append(enhanced)
                    .append(lines.get(i))
                    .append("\r\n");
        }
        return printed.toString();
    }
}
