package io.countersign.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigUtil;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where each key of a HOCON text stands. The library merges what is defined twice without a word and keeps its syntax tree
 * to itself; this walks the text once more, after the library has found it to be valid, and notes definitions, includes and
 * references in their order. It decides nothing about values.
 */
final class HoconScanner {
    /** Deeper than any configuration of ours, and shallow enough for recursion. */
    private static final int DEEPEST = 64;

    sealed interface Item {}

    /** What follows the key. */
    enum Shape {
        /** Opened with a brace: may be opened again, to add other keys. */
        SECTION,
        VALUE,
        /** Refers to other keys ({@code ${x}}). */
        REFERENCE,
        /** Meant to build on an earlier definition: {@code +=}, a reference to itself, or nothing but {@code ${?x}}. */
        REFINEMENT
    }

    /** @param path the key with those of the sections around it; inside a list, the list's own path and a number nobody else has */
    record Definition(List<String> path, int line, Shape shape) implements Item {}

    /** @param file the name as written; empty for a form that names no file (url, classpath) */
    record Include(List<String> section, Optional<String> file, int line) implements Item {}

    /** @param key the key in whose value it stands */
    record Reference(String name, List<String> key, boolean optional, int line) implements Item {}

    private final String text;
    private final List<Item> items = new ArrayList<>();
    private int at;
    private int line = 1;
    private int lists;

    private HoconScanner(String text) {
        this.text = text;
    }

    /** @param text valid HOCON whose brackets are {@linkplain #misplacedBracket in order} */
    static List<Item> scan(String text) {
        HoconScanner scanner = new HoconScanner(text);
        scanner.skipBlank();
        if (scanner.peek() == '{') {
            scanner.at++;
        }
        scanner.section(List.of());
        return scanner.items;
    }

    /** A bracket or quote without its other half, and what to say about it. */
    record Misplaced(int line, String what) {}

    /** The first bracket or quote that has no partner: the library names the end of the file instead of the place. */
    static Optional<Misplaced> misplacedBracket(String text) {
        HoconScanner scanner = new HoconScanner(text);
        Deque<Character> open = new ArrayDeque<>();
        Deque<Integer> lines = new ArrayDeque<>();
        while (scanner.at < text.length()) {
            char c = scanner.peek();
            if (c == '{' || c == '[') {
                open.push(c == '{' ? '}' : ']');
                lines.push(scanner.line);
                if (open.size() > DEEPEST) {
                    return Optional.of(new Misplaced(scanner.line, "nested more than " + DEEPEST + " deep"));
                }
                scanner.at++;
            } else if (c == '}' || c == ']') {
                if (open.isEmpty()) {
                    return Optional.of(new Misplaced(scanner.line, "this " + c + " closes nothing"));
                }
                if (open.pop() != c) {
                    return Optional.of(new Misplaced(
                            scanner.line,
                            "this " + c + " cannot close the " + (c == '}' ? '[' : '{') + " of line " + lines.pop()));
                }
                lines.pop();
                scanner.at++;
            } else {
                int start = scanner.at;
                int startLine = scanner.line;
                scanner.skipPiece();
                if (c == '"' && !isClosed(text.substring(start, scanner.at))) {
                    return Optional.of(new Misplaced(startLine, "the text in quotes that begins here has no end"));
                }
            }
        }
        return open.isEmpty()
                ? Optional.empty()
                : Optional.of(new Misplaced(
                        lines.pop(), "the " + (open.pop() == '}' ? '{' : '[') + " of this line is never closed"));
    }

    private static boolean isClosed(String piece) {
        String quotes = piece.startsWith("\"\"\"") ? "\"\"\"" : "\"";
        return piece.length() >= 2 * quotes.length() && piece.endsWith(quotes) && !isEscaped(piece, quotes);
    }

    /** Whether the last quote belongs to the text: an odd number of backslashes before it. */
    private static boolean isEscaped(String piece, String quotes) {
        int backslashes = 0;
        for (int i = piece.length() - 2; quotes.length() == 1 && i > 0 && piece.charAt(i) == '\\'; i--) {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }

    private void section(List<String> path) {
        while (true) {
            skipBlankAndCommas();
            if (at >= text.length()) {
                return;
            }
            if (peek() == '}') {
                at++;
                return;
            }
            int before = at;
            if (isInclude()) {
                include(path);
            } else {
                field(path);
            }
            if (at == before) {
                at++; // Cannot happen in valid HOCON; without it an oversight here would be an endless loop.
            }
        }
    }

    private void field(List<String> section) {
        int start = at;
        int startLine = line;
        while (at < text.length() && "{}=:,\n".indexOf(peek()) < 0 && !text.startsWith("+=", at) && !isComment()) {
            skipPiece();
        }
        List<String> path = join(section, trim(text.substring(start, at)));
        skipBlank();
        boolean adds = text.startsWith("+=", at);
        if (adds) {
            at += 2;
        } else if (peek() == '=' || peek() == ':') {
            at++;
        }
        skipBlank();
        int place = items.size();
        Shape shape = value(path);
        items.add(place, new Definition(path, startLine, adds ? Shape.REFINEMENT : shape));
    }

    private static List<String> join(List<String> section, String key) {
        List<String> path = new ArrayList<>(section);
        path.addAll(split(key));
        return List.copyOf(path);
    }

    private static List<String> split(String key) {
        try {
            return ConfigUtil.splitPath(key);
        } catch (ConfigException unreadable) {
            return List.of(
                    key); // Valid for the library in its place, so never a key of ours: it is reported as unknown.
        }
    }

    /** Walks over one value, to its end on this level. */
    private Shape value(List<String> path) {
        boolean section = false;
        boolean plain = false;
        boolean required = false;
        boolean optional = false;
        boolean itself = false;
        while (at < text.length() && "\n,}]".indexOf(peek()) < 0 && !isComment()) {
            char c = peek();
            if (c == '{') {
                at++;
                section(path);
                section = true;
            } else if (c == '[') {
                at++;
                list(path);
                plain = true;
            } else if (text.startsWith("${", at)) {
                Reference reference = reference(path);
                required |= !reference.optional();
                optional |= reference.optional();
                itself |= reference.name().equals(ConfigUtil.joinPath(path));
                items.add(reference);
            } else {
                plain |= !isSpace(c);
                skipPiece();
            }
        }
        if (section) {
            return Shape.SECTION;
        }
        if (itself || optional && !required && !plain) {
            return Shape.REFINEMENT;
        }
        return required || optional ? Shape.REFERENCE : Shape.VALUE;
    }

    private void list(List<String> path) {
        while (true) {
            skipBlankAndCommas();
            if (at >= text.length()) {
                return;
            }
            if (peek() == ']') {
                at++;
                return;
            }
            int before = at;
            List<String> element = new ArrayList<>(path);
            element.add("[" + lists++ + "]");
            value(List.copyOf(element));
            if (at == before) {
                at++;
            }
        }
    }

    private Reference reference(List<String> key) {
        int start = at + 2;
        int startLine = line;
        at = start;
        while (at < text.length() && peek() != '}') {
            skipPiece();
        }
        String name = trim(text.substring(start, at));
        at = Math.min(text.length(), at + 1);
        boolean optional = name.startsWith("?");
        String path = ConfigUtil.joinPath(split(trim(optional ? name.substring(1) : name)));
        return new Reference(path, key, optional, startLine);
    }

    private boolean isInclude() {
        if (!text.startsWith("include", at)) {
            return false;
        }
        int next = at + "include".length();
        while (next < text.length() && isSpace(text.charAt(next)) && text.charAt(next) != '\n') {
            next++;
        }
        return next > at + "include".length()
                        && startsInclusion(text.substring(next, Math.min(text.length(), next + 10)))
                || next < text.length() && text.charAt(next) == '"';
    }

    private static boolean startsInclusion(String rest) {
        return rest.startsWith("\"")
                || rest.startsWith("file(")
                || rest.startsWith("url(")
                || rest.startsWith("classpath(")
                || rest.startsWith("required(");
    }

    private void include(List<String> section) {
        int startLine = line;
        int start = at;
        while (at < text.length() && "\n,}".indexOf(peek()) < 0 && !isComment()) {
            skipPiece();
        }
        String statement = text.substring(start, at);
        int open = statement.indexOf('"');
        int close = statement.lastIndexOf('"');
        String form = statement.substring(0, Math.max(0, open)).toLowerCase(Locale.ROOT);
        boolean file = open >= 0 && close > open && !form.contains("url(") && !form.contains("classpath(");
        items.add(new Include(
                section, file ? Optional.of(statement.substring(open + 1, close)) : Optional.empty(), startLine));
    }

    /** Over one string, comment or character. */
    private void skipPiece() {
        if (text.startsWith("\"\"\"", at)) {
            int end = text.indexOf("\"\"\"", at + 3);
            end = end < 0 ? text.length() : end + 3;
            while (end < text.length() && text.charAt(end) == '"') {
                end++; // Further quotes belong to the string.
            }
            skipTo(end);
        } else if (peek() == '"') {
            int end = at + 1;
            while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\n') {
                end += text.charAt(end) == '\\' ? 2 : 1;
            }
            boolean closed = end < text.length() && text.charAt(end) == '"';
            skipTo(Math.min(text.length(), closed ? end + 1 : end));
        } else if (isComment()) {
            int end = text.indexOf('\n', at);
            at = end < 0 ? text.length() : end;
        } else {
            skipTo(at + 1);
        }
    }

    private void skipTo(int end) {
        for (; at < end; at++) {
            if (text.charAt(at) == '\n') {
                line++;
            }
        }
    }

    private void skipBlank() {
        while (at < text.length() && (isSpace(peek()) || isComment())) {
            skipPiece();
        }
    }

    private void skipBlankAndCommas() {
        while (at < text.length() && (isSpace(peek()) || peek() == ',' || isComment())) {
            skipPiece();
        }
    }

    private boolean isComment() {
        return peek() == '#' || text.startsWith("//", at);
    }

    /** HOCON's white space: Unicode's, no-break spaces and the byte order mark. */
    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\ufeff';
    }

    /** Without HOCON's white space at either end; {@link String#trim} would take control characters, too. */
    private static String trim(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isSpace(text.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }
}
