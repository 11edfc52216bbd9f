package io.countersign.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.countersign.config.ConfiguredOverrides.Entry;
import io.countersign.config.ConfiguredOverrides.Selectors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code overrides}: each entry is read over the shipped values, so that all that is wrong in it is found now. */
final class OverridesReader {
    private static final String CLIENT = "client";
    private static final String SENDER = "sender-domain";
    private static final String RECIPIENT = "recipient-domain";
    private static final String EXCHANGER = "exchanger";
    private static final List<String> SELECTORS = List.of(CLIENT, SENDER, RECIPIENT, EXCHANGER);

    /** What may be overridden, and the selectors that are known when it is asked for. */
    static final Map<String, List<String>> ALLOWED = Map.of(
            "checks", List.of(CLIENT, SENDER, RECIPIENT),
            "listen.bare-newline", List.of(CLIENT, SENDER),
            "callout.limits", List.of(SENDER, EXCHANGER),
            "callout.tls", List.of(SENDER, EXCHANGER));

    private final Section.Reading reading;
    private final ConfigObject shipped;
    private final ConfigObject known;

    OverridesReader(Section.Reading reading, ConfigObject shipped) {
        this.reading = reading;
        this.shipped = shipped;
        Config all = shipped.toConfig();
        Config allowed = ConfigFactory.empty();
        for (String key : ALLOWED.keySet()) {
            allowed = allowed.withFallback(all.withOnlyPath(key));
        }
        for (String selector : SELECTORS) {
            allowed = allowed.withValue(selector, ConfigValueFactory.fromAnyRef(""));
        }
        this.known = allowed.root();
    }

    List<Entry> read(Section root) {
        ConfigValue value = root.value("overrides");
        if (!(value instanceof ConfigList list)) {
            root.problem("overrides", "a list of sections is expected: overrides = [ { sender-domain = … } ]");
            return List.of();
        }
        List<Entry> entries = new ArrayList<>();
        for (ConfigValue element : list) {
            if (element instanceof ConfigObject object) {
                entries.add(entry(object));
            } else {
                reading.problem(
                        reading.place("", element), "overrides", "each entry is a section: { sender-domain = … }");
            }
        }
        return entries;
    }

    private Entry entry(ConfigObject object) {
        Place start = reading.place("", object);
        Section.Reading own = new EntryReading(reading, start);
        new KnownKeys(own, known, "overrides.").check(object);
        ConfigObject whole = object.withFallback(shipped).toConfig().root();
        Section section = new Section(own, "overrides", whole, shipped);
        Selectors selectors = new Selectors(
                has(object, CLIENT)
                        ? Optional.of(Networks.of(section.listOrOne(
                                CLIENT, text -> Cidr.parse(text).text())))
                        : Optional.empty(),
                domains(section, object, SENDER),
                domains(section, object, RECIPIENT),
                domains(section, object, EXCHANGER));
        ChecksReader.read(section.section("checks"));
        ListenReader.bareNewline(section.section("listen"));
        Section callout = section.section("callout");
        CalloutReader.limits(callout.section("limits"));
        CalloutReader.tls(callout);
        checkReach(own, start, object);
        ConfigObject values = object;
        for (String selector : SELECTORS) {
            values = values.withoutKey(selector);
        }
        return new Entry(selectors, values);
    }

    /** An entry that can never apply, or changes nothing, is a mistake. */
    private static void checkReach(Section.Reading own, Place start, ConfigObject object) {
        List<String> given =
                SELECTORS.stream().filter(selector -> has(object, selector)).toList();
        List<String> changed = ALLOWED.keySet().stream()
                .filter(key -> Shipped.at(object, key) != null)
                .sorted()
                .toList();
        if (given.isEmpty()) {
            own.problem(
                    start,
                    "overrides",
                    "an entry without a selector (" + String.join(", ", SELECTORS) + ") is for all:"
                            + " set the key itself");
        }
        if (changed.isEmpty() && SELECTORS.containsAll(object.keySet())) {
            own.problem(start, "overrides", "this entry changes nothing");
        }
        for (String key : changed) {
            List<String> reach = ALLOWED.getOrDefault(key, List.of());
            for (String selector : given) {
                if (!reach.contains(selector)) {
                    own.problem(
                            start,
                            "overrides." + selector,
                            "says nothing about " + key + ", which goes by " + String.join(", ", reach));
                }
            }
        }
    }

    private static boolean has(ConfigObject object, String selector) {
        return object.containsKey(selector);
    }

    private static Optional<DomainPatterns> domains(Section section, ConfigObject object, String selector) {
        return has(object, selector)
                ? Optional.of(DomainPatterns.of(section.listOrOne(selector, DomainPatterns::normalise)))
                : Optional.empty();
    }

    /** Keys of an entry are not those of the file: only a value's own line counts. */
    private record EntryReading(Section.Reading outer, Place start) implements Section.Reading {
        @Override
        public Place place(String key, ConfigValue value) {
            Place place = outer.place("", value);
            return place.line() == 1 && place.order() == 0 ? start : place;
        }

        @Override
        public void problem(Place place, String key, String what) {
            outer.problem(place, key, what);
        }

        @Override
        public Path folder() {
            return outer.folder();
        }
    }
}
