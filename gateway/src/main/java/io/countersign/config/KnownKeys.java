package io.countersign.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Finds keys that mean nothing: a limit that is written and not read is worse than none. */
final class KnownKeys {
    /** Sections whose keys are words of their own, beyond those with a shipped value. */
    static final String ACTIONS = "checks.sender.actions";

    /** Parts of the product that this version lacks. */
    private static final Set<String> LACKING = Set.of("cache.redis");

    private static final int MOST_SUGGESTIONS = 3;

    private final Section.Reading reading;
    private final ConfigObject known;
    /** Goes before the keys in messages, and is no part of them. */
    private final String prefix;

    /** @param known what may be written, as an example */
    KnownKeys(Section.Reading reading, ConfigObject known, String prefix) {
        this.reading = reading;
        this.known = known;
        this.prefix = prefix;
    }

    void check(ConfigObject written) {
        check("", written, known);
    }

    private void check(String section, ConfigObject written, ConfigObject expected) {
        for (String key : new TreeSet<>(written.keySet())) {
            ConfigValue value = written.get(key);
            ConfigValue counterpart = expected.get(key);
            String full = section.isEmpty() ? ConfigUtil.joinPath(key) : section + "." + ConfigUtil.joinPath(key);
            if (value == null
                    || section.equals(ACTIONS) && ChecksReader.actionWords().contains(key)) {
                continue;
            }
            if (counterpart instanceof ConfigObject expectedSection) {
                if (value instanceof ConfigObject writtenSection) {
                    check(full, writtenSection, expectedSection);
                }
            } else if (counterpart == null) {
                report(full, value, LACKING.contains(full) ? "not in this version" : unknown(section, key));
            }
        }
    }

    private void report(String full, ConfigValue value, String what) {
        String shown = prefix + full;
        reading.problem(reading.place(shown, value), shown, what);
    }

    private String unknown(String section, String key) {
        String full = section.isEmpty() ? key : section + "." + key;
        if (!prefix.isEmpty() && Shipped.at(Shipped.resolved(), full) != null) {
            return "cannot be overridden; checks, callout.limits, callout.tls and listen.bare-newline can";
        }
        Set<String> neighbours = new TreeSet<>();
        if (section.equals(ACTIONS)) {
            neighbours.addAll(ChecksReader.actionWords());
        } else if (section.isEmpty()) {
            neighbours.addAll(known.keySet());
        } else if (Shipped.at(known, section) instanceof ConfigObject object) {
            neighbours.addAll(object.keySet());
        }
        String near = Suggestion.among(neighbours, key);
        return "unknown key" + (near.isEmpty() ? elsewhere(key) : near);
    }

    /** A key that was written one level too high or too low. */
    private String elsewhere(String key) {
        Set<String> all = new TreeSet<>();
        collect("", known, all);
        List<String> same =
                all.stream().filter(k -> k.equals(key) || k.endsWith("." + key)).toList();
        return same.isEmpty() || same.size() > MOST_SUGGESTIONS ? "" : Suggestion.of(String.join(" or ", same));
    }

    private static void collect(String section, ConfigObject object, Set<String> keys) {
        object.forEach((key, value) -> {
            String full = section.isEmpty() ? key : section + "." + key;
            keys.add(full);
            if (value instanceof ConfigObject inner) {
                collect(full, inner, keys);
            }
        });
    }
}
