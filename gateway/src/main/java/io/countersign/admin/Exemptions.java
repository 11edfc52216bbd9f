package io.countersign.admin;

import io.countersign.config.AddressPatterns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Senders that are exempt for a while, each with an end, kept in a file that people can read and change: {@code PATTERN until
 * 2026-12-01T00:00:00Z # why}. Bounded. Any thread but event loops: changes write the file.
 */
public final class Exemptions {
    static final int MOST = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(Exemptions.class);
    private static final long LARGEST_FILE = 1 << 20;
    private static final int LONGEST_NOTE = 200;

    private static final String HEAD =
            "# Senders that are exempt for a while. Written by Countersign; read at start and at reload. PATTERN until END # why\n";

    /** @param sender as in {@code exempt.senders} @param note why; one line, may be empty */
    public record Entry(String sender, Instant until, String note) {
        String line() {
            return sender + " until " + until + (note.isEmpty() ? "" : " # " + note);
        }
    }

    private final Supplier<Instant> clock;
    private final Consumer<List<String>> changed;
    private List<Entry> entries = List.of();
    private Optional<Path> file = Optional.empty();

    /**
     * @param clock wall clock: the ends are dates
     * @param changed gets the patterns that hold, after each change
     */
    public Exemptions(Supplier<Instant> clock, Consumer<List<String>> changed) {
        this.clock = clock;
        this.changed = changed;
    }

    /** Reads the file, at start and at reload. Lines that cannot be read are named in the log and left as they are until a change. */
    public synchronized void load(Optional<Path> from) {
        file = from;
        if (from.isEmpty()) {
            tell();
            return;
        }
        try {
            if (Files.size(from.get()) > LARGEST_FILE) {
                throw new IOException("it is too large");
            }
            entries = parse(from.get(), Files.readString(from.get(), StandardCharsets.UTF_8));
        } catch (NoSuchFileException none) {
            entries = List.of();
        } catch (IOException e) {
            LOG.error("{} cannot be read, what was exempt stays so: {}", from.get(), e.toString());
        }
        tell();
    }

    private List<Entry> parse(Path name, String text) {
        List<Entry> read = new ArrayList<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            String bare = line.strip();
            if (bare.isEmpty() || bare.startsWith("#")) {
                continue;
            }
            try {
                read.add(entry(bare));
            } catch (IllegalArgumentException | DateTimeParseException wrong) {
                LOG.error(
                        "{}:{}: not understood: PATTERN until 2026-12-01T00:00:00Z # why ({})",
                        name,
                        number,
                        wrong.getMessage());
            }
        }
        return List.copyOf(read.subList(0, Math.min(MOST, read.size())));
    }

    private static Entry entry(String line) {
        int hash = line.indexOf('#');
        String note = hash < 0 ? "" : line.substring(hash + 1).strip();
        String[] words = (hash < 0 ? line : line.substring(0, hash)).strip().split("\\s+");
        if (words.length != 3 || !words[1].equals("until")) {
            throw new IllegalArgumentException("three words");
        }
        return new Entry(AddressPatterns.normalise(words[0]), Instant.parse(words[2]), note(note));
    }

    private static String note(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
        return line.length() > LONGEST_NOTE ? line.substring(0, LONGEST_NOTE) : line;
    }

    /** Those that hold now. */
    public synchronized List<Entry> all() {
        Instant now = clock.get();
        return entries.stream().filter(entry -> entry.until().isAfter(now)).toList();
    }

    /** Where they are kept; empty when they end with the process. */
    synchronized Optional<Path> file() {
        return file;
    }

    /**
     * Adds one, or gives the one that is there another end.
     *
     * @throws IllegalArgumentException when the pattern is none, or there are too many
     * @throws IOException when the file cannot be written; then nothing has changed
     */
    synchronized Entry add(String sender, Instant until, String note) throws IOException {
        Entry entry = new Entry(AddressPatterns.normalise(sender), until, note(note));
        List<Entry> next = new ArrayList<>(all());
        next.removeIf(old -> old.sender().equals(entry.sender()));
        if (next.size() >= MOST) {
            throw new IllegalArgumentException("there are " + MOST + " exemptions already");
        }
        next.add(entry);
        become(next);
        LOG.warn("exempt until {}: {}", entry.until(), entry.sender());
        return entry;
    }

    /** Ends one. @return whether there was one @throws IOException when the file cannot be written; then nothing has changed */
    synchronized boolean end(String sender) throws IOException {
        String pattern = AddressPatterns.normalise(sender);
        List<Entry> next = new ArrayList<>(all());
        boolean there = next.removeIf(old -> old.sender().equals(pattern));
        if (there) {
            become(next);
            LOG.warn("no longer exempt: {}", pattern);
        }
        return there;
    }

    private void become(List<Entry> next) throws IOException {
        if (file.isPresent()) {
            write(file.get(), next);
        }
        entries = List.copyOf(next);
        tell();
    }

    private static void write(Path file, List<Entry> entries) throws IOException {
        StringBuilder text = new StringBuilder(HEAD);
        entries.forEach(entry -> text.append(entry.line()).append('\n'));
        Path folder = file.toAbsolutePath().getParent();
        Path fresh = Files.createTempFile(folder, "exemptions", ".new");
        try {
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            Files.deleteIfExists(fresh);
            throw failed;
        }
    }

    /** Lets go those whose end has come; from time to time, on any thread. */
    public synchronized void tidy() {
        List<Entry> left = all();
        if (left.size() != entries.size()) {
            entries = left;
            tell();
        }
    }

    private void tell() {
        changed.accept(all().stream().map(Entry::sender).toList());
    }
}
