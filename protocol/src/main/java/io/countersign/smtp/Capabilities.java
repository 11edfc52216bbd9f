package io.countersign.smtp;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The extensions of an EHLO reply (RFC 5321 §4.1.1.1): keyword in upper case to its parameters as one string ("" for none).
 * Immutable; iteration in the order of the reply, or of the map it was made from.
 */
public record Capabilities(String greetingName, Map<String, String> keywords) {
    public static final Capabilities NONE = new Capabilities("", Map.of());

    /** @throws IllegalArgumentException when a keyword or a parameter could not stand in an EHLO reply */
    public Capabilities {
        Map<String, String> ordered = new LinkedHashMap<>(keywords);
        ordered.forEach((keyword, parameters) -> {
            if (endOfKeyword(keyword) != keyword.length()
                    || !keyword.equals(keyword.toUpperCase(Locale.ROOT))
                    || !isPrintable(parameters)) {
                throw new IllegalArgumentException("not an EHLO keyword: " + keyword + " " + parameters);
            }
        });
        keywords = Collections.unmodifiableMap(ordered);
    }

    /** Reads the lines of a 250 reply to EHLO; lines that do not fit the grammar are skipped. The same keyword twice: the first counts. */
    public static Capabilities fromReply(SmtpReply ehloReply) {
        List<String> lines = ehloReply.lines();
        Map<String, String> keywords = new LinkedHashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            int end = endOfKeyword(line);
            boolean standsAlone = end == line.length() || (end > 0 && line.charAt(end) == ' ');
            if (end > 0 && standsAlone && isPrintable(line)) {
                keywords.putIfAbsent(
                        line.substring(0, end).toUpperCase(Locale.ROOT),
                        line.substring(end).strip());
            }
        }
        String first = lines.get(0);
        int blank = first.indexOf(' ');
        return new Capabilities(blank < 0 ? first : first.substring(0, blank), keywords);
    }

    /** The end of {@code ehlo-keyword} (RFC 5321 §4.1.1.1) at the beginning of {@code line}; 0 when there is none. */
    private static int endOfKeyword(String line) {
        int i = 0;
        while (i < line.length()
                && (Characters.isAsciiLetterOrDigit(line.charAt(i)) || (i > 0 && line.charAt(i) == '-'))) {
            i++;
        }
        return i;
    }

    private static boolean isPrintable(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    /** The lines of an EHLO reply, first {@code greetingName}. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>(keywords.size() + 1);
        lines.add(greetingName);
        keywords.forEach(
                (keyword, parameters) -> lines.add(parameters.isEmpty() ? keyword : keyword + " " + parameters));
        return List.copyOf(lines);
    }

    public boolean has(String keyword) {
        return keywords.containsKey(keyword);
    }

    /** The parameters of a keyword, split at blanks; empty list when it has none or is not offered. */
    public List<String> parameters(String keyword) {
        String text = keywords.get(keyword);
        if (text == null || text.isEmpty()) {
            return List.of();
        }
        List<String> words = new ArrayList<>();
        int i = 0;
        while (i < text.length()) {
            int end = text.indexOf(' ', i);
            end = end < 0 ? text.length() : end;
            if (end > i) {
                words.add(text.substring(i, end));
            }
            i = end + 1;
        }
        return List.copyOf(words);
    }

    /** SIZE in octets (RFC 1870); empty when not offered, without limit (0, or too large to count) or no number. */
    public Optional<Long> size() {
        List<String> words = parameters("SIZE");
        if (words.isEmpty()) {
            return Optional.empty();
        }
        String digits = words.get(0);
        long octets = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9 || octets > (Long.MAX_VALUE - digit) / 10) {
                return Optional.empty();
            }
            octets = octets * 10 + digit;
        }
        return octets == 0 ? Optional.empty() : Optional.of(octets);
    }
}
