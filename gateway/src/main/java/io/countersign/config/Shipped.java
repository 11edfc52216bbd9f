package io.countersign.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.countersign.config.HoconScanner.Definition;
import io.countersign.config.HoconScanner.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** reference.conf: the values that hold where the operator gives none, and with that the list of all keys. */
final class Shipped {
    /** What the library calls the place of a shipped value. */
    static final String ORIGIN = "default";

    /** Stands where this machine has no name, so that the rest can be read; RFC 6761 §6.4 keeps it from ever being one. */
    static final String NAMELESS = "nameless.invalid";

    private static final String TEXT = text();

    /** Keys in the order of the file, with the shape of their values; sections are left out. */
    private static final Map<String, Shape> KEYS = keys();

    private static final ConfigObject PARSED = parse();

    private static final ConfigObject RESOLVED =
            values(NAMELESS).toConfig().resolve().root();

    private Shipped() {}

    /** As parsed, references not yet resolved: {@code ${hostname}} is to find the operator's. */
    static ConfigObject values(String hostname) {
        return PARSED.withValue("hostname", ConfigValueFactory.fromAnyRef(hostname, ORIGIN));
    }

    private static ConfigObject parse() {
        return ConfigFactory.parseString(
                        TEXT,
                        ConfigParseOptions.defaults()
                                .setSyntax(ConfigSyntax.CONF)
                                .setOriginDescription(ORIGIN))
                .root();
    }

    /** Resolved by themselves: every value there is one that can be read. */
    static ConfigObject resolved() {
        return RESOLVED;
    }

    static Set<String> keysInOrder() {
        return KEYS.keySet();
    }

    /** Whether the shipped value of {@code key} is taken from another key. */
    static boolean refers(String key) {
        return KEYS.get(key) == Shape.REFERENCE;
    }

    static String text() {
        try (InputStream in = Shipped.class.getResourceAsStream("/reference.conf")) {
            if (in == null) {
                throw new IllegalStateException("reference.conf is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Map<String, Shape> keys() {
        Map<String, Shape> keys = new LinkedHashMap<>();
        for (HoconScanner.Item item : HoconScanner.scan(TEXT)) {
            if (item instanceof Definition definition && definition.shape() != Shape.SECTION) {
                keys.put(ConfigUtil.joinPath(definition.path()), definition.shape());
            }
        }
        return keys;
    }

    /** The value at a full key, or null where a section on the way is none. */
    static @Nullable ConfigValue at(ConfigObject root, String key) {
        ConfigValue value = root;
        for (String step : ConfigUtil.splitPath(key)) {
            if (!(value instanceof ConfigObject section)) {
                return null;
            }
            value = section.get(step);
        }
        return value;
    }
}
