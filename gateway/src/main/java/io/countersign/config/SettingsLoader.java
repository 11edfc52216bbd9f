package io.countersign.config;

import com.typesafe.config.ConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Reads a configuration file over the shipped reference.conf. Nothing is kept between calls; a call reads files and, where
 * {@code hostname} is not set, asks the machine for its name (which may look it up): not for an event loop.
 */
public final class SettingsLoader {
    /** Either the settings, or everything that is wrong. */
    public sealed interface Loaded {
        /**
         * @param effective every key with its value and where it comes from, in the order of reference.conf
         * @param warnings {@code FILE:LINE: key: text} for what can be run and may still not be meant
         */
        record Ok(Settings settings, List<Shown> effective, List<String> warnings) implements Loaded {
            public Ok {
                effective = List.copyOf(effective);
                warnings = List.copyOf(warnings);
            }
        }

        /** @param problems {@code FILE:LINE: key: what is wrong}, all of them, in the order of the file */
        record Invalid(List<String> problems) implements Loaded {
            public Invalid {
                problems = List.copyOf(problems);
            }
        }
    }

    private SettingsLoader() {}

    public static Loaded load(Path file) {
        return load(file, SettingsLoader::machineName);
    }

    /** @param machineName this machine's full name, asked for only where {@code hostname} is not set */
    public static Loaded load(Path file, Supplier<Optional<String>> machineName) {
        Sources sources = new Sources();
        try {
            sources.read(file);
        } catch (IOException unreadable) {
            return new Loaded.Invalid(List.of(file + ": " + unreadable.getMessage()));
        } catch (ConfigException broken) {
            return new Loaded.Invalid(List.of(syntax(sources, broken)));
        }
        return new Loading(sources, file).run(machineName);
    }

    /** From text, as if it stood in a file of that name; for tests and the demo. */
    public static Loaded parse(String text, String name) {
        return parse(text, name, SettingsLoader::machineName);
    }

    /** As {@link #parse(String, String)} and {@link #load(Path, Supplier)}. */
    public static Loaded parse(String text, String name, Supplier<Optional<String>> machineName) {
        Sources sources = new Sources();
        Path file = Path.of(name);
        try {
            sources.read(file, text);
        } catch (ConfigException broken) {
            return new Loaded.Invalid(List.of(syntax(sources, broken)));
        }
        return new Loading(sources, file).run(machineName);
    }

    /** The one problem that ends the reading: the library cannot go on behind it. */
    static String syntax(Sources sources, ConfigException broken) {
        String origin = broken.origin() == null ? "" : broken.origin().description();
        Place place = sources.place(origin).orElseGet(sources::beginning);
        return place + ": syntax: " + explain(broken, origin);
    }

    private static String explain(ConfigException broken, String origin) {
        String message = String.valueOf(broken.getMessage());
        if (broken instanceof ConfigException.UnresolvedSubstitution) {
            return "this reference leads back to itself";
        }
        if (broken instanceof ConfigException.WrongType) {
            return message.contains("at file root")
                    ? "a file holds keys and their values, not a list"
                    : "a section or list and a single value cannot be joined";
        }
        // The text begins with the origin, a number for the file: ours has the name in front.
        String text = message.startsWith(origin + ": ") ? message.substring(origin.length() + 2) : message;
        return text.replaceAll("[\\p{Cntrl}\\s]+", " ").trim();
    }

    /** The canonical name of this machine's own address, if it is a full one. */
    private static Optional<String> machineName() {
        try {
            String name = InetAddress.getLocalHost().getCanonicalHostName();
            return HostNames.fullName(name).filter(n -> !n.startsWith("localhost."));
        } catch (UnknownHostException nameless) {
            return Optional.empty();
        }
    }
}
