package io.countersign.callout;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The phrases of {@code reply-phrases.txt} by what they are about. Immutable; looking one up costs no backtracking. */
final class PhraseBook {
    /** What a phrase is about; the sections of the file. */
    enum Topic {
        ABOUT_US("about-us"),
        ABOUT_SENDER("about-sender"),
        ABOUT_POLICY("about-policy"),
        GREYLISTING("greylisting"),
        ABOUT_ADDRESS("about-address"),
        ABOUT_ADDRESS_BESIDE_510("about-address-5.1.0"),
        MAILBOX_FULL("mailbox-full"),
        MAILBOX_DISABLED("mailbox-disabled");

        private final String section;

        Topic(String section) {
            this.section = section;
        }

        private static Topic ofSection(String section) {
            for (Topic topic : values()) {
                if (topic.section.equals(section)) {
                    return topic;
                }
            }
            throw new IllegalArgumentException("no section is called " + section);
        }
    }

    static final PhraseBook SHIPPED = new PhraseBook(shippedLines("reply-phrases.txt"));

    private final Map<Topic, Phrases> phrases = new EnumMap<>(Topic.class);

    /** @throws IllegalArgumentException naming the line that is no phrase with a source */
    PhraseBook(List<String> lines) {
        Map<Topic, Set<String>> read = new EnumMap<>(Topic.class);
        Set<String> section = null;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("[") && line.endsWith("]")) {
                Topic topic = Topic.ofSection(line.substring(1, line.length() - 1));
                section = read.computeIfAbsent(topic, t -> new LinkedHashSet<>());
                continue;
            }
            int semicolon = line.indexOf(';');
            if (section == null
                    || semicolon < 1
                    || line.substring(semicolon + 1).isBlank()) {
                throw new IllegalArgumentException(
                        "line " + (i + 1) + ": a phrase stands in a section and has a source");
            }
            for (String phrase : expand(line.substring(0, semicolon).strip(), i + 1)) {
                section.add(wanted(phrase, i + 1));
            }
        }
        for (Topic topic : Topic.values()) {
            Set<String> of = read.get(topic);
            if (of == null || of.isEmpty()) {
                throw new IllegalArgumentException("no phrases " + topic.section);
            }
            phrases.put(topic, Phrases.of(of));
        }
    }

    @Override
    public String toString() {
        return phrases.size() + " topics";
    }

    /** @param words made by {@link ReplyText#words} */
    boolean mentions(Topic topic, String words) {
        Phrases of = phrases.get(topic);
        return of != null && of.isIn(words);
    }

    /**
     * The phrases of one topic.
     *
     * @param byFirstWord those whose first word is whole, each with a blank in front
     * @param open single words that may go on, each with a blank in front
     */
    private record Phrases(Map<String, List<String>> byFirstWord, List<String> open) {
        static Phrases of(Set<String> all) {
            Map<String, List<String>> byFirstWord = new HashMap<>();
            List<String> open = new ArrayList<>();
            for (String phrase : all) {
                int end = phrase.indexOf(' ', 1);
                if (end < 0) {
                    open.add(phrase);
                } else {
                    byFirstWord
                            .computeIfAbsent(phrase.substring(1, end), word -> new ArrayList<>())
                            .add(phrase);
                }
            }
            return new Phrases(byFirstWord, open);
        }

        /** Each word of the text is looked up once. */
        boolean isIn(String words) {
            for (int at = 0; at < words.length() - 1; ) {
                int end = words.indexOf(' ', at + 1);
                for (String phrase : byFirstWord.getOrDefault(words.substring(at + 1, end), List.of())) {
                    if (words.startsWith(phrase, at)) {
                        return true;
                    }
                }
                at = end;
            }
            for (String word : open) {
                if (words.contains(word)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** What is looked for: the phrase as {@link ReplyText} writes it, without its last blank where the last word may go on. */
    private static String wanted(String phrase, int line) {
        boolean open = phrase.endsWith("*");
        String words = ReplyText.words(open ? phrase.substring(0, phrase.length() - 1) : phrase);
        if (words.isBlank() || phrase.indexOf('*') != (open ? phrase.length() - 1 : -1)) {
            throw new IllegalArgumentException("line " + line + ": not a phrase: " + phrase);
        }
        return open ? words.substring(0, words.length() - 1) : words;
    }

    /** {@code {a|b} c} to {@code a c, b c}.. */
    private static List<String> expand(String pattern, int line) {
        int open = pattern.indexOf('{');
        if (open < 0) {
            if (pattern.indexOf('}') >= 0 || pattern.indexOf('|') >= 0) {
                throw new IllegalArgumentException("line " + line + ": unbalanced braces");
            }
            return List.of(pattern);
        }
        int close = matching(pattern, open, line);
        List<String> expanded = new ArrayList<>();
        for (String choice : split(pattern.substring(open + 1, close))) {
            expanded.addAll(expand(pattern.substring(0, open) + choice + pattern.substring(close + 1), line));
        }
        return expanded;
    }

    private static int matching(String pattern, int open, int line) {
        int depth = 0;
        for (int i = open; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        throw new IllegalArgumentException("line " + line + ": unbalanced braces");
    }

    /** At the bars that stand outside inner braces. */
    private static List<String> split(String choices) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < choices.length(); i++) {
            char c = choices.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (c == '|' && depth == 0) {
                parts.add(choices.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(choices.substring(start));
        return parts;
    }

    /** The lines of a text file that lies beside this class. */
    static List<String> shippedLines(String file) {
        try (InputStream in = PhraseBook.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("not packaged: " + file);
            }
            return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }
}
