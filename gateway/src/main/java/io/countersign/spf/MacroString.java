package io.countersign.spf;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A macro-string (RFC 7208 §7.1), parsed: text and macros in turn. Immutable. */
record MacroString(List<Part> parts) {
    /** More parts than this are kept by asking for this many: names have no more labels (§7.3 wants at least 128). */
    private static final int MOST_PARTS = 255;

    private static final String DELIMITERS = ".-+,/_=";

    MacroString {
        parts = List.copyOf(parts);
    }

    sealed interface Part {}

    record Text(String text) implements Part {}

    /** {@code %%}, {@code %_} or {@code %-}: what it stands for. */
    record Escape(String text) implements Part {}

    /**
     * @param letter in lower case
     * @param keep how many parts from the right are kept; 0 for all
     * @param delimiters where the value is split
     * @param escaped whether the result is URL-escaped (an upper-case letter)
     */
    record Macro(char letter, int keep, Order order, String delimiters, Form escaped) implements Part {}

    enum Order {
        AS_IS,
        REVERSED
    }

    enum Form {
        PLAIN,
        URL
    }

    /** Where a macro-string stands decides which letters it may use (§7.2). */
    enum Place {
        /** A domain-spec: no c, r, t. */
        DOMAIN("slodiphv"),
        /** The value of an unknown modifier. */
        MODIFIER("slodiphvcrt");

        private final String letters;

        Place(String letters) {
            this.letters = letters;
        }
    }

    /** @throws SpfSyntaxException when it does not fit the grammar */
    static MacroString parse(String text, Place place) {
        List<Part> parts = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c < 0x21 || c > 0x7e) {
                throw new SpfSyntaxException("a character that is not visible ASCII");
            }
            if (c != '%') {
                literal.append(c);
                at++;
                continue;
            }
            if (!literal.isEmpty()) {
                parts.add(new Text(literal.toString()));
                literal.setLength(0);
            }
            char next = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
            switch (next) {
                case '%' -> parts.add(new Escape("%"));
                case '_' -> parts.add(new Escape(" "));
                case '-' -> parts.add(new Escape("%20"));
                case '{' -> {
                    int end = text.indexOf('}', at);
                    if (end < 0) {
                        throw new SpfSyntaxException("a macro without end");
                    }
                    parts.add(macro(text.substring(at + 2, end), place));
                    at = end - 1;
                }
                default -> throw new SpfSyntaxException("a percent sign that begins no macro");
            }
            at += 2;
        }
        if (!literal.isEmpty()) {
            parts.add(new Text(literal.toString()));
        }
        return new MacroString(parts);
    }

    /** A domain-spec (§7.1): a macro-string that ends in a macro or in a dot and a top label. */
    static MacroString parseDomain(String text) {
        MacroString parsed = parse(text, Place.DOMAIN);
        if (parsed.parts.isEmpty()) {
            throw new SpfSyntaxException("an empty domain");
        }
        if (parsed.parts.get(parsed.parts.size() - 1) instanceof Text last && !endsInTopLabel(last.text())) {
            throw new SpfSyntaxException("a domain that does not end in a top label");
        }
        return parsed;
    }

    private static boolean endsInTopLabel(String text) {
        String bare = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        int dot = bare.lastIndexOf('.');
        if (dot < 0 || dot == bare.length() - 1) {
            return false;
        }
        boolean onlyDigits = true;
        for (int i = dot + 1; i < bare.length(); i++) {
            char c = bare.charAt(i);
            if (!isAlphanumeric(c) && c != '-') {
                return false;
            }
            onlyDigits &= isDigit(c);
        }
        return !onlyDigits && bare.charAt(dot + 1) != '-' && !bare.endsWith("-");
    }

    private static Macro macro(String inside, Place place) {
        if (inside.isEmpty()) {
            throw new SpfSyntaxException("a macro without letter");
        }
        char given = inside.charAt(0);
        char letter = inside.substring(0, 1).toLowerCase(Locale.ROOT).charAt(0);
        if (place.letters.indexOf(letter) < 0) {
            throw new SpfSyntaxException("a macro letter that may not stand here");
        }
        int at = 1;
        int keep = 0;
        while (at < inside.length() && isDigit(inside.charAt(at))) {
            keep = Math.min(MOST_PARTS, keep * 10 + inside.charAt(at) - '0');
            at++;
        }
        if (at > 1 && keep == 0) {
            throw new SpfSyntaxException("a macro that keeps nothing");
        }
        Order order = Order.AS_IS;
        if (at < inside.length() && (inside.charAt(at) == 'r' || inside.charAt(at) == 'R')) {
            order = Order.REVERSED;
            at++;
        }
        String delimiters = inside.substring(at);
        for (int i = 0; i < delimiters.length(); i++) {
            if (DELIMITERS.indexOf(delimiters.charAt(i)) < 0) {
                throw new SpfSyntaxException("a macro with an unknown delimiter");
            }
        }
        Form form = given == letter ? Form.PLAIN : Form.URL;
        return new Macro(letter, keep, order, delimiters.isEmpty() ? "." : delimiters, form);
    }

    boolean uses(char letter) {
        for (Part part : parts) {
            if (part instanceof Macro macro && macro.letter() == letter) {
                return true;
            }
        }
        return false;
    }

    static boolean isAlphanumeric(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c);
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
