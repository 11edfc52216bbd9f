package io.countersign.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads one JSON text (RFC 8259), strictly. */
final class JsonReader {
    /** Deeper than anything this product writes; a stack is not a stranger's to fill. */
    private static final int DEEPEST = 32;

    private static final int LONGEST_NUMBER = 40;

    /** RFC 8259 §6. */
    private static final Pattern NUMBER = Pattern.compile("-?(?:0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    private final String text;
    private int at;
    private int depth;

    JsonReader(String text) {
        this.text = text;
    }

    @Nullable
    Object document() {
        Object value = value();
        space();
        if (at < text.length()) {
            throw wrong("something stands behind the end");
        }
        return value;
    }

    private @Nullable Object value() {
        space();
        if (at >= text.length()) {
            throw wrong("it ends too early");
        }
        char c = text.charAt(at);
        if (c == '{' || c == '[') {
            if (++depth > DEEPEST) {
                throw wrong("it nests too deeply");
            }
            Object inner = c == '{' ? object() : array();
            depth--;
            return inner;
        }
        if (c == '"') {
            return string();
        }
        if (c == '-' || c >= '0' && c <= '9') {
            return number();
        }
        if (takes("true")) {
            return Boolean.TRUE;
        }
        if (takes("false")) {
            return Boolean.FALSE;
        }
        if (takes("null")) {
            return null;
        }
        throw wrong("no value begins like this");
    }

    private Map<String, @Nullable Object> object() {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        at++;
        space();
        if (takes("}")) {
            return object;
        }
        do {
            space();
            if (at >= text.length() || text.charAt(at) != '"') {
                throw wrong("a key is expected");
            }
            String key = string();
            expect(':');
            Object value = value();
            if (object.containsKey(key)) {
                throw wrong("a key is there twice");
            }
            object.put(key, value);
            space();
        } while (takes(","));
        expect('}');
        return object;
    }

    private List<@Nullable Object> array() {
        List<@Nullable Object> array = new ArrayList<>();
        at++;
        space();
        if (takes("]")) {
            return array;
        }
        do {
            array.add(value());
            space();
        } while (takes(","));
        expect(']');
        return array;
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return out.toString();
            }
            if (c < ' ') {
                throw wrong("a control character in a text");
            }
            out.append(c == '\\' ? escaped() : c);
        }
        throw wrong("a text has no end");
    }

    private char escaped() {
        if (at >= text.length()) {
            throw wrong("a text has no end");
        }
        char c = text.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw wrong("an unknown escape");
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++, at++) {
            int digit = at < text.length() && text.charAt(at) < 0x7f ? Character.digit(text.charAt(at), 16) : -1;
            if (digit < 0) {
                throw wrong("\\u needs four digits");
            }
            code = code * 16 + digit;
        }
        return (char) code;
    }

    private Object number() {
        Matcher number = NUMBER.matcher(text).region(at, Math.min(text.length(), at + LONGEST_NUMBER));
        if (!number.lookingAt()) {
            throw wrong("a number is malformed");
        }
        at = number.end();
        String digits = number.group();
        if (number.group(1) == null && number.group(2) == null) {
            try {
                return Long.valueOf(digits);
            } catch (NumberFormatException large) {
                throw wrong("a number is too large");
            }
        }
        double value = Double.parseDouble(digits);
        if (!Double.isFinite(value)) {
            throw wrong("a number is too large");
        }
        return value;
    }

    private boolean takes(String expected) {
        if (text.startsWith(expected, at)) {
            at += expected.length();
            return true;
        }
        return false;
    }

    private void expect(char c) {
        space();
        if (!takes(String.valueOf(c))) {
            throw wrong("'" + c + "' is expected");
        }
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** Says where, and nothing of what stands there. */
    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("no JSON: " + what + " (at character " + at + ")");
    }
}
