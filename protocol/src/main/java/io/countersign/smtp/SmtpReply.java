package io.countersign.smtp;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A reply (RFC 5321 §4.2): code, enhanced status code if there is one, and text lines without codes and line ends.
 *
 * <p>Lines hold only what may be printed in one line: constructors replace CR, LF, NUL and other control characters by
 * {@code ?}. {@code lines} has at least one element (which may be empty); {@code enhanced} is what the first line began with
 * (or null), and its text is <em>not</em> repeated in {@code lines}.
 */
public record SmtpReply(int code, @Nullable EnhancedStatus enhanced, List<String> lines) {
    public SmtpReply {
        if (code < 200 || code > 599) {
            throw new IllegalArgumentException("reply code " + code);
        }
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("a reply has at least one line");
        }
        // P1: sanitise lines
        lines = List.copyOf(lines);
    }

    public static SmtpReply of(int code, String text) {
        return new SmtpReply(code, null, List.of(text));
    }

    public static SmtpReply of(int code, @Nullable EnhancedStatus enhanced, String text) {
        return new SmtpReply(code, enhanced, List.of(text));
    }

    /** {@code of("550 5.1.1 <a@b>: unknown")}: for constants in code; one line. @throws IllegalArgumentException when malformed */
    public static SmtpReply of(String line) {
        throw new AssertionError("P1 " + line);
    }

    public Optional<EnhancedStatus> enhancedStatus() {
        return Optional.ofNullable(enhanced);
    }

    /** First digit of the code: 2, 3, 4 or 5. */
    public int replyClass() {
        return code / 100;
    }

    public boolean isPositive() {
        return code < 300;
    }

    public boolean isTransient() {
        return code >= 400 && code < 500;
    }

    public boolean isPermanent() {
        return code >= 500;
    }

    /** All lines joined by one blank, without codes. */
    public String text() {
        return lines.size() == 1 ? lines.get(0) : String.join(" ", lines);
    }

    /** The reply as one line, {@code 550 5.1.1 text}; for logs and evidence. */
    @Override
    public String toString() {
        return enhanced == null ? code + " " + text() : code + " " + enhanced + " " + text();
    }
}
