package io.countersign.smtp.syntax;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.SmtpReply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lines to a reply (RFC 5321 §4.2.1), one instance a connection, not thread-safe. Tolerant where product.md says so (LF-only
 * line ends are the framer's matter and are noted), strict in the rest: three digits 200–599, then blank, hyphen or end; the
 * same code on each line. An enhanced code whose class contradicts the basic code is ignored (null).
 */
public final class ReplyParser {
    public enum State {
        /** More lines are to come. */
        INCOMPLETE,
        /** {@link #reply()} has it; the next line begins a new reply. */
        COMPLETE,
        /** Not SMTP; terminal: {@link #fault()} says why, every further line gives the same. */
        BROKEN
    }

    private final SmtpLimits limits;
    private final List<String> earlierLines = new ArrayList<>(0);
    private int code;
    private @Nullable EnhancedStatus enhanced;
    private int replyOctets;
    private @Nullable SmtpReply reply;
    private @Nullable String fault;

    public ReplyParser(SmtpLimits limits) {
        this.limits = limits;
    }

    /**
     * Takes one line without its line end. Of one longer than {@link SmtpLimits#replyLine} the beginning counts; whoever
     * frames the lines need not hand over more.
     */
    public State line(byte[] octets, int offset, int length) {
        reply = null;
        if (fault != null) {
            return State.BROKEN;
        }
        int kept = Math.min(length, limits.replyLine());
        int end = offset + kept;
        if (kept < 3 || (kept > 3 && octets[offset + 3] != ' ' && octets[offset + 3] != '-')) {
            return broken("not a reply line");
        }
        int lineCode = code(octets, offset);
        if (lineCode < 0) {
            return broken("not a reply code");
        }
        int text = Math.min(offset + 4, end);
        if (replyOctets == 0) {
            code = lineCode;
            enhanced = leadingCode(octets, text, end);
        } else if (lineCode != code) {
            return broken("different codes in one reply");
        }
        // Both bounds hold for the reply as a whole; octets with the line ends.
        replyOctets += kept + 2;
        if (earlierLines.size() >= limits.replyLines() || replyOctets > limits.replyOctets()) {
            return broken("reply too long");
        }
        text = behindEnhanced(octets, text, end);
        String printed = decode(octets, text, kept < length ? wholeCharacters(octets, text, end) : end);
        if (kept > 3 && octets[offset + 3] == '-') {
            earlierLines.add(printed);
            return State.INCOMPLETE;
        }
        reply = complete(printed);
        return State.COMPLETE;
    }

    private static int code(byte[] line, int offset) {
        int first = line[offset] - '0';
        int second = line[offset + 1] - '0';
        int third = line[offset + 2] - '0';
        boolean digits = second >= 0 && second <= 9 && third >= 0 && third <= 9;
        return digits && first >= 2 && first <= 5 ? first * 100 + second * 10 + third : -1;
    }

    /** An enhanced code that contradicts the basic code says nothing (RFC 2034 §4): it stays in the text. */
    private @Nullable EnhancedStatus leadingCode(byte[] line, int from, int end) {
        EnhancedStatus leading = EnhancedStatus.leading(line, from, end);
        return leading != null && leading.statusClass() == code / 100 ? leading : null;
    }

    /** Where the text begins behind the reply's enhanced code, when the line repeats it. */
    private int behindEnhanced(byte[] line, int from, int end) {
        EnhancedStatus expected = enhanced;
        if (expected == null || !expected.equals(EnhancedStatus.leading(line, from, end))) {
            return from;
        }
        return Math.min(from + expected.printedLength() + 1, end);
    }

    /** The end of the last whole UTF-8 sequence: a line may have been cut in the middle of one. */
    private static int wholeCharacters(byte[] line, int from, int end) {
        int start = end;
        while (start > from && end - start < 4 && (line[start - 1] & 0xc0) == 0x80) {
            start--;
        }
        return start > from && (line[start - 1] & 0xc0) == 0xc0 ? start - 1 : end;
    }

    /** UTF-8 where it is well formed, else ISO 8859-1, which gives every octet a character. */
    private static String decode(byte[] line, int from, int to) {
        String text = Octets.utf8(line, from, to);
        return text == null ? Octets.ascii(line, from, to) : text;
    }

    private SmtpReply complete(String lastLine) {
        List<String> lines;
        if (earlierLines.isEmpty()) {
            lines = List.of(lastLine);
        } else {
            earlierLines.add(lastLine);
            lines = List.copyOf(earlierLines);
            earlierLines.clear();
        }
        SmtpReply complete = new SmtpReply(code, enhanced, lines);
        replyOctets = 0;
        enhanced = null;
        return complete;
    }

    private State broken(String why) {
        fault = why;
        earlierLines.clear();
        return State.BROKEN;
    }

    /** @throws IllegalStateException unless the last line made a reply complete */
    public SmtpReply reply() {
        SmtpReply complete = reply;
        if (complete == null) {
            throw new IllegalStateException("no reply is complete");
        }
        return complete;
    }

    /** What was wrong, in words fit for a log, without the peer's text; null unless broken. */
    public @Nullable String fault() {
        return fault;
    }
}
