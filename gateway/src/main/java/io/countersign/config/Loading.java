package io.countersign.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigResolver;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.countersign.config.ConfiguredOverrides.Entry;
import io.countersign.config.SettingsLoader.Loaded;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One run of the loader, from the parsed files to settings or problems. */
final class Loading implements Section.Reading {
    private static final String HOSTNAME = "hostname";

    /** Words, numbers, durations, sizes and shares, which need no quotes. */
    private static final Pattern PLAIN = Pattern.compile("(?!true|false|null|include)[A-Za-z0-9-]+%?");

    private final Problems problems = new Problems();
    private final Set<String> unresolved = new TreeSet<>();
    private final Sources sources;
    private final SourceMap map;
    private final Path folder;

    Loading(Sources sources, Path file) {
        this.sources = sources;
        this.map = new SourceMap(sources, problems);
        Path parent = file.toAbsolutePath().getParent();
        this.folder = parent == null ? file.toAbsolutePath() : parent;
    }

    Loaded run(Supplier<Optional<String>> machineName) {
        ConfigObject shipped = Shipped.resolved();
        Optional<String> found = Optional.empty();
        ConfigObject values;
        try {
            values = resolve(Shipped.NAMELESS);
            if (isNameless(values)) {
                found = machineName.get().flatMap(HostNames::fullName);
                values = found.isPresent() ? resolve(found.get()) : values;
            }
        } catch (ConfigException broken) {
            return new Loaded.Invalid(List.of(SettingsLoader.syntax(sources, broken)));
        }
        map.reportUnresolved(unresolved, Shipped.keysInOrder());
        Section root = new Section(this, "", values, shipped);
        if (isNameless(values)) {
            root.problem(HOSTNAME, "needed, because this machine has no full name of its own: \"mx1.example.org\"");
        }
        new KnownKeys(this, shipped, "").check(values);
        List<Entry> entries = new OverridesReader(this, shipped).read(root);
        Settings settings = SettingsReader.read(
                root,
                () -> problems.isEmpty()
                        ? new ConfiguredOverrides(entries, root.values(), shipped)
                        : new ConfiguredOverrides(List.of(), shipped, shipped));
        if (!problems.isEmpty()) {
            return new Loaded.Invalid(problems.texts());
        }
        return new Loaded.Ok(settings, shown(values, found.isPresent()), new Warnings(this, root).of(settings));
    }

    private ConfigObject resolve(String hostname) {
        return sources.root()
                .withFallback(Shipped.values(hostname))
                .toConfig()
                .resolve(ConfigResolveOptions.defaults().appendResolver(new Unresolved()))
                .root();
    }

    private static boolean isNameless(ConfigObject values) {
        ConfigValue name = values.get(HOSTNAME);
        return name != null && Shipped.NAMELESS.equals(name.unwrapped());
    }

    /** Where the key was set, else where the nearest section around it was opened. */
    @Override
    public Place place(String key, ConfigValue value) {
        Optional<Place> place = key.isEmpty() ? map.find(value) : map.find(key, value);
        for (int end = key.lastIndexOf('.'); place.isEmpty() && end > 0; end = key.lastIndexOf('.', end - 1)) {
            place = map.find(key.substring(0, end));
        }
        return place.orElseGet(sources::beginning);
    }

    @Override
    public void problem(Place place, String key, String what) {
        if (Shipped.refers(key) && map.find(key).isEmpty()) {
            return; // Its value was written for the key that it refers to, and is reported there.
        }
        problems.add(place, key, what);
    }

    @Override
    public Path folder() {
        return folder;
    }

    private List<Shown> shown(ConfigObject values, boolean machine) {
        List<Shown> shown = new ArrayList<>();
        for (String key : Shipped.keysInOrder()) {
            ConfigValue value = Shipped.at(values, key);
            if (value != null) {
                boolean named = machine && key.equals(HOSTNAME);
                shown.add(new Shown(key, print(value), named ? Shown.MACHINE : origin(key, value)));
            }
        }
        if (Shipped.at(values, KnownKeys.ACTIONS) instanceof ConfigObject actions) {
            int end = lastUnder(KnownKeys.ACTIONS + ".", shown) + 1;
            for (String word : ChecksReader.actionWords()) {
                String key = KnownKeys.ACTIONS + "." + word;
                ConfigValue value = actions.get(word);
                if (value != null && !Shipped.keysInOrder().contains(key)) {
                    shown.add(end++, new Shown(key, print(value), origin(key, value)));
                }
            }
        }
        return List.copyOf(shown);
    }

    private static int lastUnder(String section, List<Shown> shown) {
        int last = shown.size() - 1;
        while (last >= 0 && !shown.get(last).key().startsWith(section)) {
            last--;
        }
        return last;
    }

    /** As one would write it: the library puts quotes around whatever begins with a digit. */
    private static String print(ConfigValue value) {
        if (value.unwrapped() instanceof String text && PLAIN.matcher(text).matches()) {
            return text;
        }
        return value.render(ConfigRenderOptions.concise().setJson(false));
    }

    /** What is shipped as a reference to another key has that key's origin in the library; nobody wrote it all the same. */
    private String origin(String key, ConfigValue value) {
        Optional<Place> place = map.find(key).or(() -> Shipped.refers(key) ? Optional.empty() : map.find(value));
        return place.map(Place::toString).orElse(Shown.DEFAULT);
    }

    /** Asked for what the library found neither among the keys nor in the environment. */
    private final class Unresolved implements ConfigResolver {
        @Override
        public @Nullable ConfigValue lookup(String path) {
            if (!map.requires(path)) {
                return null;
            }
            unresolved.add(path);
            return ConfigValueFactory.fromAnyRef(Section.UNRESOLVED);
        }

        @Override
        public ConfigResolver withFallback(ConfigResolver fallback) {
            return this;
        }
    }
}
