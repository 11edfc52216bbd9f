package io.countersign.journal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The journal's folder: a row of SQLite files, each for a time, so that what is too old or too much goes away by deleting a file
 * and a damaged file takes only its own time with it.
 */
final class Folder {
    /** {@code mail-POSITION.db}: the position of its first record, which is also a time in microseconds. */
    private static final Pattern NAME = Pattern.compile("mail-(\\d{16,19})\\.db");

    private static final String ASIDE = ".broken";
    private static final List<String> COMPANIONS = List.of("", "-wal", "-shm", "-journal");

    private final Path path;

    /** One file. @param begin position of the first record that may be in it */
    record File(Path path, long begin) {}

    Folder(Path path) {
        this.path = path;
    }

    Path path() {
        return path;
    }

    /** Oldest first; empty when there is no such folder. */
    List<File> files() throws IOException {
        List<File> files = new ArrayList<>();
        if (!Files.isDirectory(path)) {
            return files;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(path, "mail-*.db")) {
            for (Path file : all) {
                Matcher m = NAME.matcher(file.getFileName().toString());
                if (m.matches()) {
                    files.add(new File(file, Long.parseLong(m.group(1))));
                }
            }
        }
        files.sort(Comparator.comparingLong(File::begin));
        return files;
    }

    File fileFor(long position) {
        return new File(path.resolve("mail-" + position + ".db"), position);
    }

    /** A damaged file is kept under another name, for whoever wants to look at it, until it is too old or too much. */
    Path moveAside(File file) throws IOException {
        Path aside = file.path().resolveSibling(file.path().getFileName() + ASIDE);
        Files.move(file.path(), aside, StandardCopyOption.REPLACE_EXISTING);
        for (String companion : COMPANIONS) {
            if (!companion.isEmpty()) {
                Files.deleteIfExists(Path.of(file.path() + companion));
            }
        }
        return aside;
    }

    /** Octets of all files of the journal. */
    long octets() throws IOException {
        long sum = 0;
        if (!Files.isDirectory(path)) {
            return 0;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(path, "mail-*.db*")) {
            for (Path file : all) {
                sum += size(file);
            }
        }
        return sum;
    }

    private static long size(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException gone) {
            return 0; // SQLite takes its companions away by itself
        }
    }

    /**
     * Deletes what is older than {@code keep}, then the oldest until all together are at most {@code octets}; never the newest
     * file.
     *
     * @return how many files went
     */
    int prune(Duration keep, long octets, Instant now) throws IOException {
        int gone = 0;
        long oldest = micros(now.minus(keep));
        try (DirectoryStream<Path> aside = Files.newDirectoryStream(path, "mail-*.db" + ASIDE)) {
            for (Path file : aside) {
                if (Files.getLastModifiedTime(file).toInstant().isBefore(now.minus(keep)) || octets() > octets) {
                    Files.deleteIfExists(file);
                    gone++;
                }
            }
        }
        List<File> files = files();
        for (int i = 0; i < files.size() - 1; i++) {
            // All of it was written before the next one began.
            if (files.get(i + 1).begin() < oldest || octets() > octets) {
                for (String companion : COMPANIONS) {
                    Files.deleteIfExists(Path.of(files.get(i).path() + companion));
                }
                gone++;
            }
        }
        return gone;
    }

    static long micros(Instant time) {
        return Math.multiplyExact(time.toEpochMilli(), 1000L);
    }

    static Instant time(long position) {
        return Instant.ofEpochMilli(position / 1000);
    }
}
