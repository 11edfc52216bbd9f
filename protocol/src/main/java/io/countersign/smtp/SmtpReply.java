package io.countersign.smtp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A reply (RFC 5321 §4.2): code, enhanced status code if there is one, and text lines without codes and line ends.
 *
 * <p>Lines hold only what may be printed in one line: constructors replace CR, LF, NUL and other control characters, marks
 * that turn the direction of text and lone surrogates by {@code ?}, a tab by a blank. {@code lines} has at least one element (which may be empty); {@code enhanced} is what the first line began with
 * (or null), of the same class as {@code code} (RFC 2034 §4), and its text is <em>not</em> repeated in {@code lines}.
 */
public record SmtpReply(int code, @Nullable EnhancedStatus enhanced, List<String> lines) {
    public SmtpReply {
        if (code < 200 || code > 599) {
            throw new IllegalArgumentException("reply code " + code);
        }
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("a reply has at least one line");
        }
        if (enhanced != null && enhanced.statusClass() != code / 100) {
            throw new IllegalArgumentException("enhanced status code " + enhanced + " in a reply " + code);
        }
        lines = printable(lines);
    }

    /** The lines themselves when they are immutable and clean, which is the rule: then nothing is allocated. */
    private static List<String> printable(List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            if (firstUnprintable(lines.get(i)) >= 0) {
                List<String> clean = new ArrayList<>(lines.size());
                for (String line : lines) {
                    int from = firstUnprintable(line);
                    clean.add(from < 0 ? line : cleaned(line, from));
                }
                return List.copyOf(clean);
            }
        }
        return List.copyOf(lines);
    }

    private static int firstUnprintable(String line) {
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c >= ' ' && c < 0x7f) {
                continue;
            }
            if (c < 0x80) {
                return i;
            }
            int codePoint = line.codePointAt(i);
            if (!Characters.isHarmless(codePoint)) {
                return i;
            }
            i += Character.charCount(codePoint) - 1;
        }
        return -1;
    }

    private static String cleaned(String line, int from) {
        StringBuilder clean = new StringBuilder(line.length()).append(line, 0, from);
        int i = from;
        while (i < line.length()) {
            int codePoint = line.codePointAt(i);
            boolean keep = codePoint < 0x80 ? codePoint >= ' ' && codePoint < 0x7f : Characters.isHarmless(codePoint);
            if (keep) {
                clean.appendCodePoint(codePoint);
            } else {
                // A tab is legal in a reply's text (RFC 5321 §4.2) and means a blank.
                clean.append(codePoint == '\t' ? ' ' : '?');
            }
            i += Character.charCount(codePoint);
        }
        return clean.toString();
    }

    public static SmtpReply of(int code, String text) {
        return new SmtpReply(code, null, List.of(text));
    }

    public static SmtpReply of(int code, @Nullable EnhancedStatus enhanced, String text) {
        return new SmtpReply(code, enhanced, List.of(text));
    }

    /** {@code of("550 5.1.1 <a@b>: unknown")}: for constants in code; one line. @throws IllegalArgumentException when malformed */
    public static SmtpReply of(String line) {
        byte[] octets = line.getBytes(StandardCharsets.UTF_8);
        if (octets.length < 3 || (octets.length > 3 && octets[3] != ' ')) {
            throw new IllegalArgumentException("not a reply: " + line);
        }
        int code = 0;
        for (int i = 0; i < 3; i++) {
            if (octets[i] < '0' || octets[i] > '9') {
                throw new IllegalArgumentException("not a reply: " + line);
            }
            code = code * 10 + (octets[i] - '0');
        }
        int text = Math.min(4, octets.length);
        EnhancedStatus enhanced = EnhancedStatus.leading(octets, text, octets.length);
        if (enhanced != null) {
            text = Math.min(text + enhanced.printedLength() + 1, octets.length);
        }
        // Up to here all octets are ASCII, so that this is an index of characters too.
        return new SmtpReply(code, enhanced, List.of(line.substring(text)));
    }

    /** This reply for a client that did not ask for SMTPUTF8 (RFC 6531 §3.7.4.1): characters outside ASCII become {@code ?}. */
    public SmtpReply inAscii() {
        List<String> ascii = new ArrayList<>(lines.size());
        boolean changed = false;
        for (String line : lines) {
            String printed = line;
            if (Characters.utf8Length(line, 0, line.length()) != line.length()) {
                StringBuilder plain = new StringBuilder(line.length());
                line.codePoints().forEach(c -> plain.append(c < 0x80 ? (char) c : '?'));
                printed = plain.toString();
                changed = true;
            }
            ascii.add(printed);
        }
        return changed ? new SmtpReply(code, enhanced, ascii) : this;
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
