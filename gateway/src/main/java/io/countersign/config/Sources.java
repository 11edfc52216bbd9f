package io.countersign.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The operator's file and all that it includes: parsed by the library, scanned for the places of keys. Only files are
 * included, relative to the file that includes them; one that is missing is an error, as is one that includes itself.
 *
 * <p>The library is given numbers instead of file names: an origin then reads {@code 0: 17}, whatever the files are called.
 */
final class Sources {
    private static final long LARGEST_FILE = 16 << 20;
    private static final int MOST_FILES = 500;
    private static final Pattern ORIGIN = Pattern.compile("(\\d+)(?:: (\\d+))?");

    private record Source(Path path, List<HoconScanner.Item> items) {}

    private final List<Source> files = new ArrayList<>();
    private final Map<Path, Integer> numbers = new HashMap<>();
    private final Map<Path, String> failures = new HashMap<>();
    private final Set<Path> open = new TreeSet<>();
    private @Nullable ConfigObject root;

    /**
     * @throws ConfigException.Parse at the first syntax error; {@link #place} finds where
     * @throws IOException when the file cannot be read; the message is for the operator
     */
    void read(Path file) throws IOException {
        read(file, text(file));
    }

    /**
     * From text, as if it stood in {@code file}.
     *
     * @throws ConfigException.Parse as {@link #read(Path)}
     */
    void read(Path file, String text) {
        open.add(file.normalize());
        root = parse(file, text);
    }

    ConfigObject root() {
        if (root == null) {
            throw new IllegalStateException("nothing read");
        }
        return root;
    }

    /** The first line of the main file: where a key is looked for that is in no file. */
    Place beginning() {
        return place(0, 1);
    }

    Place place(int file, int line) {
        return new Place(files.get(file).path().toString(), Math.max(1, line), file);
    }

    /** The place that an origin of the library's names, if it is in a file of ours. */
    Optional<Place> place(String origin) {
        Matcher matcher = ORIGIN.matcher(origin.startsWith("merge of ") ? origin.substring(9) : origin);
        if (!matcher.lookingAt() || Integer.parseInt(matcher.group(1)) >= files.size()) {
            return Optional.empty();
        }
        return Optional.of(place(
                Integer.parseInt(matcher.group(1)), matcher.group(2) == null ? 1 : Integer.parseInt(matcher.group(2))));
    }

    List<HoconScanner.Item> items(int file) {
        return files.get(file).items();
    }

    int count() {
        return files.size();
    }

    /** The number of an included file, if it was read. */
    Optional<Integer> included(int from, String name) {
        return target(files.get(from).path(), name).map(numbers::get);
    }

    /** Why an included file was not read. */
    String failure(int from, String name) {
        return target(files.get(from).path(), name).map(failures::get).orElse("is no file name");
    }

    private ConfigObject parse(Path file, String text) {
        int number = files.size();
        files.add(new Source(file, List.of())); // The number is needed at once; what stands in it is known at the end.
        numbers.put(file.normalize(), number);
        HoconScanner.misplacedBracket(text).ifPresent(m -> {
            throw new ConfigException.Parse(
                    ConfigOriginFactory.newSimple(Integer.toString(number)).withLineNumber(m.line()), m.what());
        });
        ConfigObject parsed = ConfigFactory.parseString(
                        text,
                        ConfigParseOptions.defaults()
                                .setSyntax(ConfigSyntax.CONF)
                                .setOriginDescription(Integer.toString(number))
                                .setIncluder(new Includer(file)))
                .root();
        files.set(number, new Source(file, HoconScanner.scan(text)));
        return parsed;
    }

    private ConfigObject include(Path from, String name) {
        Optional<Path> target = target(from, name);
        if (target.isEmpty()) {
            return ConfigFactory.empty().root();
        }
        Path file = target.get();
        if (open.contains(file.normalize())) {
            failures.put(file, "includes itself");
            return ConfigFactory.empty().root();
        }
        if (files.size() >= MOST_FILES) {
            failures.put(file, "is one file too many: at most " + MOST_FILES + " are read");
            return ConfigFactory.empty().root();
        }
        open.add(file.normalize());
        try {
            return parse(file, text(file));
        } catch (IOException unreadable) {
            failures.put(file, String.valueOf(unreadable.getMessage()));
            return ConfigFactory.empty().root();
        } finally {
            open.remove(file.normalize());
        }
    }

    private static Optional<Path> target(Path from, String name) {
        try {
            Path file = from.resolveSibling(name);
            Path withEnding = from.resolveSibling(name + ".conf");
            return Optional.of(!Files.exists(file) && Files.exists(withEnding) ? withEnding : file);
        } catch (InvalidPathException noFileName) {
            return Optional.empty();
        }
    }

    private String text(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("is a directory");
        }
        byte[] octets;
        try {
            if (Files.size(file) > LARGEST_FILE) {
                throw new IOException("is larger than " + (LARGEST_FILE >> 20) + " MiB");
            }
            octets = Files.readAllBytes(file);
        } catch (NoSuchFileException missing) {
            throw new IOException("does not exist", missing);
        } catch (AccessDeniedException denied) {
            throw new IOException("may not be read by this user", denied);
        }
        CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
        CharBuffer text = CharBuffer.allocate(octets.length);
        ByteBuffer in = ByteBuffer.wrap(octets);
        CoderResult result = utf8.decode(in, text, true);
        if (result.isError()) {
            long line = 1 + text.flip().chars().filter(c -> c == '\n').count();
            throw new IOException("is not UTF-8 (line " + line + ")");
        }
        return text.flip().toString();
    }

    /** Includes files and nothing else; what it leaves out is reported with its line when the items are gone through. */
    private final class Includer
            implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
        private final Path from;

        Includer(Path from) {
            this.from = from;
        }

        @Override
        public ConfigIncluder withFallback(ConfigIncluder fallback) {
            return this; // The library's own would look on the class path and on the network.
        }

        @Override
        public ConfigObject include(ConfigIncludeContext context, String what) {
            return Sources.this.include(from, what);
        }

        @Override
        public ConfigObject includeFile(ConfigIncludeContext context, File what) {
            return Sources.this.include(from, what.getPath());
        }

        @Override
        public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
            return ConfigFactory.empty().root();
        }

        @Override
        public ConfigObject includeResources(ConfigIncludeContext context, String what) {
            return ConfigFactory.empty().root();
        }
    }
}
