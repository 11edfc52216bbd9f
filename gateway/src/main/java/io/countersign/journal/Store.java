package io.countersign.journal;

import io.countersign.config.JournalSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal's files as its writer sees them: the one in hand, a new one when that is old or large, old ones deleted, a damaged
 * one put aside. Belongs to the writer's thread but for {@link #use}, {@link #octets} and {@link #isFailing}.
 */
final class Store {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);

    /**
     * A file is a twentieth of the whole, so that little goes at a time, but within these bounds: each record touches about ten
     * pages of the index anywhere, and the smaller the index the more of them a batch has in common.
     */
    private static final long LEAST_A_FILE = 1L << 20;

    private static final long MOST_A_FILE = 32L << 20;
    /** SQLite's write-ahead log, between two checkpoints. */
    private static final long LOG_OF_A_FILE = 20L << 20;

    private static final Duration A_DAY = Duration.ofDays(1);
    private static final Duration LEAST_TIME = Duration.ofMinutes(5);
    private static final long TEND_EVERY_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    enum Outcome {
        WRITTEN,
        /** It may succeed later. */
        NOT_NOW,
        /** These entries cannot be written, however often it is tried. */
        UNWRITABLE
    }

    private final Folder folder;
    private volatile JournalSettings settings;
    private volatile long octets;
    private volatile boolean failing;
    private @Nullable FileChannel lock;
    private @Nullable Segment segment;
    private long next;
    private long tended = System.nanoTime() - TEND_EVERY_NANOS;
    private long pause = FIRST_PAUSE_NANOS;
    private String lastTrouble = "";

    Store(Folder folder, JournalSettings settings) {
        this.folder = folder;
        this.settings = settings;
    }

    void use(JournalSettings fresh) {
        settings = fresh;
    }

    /** On disk, as last seen. */
    long octets() {
        return octets;
    }

    boolean isFailing() {
        return failing;
    }

    /** How long to wait after {@link Outcome#NOT_NOW}. */
    long pauseNanos() {
        return pause;
    }

    /** Never throws. */
    Outcome write(List<Entry> entries) {
        // Twice: what a damaged file did not take goes into a new one.
        for (int attempt = 0; attempt < 2; attempt++) {
            try {
                Segment open = segment();
                long first = Math.max(next, Folder.micros(Instant.now()));
                open.write(entries, first);
                next = first + entries.size();
                succeeded();
                tend();
                return Outcome.WRITTEN;
            } catch (SQLException e) {
                if (Sqlite.isAboutTheRow(e)) {
                    LOG.error("a batch of {} records is lost: {}", entries.size(), e.getMessage());
                    return Outcome.UNWRITABLE;
                }
                if (!Sqlite.isDamage(e) || !putAside(e)) {
                    return failed(e.getMessage());
                }
            } catch (IOException e) {
                return failed(e.toString());
            } catch (RuntimeException e) {
                LOG.error("a record could not be put into words; its batch of {} is lost", entries.size(), e);
                return Outcome.UNWRITABLE;
            } catch (LinkageError e) {
                return failed("SQLite's native library cannot be loaded (a folder that allows execution is given by"
                        + " -Dorg.sqlite.tmpdir): " + e.getMessage());
            }
        }
        return failed(lastTrouble);
    }

    private void succeeded() {
        if (failing) {
            failing = false;
            LOG.warn("the journal in {} is written again", folder.path());
        }
        lastTrouble = "";
        pause = FIRST_PAUSE_NANOS;
    }

    private Outcome failed(@Nullable String why) {
        String trouble = String.valueOf(why);
        failing = true;
        if (!trouble.equals(lastTrouble)) {
            lastTrouble = trouble;
            LOG.error(
                    "the journal in {} cannot be written: {}; mail goes on, and it is tried again",
                    folder.path(),
                    trouble);
        }
        drop();
        pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
        tend(); // when the disk is full, what is too old or too much makes room
        return Outcome.NOT_NOW;
    }

    /** @return whether a new file can be begun in its place */
    private boolean putAside(SQLException damage) {
        lastTrouble = String.valueOf(damage.getMessage());
        Segment broken = segment;
        drop();
        try {
            List<Folder.File> files = folder.files();
            Folder.File file = broken != null ? broken.file() : files.isEmpty() ? null : files.get(files.size() - 1);
            if (file == null) {
                return false;
            }
            Path aside = folder.moveAside(file);
            LOG.error(
                    "the journal's file {} is damaged ({}): it is now {}, and a new one is begun",
                    file.path(),
                    damage.getMessage(),
                    aside.getFileName());
            return true;
        } catch (IOException e) {
            LOG.error("a damaged file of the journal cannot be moved aside: {}", e.toString());
            return false;
        }
    }

    private Segment segment() throws IOException, SQLException {
        Segment open = segment;
        if (open != null && !isDue(open)) {
            return open;
        }
        if (open != null) {
            finish(open);
            segment = null;
        }
        prepare();
        long now = Folder.micros(Instant.now());
        List<Folder.File> files = folder.files();
        Folder.File newest = files.isEmpty() ? null : files.get(files.size() - 1);
        if (open == null && newest != null) {
            // After a restart the last file goes on, unless another version wrote it.
            Segment last = Segment.open(newest);
            if (last != null) {
                next = Math.max(next, last.lastPosition() + 1);
                if (!isDue(last)) {
                    segment = last;
                    return last;
                }
                finish(last);
            }
        }
        next = Math.max(next, Math.max(now, newest == null ? 0 : newest.begin() + 1));
        Segment fresh = Segment.open(folder.fileFor(next));
        if (fresh == null) {
            throw new IOException("a file of another version has the name of a new one");
        }
        segment = fresh;
        tended = System.nanoTime() - TEND_EVERY_NANOS;
        return fresh;
    }

    private boolean isDue(Segment open) throws IOException {
        long most = mostAFile(settings);
        Duration longest = settings.keep().dividedBy(10);
        longest = longest.compareTo(A_DAY) > 0 ? A_DAY : longest.compareTo(LEAST_TIME) < 0 ? LEAST_TIME : longest;
        return Files.size(open.file().path()) >= most
                || Folder.time(open.file().begin()).plus(longest).isBefore(Instant.now());
    }

    private static long mostAFile(JournalSettings settings) {
        return Math.min(MOST_A_FILE, Math.max(LEAST_A_FILE, settings.octets() / 20));
    }

    /** What the file in hand may still grow by, and its log, is left free. */
    private static long roomForOldFiles(JournalSettings settings) {
        return Math.max(settings.octets() / 2, settings.octets() - mostAFile(settings) - LOG_OF_A_FILE);
    }

    private static void finish(Segment open) throws SQLException {
        try (open) {
            open.finish();
        } catch (SQLException e) {
            // A reader is in it: its companions stay until the last one has left.
            LOG.debug("{} keeps its log for now: {}", open.file().path(), e.getMessage());
        }
    }

    /** The folder is ours alone, whoever else starts. */
    private void prepare() throws IOException {
        if (lock != null) {
            return;
        }
        if (!Files.isDirectory(folder.path())) {
            Files.createDirectories(
                    folder.path(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
        }
        FileChannel channel =
                FileChannel.open(folder.path().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                lock = channel;
                return;
            }
        } catch (OverlappingFileLockException ours) {
            // Another gateway in this process has it.
        }
        channel.close();
        throw new IOException("another gateway writes there");
    }

    /** Deletes what is too old or too much, once a minute. Never throws. */
    void tend() {
        long now = System.nanoTime();
        if (now - tended < TEND_EVERY_NANOS) {
            return;
        }
        tended = now;
        try {
            if (lock != null) {
                JournalSettings bounds = settings;
                int gone = folder.prune(bounds.keep(), roomForOldFiles(bounds), Instant.now());
                octets = folder.octets();
                if (gone > 0) {
                    LOG.info(
                            "{} file(s) of the journal were deleted: older than journal.keep, or beyond journal.size",
                            gone);
                }
            }
        } catch (IOException e) {
            LOG.warn("the journal's old files cannot be deleted: {}", e.toString());
        }
    }

    private void drop() {
        Segment open = segment;
        segment = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                LOG.debug("closing {}: {}", open.file().path(), e.getMessage());
            }
        }
    }

    void close() {
        Segment open = segment;
        segment = null;
        try {
            if (open != null) {
                finish(open);
            }
            if (lock != null) {
                lock.close();
            }
        } catch (SQLException | IOException e) {
            LOG.warn("closing the journal: {}", e.toString());
        }
    }
}
