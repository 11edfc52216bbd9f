package io.countersign.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * One section of the configuration while it is read into records. What is wrong is noted and the shipped value used in its
 * place, so that reading goes on and finds the rest; a configuration with problems is never used.
 *
 * @param path the section's own key, empty for the whole file
 * @param values what holds: the operator's keys over the shipped ones
 * @param shipped the same section of reference.conf
 */
record Section(Reading reading, String path, ConfigObject values, ConfigObject shipped) {

    /** What all sections of one reading share. */
    interface Reading {
        Place place(String key, ConfigValue value);

        /** @param key full key */
        void problem(Place place, String key, String what);

        /** Where relative file names start. */
        Path folder();
    }

    /** Stands for what a reference did not find: reported once, where the reference is, and nowhere else. */
    static final String UNRESOLVED = "\0unresolved";

    Section section(String key) {
        ConfigValue own = value(key);
        if (!(shipped.get(key) instanceof ConfigObject ours)) {
            throw new IllegalStateException("reference.conf has no section " + full(key));
        }
        if (own instanceof ConfigObject object) {
            return new Section(reading, full(key), object, ours);
        }
        problem(key, "a section is expected: " + key + " { … }");
        return new Section(reading, full(key), ours, ours);
    }

    String full(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    ConfigValue value(String key) {
        ConfigValue value = values.get(key);
        return value != null ? value : shippedValue(key);
    }

    private ConfigValue shippedValue(String key) {
        ConfigValue value = shipped.get(key);
        if (value == null) {
            throw new IllegalStateException("reference.conf lacks " + full(key));
        }
        return value;
    }

    void problem(String key, String what) {
        problem(key, value(key), what);
    }

    private void problem(String key, ConfigValue value, String what) {
        if (!(value.unwrapped() instanceof String text && text.contains(UNRESOLVED))) {
            reading.problem(reading.place(full(key), value), full(key), what);
        }
    }

    /** @param parser throws IllegalArgumentException with words for the operator */
    <T> T parsed(String key, Function<String, T> parser) {
        ConfigValue value = value(key);
        try {
            return parser.apply(scalar(value));
        } catch (IllegalArgumentException wrong) {
            problem(key, value, String.valueOf(wrong.getMessage()));
            return parser.apply(scalar(shippedValue(key)));
        }
    }

    static String scalar(ConfigValue value) {
        return switch (value.valueType()) {
            case STRING -> String.valueOf(value.unwrapped());
            case NUMBER, BOOLEAN -> value.render();
            case OBJECT -> throw new IllegalArgumentException("one value is expected, not a section");
            case LIST -> throw new IllegalArgumentException("one value is expected, not a list");
            case NULL ->
                throw new IllegalArgumentException(
                        "null is no value: leave the key out for the shipped one, or write \"\" where that is allowed");
        };
    }

    String text(String key) {
        return parsed(key, Function.identity());
    }

    /** Empty text means unset. */
    <T> Optional<T> optional(String key, Function<String, T> parser) {
        return parsed(key, text -> text.isEmpty() ? Optional.empty() : Optional.of(parser.apply(text)));
    }

    int integer(String key, int least, int most) {
        return Math.toIntExact(parsed(key, text -> within(Units.number(text), least, most, n -> Long.toString(n))));
    }

    long size(String key, long least, long most) {
        return parsed(key, text -> within(Units.size(text), least, most, Units::printSize));
    }

    Duration duration(String key, Duration least, Duration most) {
        return parsed(key, text -> within(Units.duration(text), least, most, Units::print));
    }

    private static <T extends Comparable<T>> T within(T value, T least, T most, Function<T, String> print) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(
                    print.apply(value) + " is out of range: " + print.apply(least) + " to " + print.apply(most));
        }
        return value;
    }

    private static long within(long value, long least, long most, Function<Long, String> print) {
        return within(Long.valueOf(value), Long.valueOf(least), Long.valueOf(most), print);
    }

    /** One of an enumeration's constants, written in lower case with hyphens. */
    <E extends Enum<E>> E word(String key, Class<E> type) {
        return parsed(key, text -> constant(type, text));
    }

    static <E extends Enum<E>> E constant(Class<E> type, String text) {
        List<String> words =
                Arrays.stream(type.getEnumConstants()).map(Section::word).toList();
        int index = words.indexOf(text);
        if (index < 0) {
            throw new IllegalArgumentException(
                    Quoted.of(text) + " is not one of " + String.join(", ", words) + Suggestion.among(words, text));
        }
        return type.getEnumConstants()[index];
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Each element parsed for itself; those that are wrong are reported, in their own lines, and left out. */
    <T> List<T> list(String key, Function<String, T> parser) {
        ConfigValue value = value(key);
        if (!(value instanceof ConfigList elements)) {
            problem(key, value, "a list is expected: " + key + " = [ … ]");
            return List.of();
        }
        List<T> parsed = new ArrayList<>();
        for (ConfigValue element : elements) {
            element(key, element, parser).ifPresent(parsed::add);
        }
        return parsed;
    }

    boolean isEmptyList(String key) {
        return value(key) instanceof ConfigList list && list.isEmpty();
    }

    /** Whether the operator gave it, rather than reference.conf. */
    boolean isWritten(String key) {
        return !value(key).equals(shippedValue(key));
    }

    /** A list, or one element without brackets. */
    <T> List<T> listOrOne(String key, Function<String, T> parser) {
        ConfigValue value = value(key);
        if (value.valueType() == ConfigValueType.LIST) {
            return list(key, parser);
        }
        return element(key, value, parser).map(List::of).orElse(List.of());
    }

    private <T> Optional<T> element(String key, ConfigValue element, Function<String, T> parser) {
        try {
            return Optional.of(parser.apply(scalar(element)));
        } catch (IllegalArgumentException wrong) {
            if (!(element.unwrapped() instanceof String text && text.contains(UNRESOLVED))) {
                // A list is often written over many lines; the element's own is the one to look at.
                reading.problem(reading.place("", element), full(key), String.valueOf(wrong.getMessage()));
            }
            return Optional.empty();
        }
    }

    Networks networks(String key) {
        return Networks.of(list(key, text -> Cidr.parse(text).text()));
    }

    DomainPatterns domains(String key) {
        return DomainPatterns.of(list(key, DomainPatterns::normalise));
    }

    AddressPatterns addresses(String key) {
        return AddressPatterns.of(list(key, AddressPatterns::normalise));
    }

    /** A file name, made absolute from the folder of the main file; empty when unset. */
    Optional<Path> file(String key) {
        return optional(key, text -> {
            try {
                return reading.folder().resolve(text);
            } catch (InvalidPathException none) {
                throw new IllegalArgumentException(Quoted.of(text) + " is no file name", none);
            }
        });
    }
}
