package io.countersign.verdict;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the cache over restarts, in one file. A snapshot is written beside the file, forced to the disk and put in its place in one
 * step, so that a crash at any moment leaves a whole file, the old one or the new. A file that is damaged is put aside and the
 * gateway starts without it; a disk that is full is warned of and counted. Mail goes on in every case.
 */
public final class CacheFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CacheFile.class);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final int CHECKSUM = 4;
    /** Far more than the cache's memory budget comes to on disk; a file beyond it is none of ours. */
    private static final long LARGEST = 4L << 30;

    private static final int BUFFER = 1 << 16;

    private final Path file;
    private final VerdictCache cache;
    private final List<SideTable> tables;
    private final Clock wall;
    private final Counter failures;
    private final Counter snapshots;
    private @Nullable ScheduledExecutorService writer;
    /** Guarded by this, as is everything below. */
    private long savedChanges;

    private boolean failing;

    public CacheFile(Path file, VerdictCache cache, List<SideTable> tables, MeterRegistry registry) {
        this(file, cache, tables, registry, Clock.systemUTC());
    }

    CacheFile(Path file, VerdictCache cache, List<SideTable> tables, MeterRegistry registry, Clock wall) {
        this.file = file.toAbsolutePath();
        this.cache = cache;
        this.tables = List.copyOf(tables);
        this.wall = wall;
        this.failures = Counter.builder("countersign.cache.file.failures")
                .description("Snapshots of the cache that could not be written, or not be read")
                .register(registry);
        this.snapshots = Counter.builder("countersign.cache.file.snapshots")
                .description("Snapshots of the cache written")
                .register(registry);
    }

    /** Reads the file, if there is one. Before the cache is used; blocks; never throws on account of what is in the file. */
    public synchronized void load() {
        try {
            long size = Files.size(file);
            verify(size);
            try (InputStream octets = Files.newInputStream(file);
                    DataInputStream in = new DataInputStream(new BufferedInputStream(octets, BUFFER))) {
                int taken = CacheCodec.read(in, size, cache, tables, wall.instant());
                LOG.debug("{} records from {}", taken, file);
            }
        } catch (NoSuchFileException firstStart) {
            LOG.debug("no cache file {} yet", file);
        } catch (IOException e) {
            failures.increment();
            cache.clear();
            putAside(e);
        }
        savedChanges = changes();
    }

    /** The checksum of the whole file, before any of it is believed. */
    private void verify(long size) throws IOException {
        if (size <= CHECKSUM || size > LARGEST) {
            throw new IOException("it has " + size + " octets");
        }
        CRC32C sum = new CRC32C();
        try (InputStream octets = Files.newInputStream(file);
                DataInputStream in = new DataInputStream(new BufferedInputStream(octets, BUFFER))) {
            byte[] chunk = new byte[BUFFER];
            long left = size - CHECKSUM;
            while (left > 0) {
                int count = in.read(chunk, 0, (int) Math.min(chunk.length, left));
                if (count < 0) {
                    throw new IOException("it became shorter while it was read");
                }
                sum.update(chunk, 0, count);
                left -= count;
            }
            if (in.readInt() != (int) sum.getValue()) {
                throw new IOException("its checksum is wrong");
            }
        }
    }

    private void putAside(IOException why) {
        Path aside = file.resolveSibling(file.getFileName() + ".corrupt-" + STAMP.format(wall.instant()));
        try {
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            LOG.warn(
                    "cache file {} cannot be used ({}): moved to {}, starting without it", file, why.toString(), aside);
        } catch (IOException e) {
            LOG.warn(
                    "cache file {} cannot be used ({}) nor moved aside ({}): starting without it",
                    file,
                    why.toString(),
                    e.toString());
        }
    }

    /** Writes a snapshot every so often, when something has changed, on a thread of its own, until {@link #close}. */
    public synchronized void start(Duration every) {
        if (writer != null) {
            throw new IllegalStateException("started already");
        }
        ScheduledExecutorService own = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "countersign-cache-file");
            thread.setDaemon(true);
            return thread;
        });
        own.scheduleWithFixedDelay(this::tick, every.toNanos(), every.toNanos(), TimeUnit.NANOSECONDS);
        writer = own;
    }

    private void tick() {
        try {
            save();
        } catch (RuntimeException | Error e) {
            // The executor would end the task without a word.
            LOG.error("the cache file's thread: snapshots go on", e);
        }
    }

    /** Writes a snapshot if something has changed since the last. @return false when it could not be written */
    public synchronized boolean save() {
        long seen = changes();
        if (seen == savedChanges) {
            return true;
        }
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            write(fresh);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceDirectory();
        } catch (IOException e) {
            failed(e);
            discard(fresh);
            return false;
        }
        savedChanges = seen;
        failing = false;
        snapshots.increment();
        return true;
    }

    private void write(Path fresh) throws IOException {
        // Left by a crash; made anew so that the permissions are ours.
        Files.deleteIfExists(fresh);
        try (FileChannel channel =
                FileChannel.open(fresh, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly())) {
            OutputStream buffered = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
            CRC32C sum = new CRC32C();
            DataOutputStream out = new DataOutputStream(new CheckedOutputStream(buffered, sum));
            CacheCodec.write(out, cache, tables, wall.instant());
            out.flush();
            // Through the same stream, after its value was taken.
            out.writeInt((int) sum.getValue());
            out.flush();
            channel.force(true);
        }
    }

    /** Who wrote to whom is nobody else's business. */
    private FileAttribute<?>[] ownerOnly() throws IOException {
        Path parent = file.getParent();
        boolean posix = parent != null && Files.getFileStore(parent).supportsFileAttributeView("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    /** The new name is on the disk only when its directory is. */
    private void forceDirectory() throws IOException {
        Path parent = file.getParent();
        if (parent != null) {
            try (FileChannel directory = FileChannel.open(parent, StandardOpenOption.READ)) {
                directory.force(true);
            }
        }
    }

    /** Warned of once for each spell of trouble, counted each time. */
    private void failed(IOException e) {
        failures.increment();
        if (failing) {
            LOG.debug("cache file {} still cannot be written ({})", file, e.toString());
        } else {
            LOG.warn(
                    "cache file {} cannot be written ({}): what is learnt may be lost with a restart",
                    file,
                    e.toString());
        }
        failing = true;
    }

    private static void discard(Path fresh) {
        try {
            Files.deleteIfExists(fresh);
        } catch (IOException e) {
            LOG.debug("{} stays until the next snapshot", fresh, e);
        }
    }

    private long changes() {
        long sum = cache.changes();
        for (SideTable table : tables) {
            sum += table.changes();
        }
        return sum;
    }

    /** Ends the thread and writes the last snapshot on the caller's. Blocks. */
    @Override
    public void close() {
        ScheduledExecutorService own;
        synchronized (this) {
            own = writer;
            writer = null;
        }
        if (own != null) {
            // A snapshot under way goes on: save() waits for it.
            own.shutdown();
        }
        save();
    }
}
