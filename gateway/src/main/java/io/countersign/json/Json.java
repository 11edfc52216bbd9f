package io.countersign.json;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON (RFC 8259) and reads it: objects as maps, arrays as lists, texts, numbers, booleans, null. What is written is ASCII
 * only: all else is escaped.
 */
public final class Json {
    private Json() {}

    /** On one line. @throws IllegalArgumentException for a value that JSON does not have */
    public static String of(@Nullable Object value) {
        StringBuilder out = new StringBuilder(256);
        write(out, value);
        return out.toString();
    }

    /**
     * Whole numbers are read as {@link Long}, others as {@link Double}. Objects keep their order.
     *
     * @throws IllegalArgumentException with words for people, when it is no JSON, nests too deeply or names a key twice
     */
    public static @Nullable Object read(String text) {
        return new JsonReader(text).document();
    }

    /** @throws IllegalArgumentException also when it is JSON and no object */
    @SuppressWarnings("unchecked") // the reader's keys are texts
    public static Map<String, @Nullable Object> object(String text) {
        if (read(text) instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new IllegalArgumentException("a JSON object is expected");
    }

    private static void write(StringBuilder out, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            String comma = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                text(out.append(comma), String.valueOf(entry.getKey()));
                write(out.append(':'), entry.getValue());
                comma = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String comma = "[";
            for (Object element : list) {
                write(out.append(comma), element);
                comma = ",";
            }
            out.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof String text) {
            text(out, text);
        } else if (value instanceof Double number && Double.isFinite(number)) {
            out.append(number.doubleValue());
        } else if (value == null || value instanceof Long || value instanceof Integer || value instanceof Boolean) {
            out.append(value);
        } else {
            throw new IllegalArgumentException("not for JSON: " + value.getClass());
        }
    }

    private static void text(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7f) {
                out.append(c);
            } else {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            }
        }
        out.append('"');
    }
}
