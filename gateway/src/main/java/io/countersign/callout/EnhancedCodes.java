package io.countersign.callout;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpReply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The enhanced codes of a reply, also where they do not lead. */
final class EnhancedCodes {
    private EnhancedCodes() {}

    /**
     * The leading code, then such as begin a later line or stand as {@code #x.y.z} in the text (qmail, Cisco); only those of
     * the basic code's class: another class contradicts it and is ignored. Reads {@value ReplyText#MOST} characters of text.
     */
    static List<EnhancedStatus> of(SmtpReply reply) {
        List<EnhancedStatus> codes = new ArrayList<>(2);
        if (reply.enhanced() != null && reply.enhanced().statusClass() == reply.replyClass()) {
            codes.add(reply.enhanced());
        }
        int left = ReplyText.MOST;
        for (String line : reply.lines()) {
            String text = line.length() <= left ? line : line.substring(0, left);
            left -= text.length();
            inLine(text, reply.replyClass(), codes);
        }
        return codes;
    }

    private static void inLine(String line, int replyClass, List<EnhancedStatus> codes) {
        for (int i = 0; i < line.length(); i++) {
            if (i == 0 || line.charAt(i - 1) == '#') {
                EnhancedStatus code = at(line, i, replyClass);
                if (code != null) {
                    codes.add(code);
                }
            }
        }
    }

    /** The code that begins at {@code from} and ends with its third number; {@code 5.1.1.1} and {@code 5.1.1234} are none. */
    private static @Nullable EnhancedStatus at(String line, int from, int replyClass) {
        int[] numbers = new int[3];
        int at = from;
        for (int n = 0; n < 3; n++) {
            int digits = 0;
            while (at < line.length() && isDigit(line.charAt(at)) && digits < 4) {
                numbers[n] = numbers[n] * 10 + line.charAt(at) - '0';
                at++;
                digits++;
            }
            boolean dot = at < line.length() && line.charAt(at) == '.';
            boolean goesOn = dot && at + 1 < line.length() && isDigit(line.charAt(at + 1));
            if (digits == 0 || digits > 3 || (n < 2 ? !dot : goesOn)) {
                return null;
            }
            at += n < 2 ? 1 : 0;
        }
        return numbers[0] == replyClass ? EnhancedStatus.of(numbers[0], numbers[1], numbers[2]) : null;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
