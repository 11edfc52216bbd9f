package io.countersign.real;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A mailbox on disk: what a real MTA delivered, with the line ends of a file (LF). */
final class Maildir {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private final Path folder;

    Maildir(Path folder) {
        this.folder = folder;
    }

    int count() {
        return files().size();
    }

    /** Waits until there are so many messages at least. The order is that of their arrival, to the second. */
    List<byte[]> await(int number) {
        return Awaitility.await(number + " messages in " + folder.getFileName())
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(this::files, found -> found.size() >= number)
                .stream()
                .map(Maildir::read)
                .toList();
    }

    private List<Path> files() {
        Path arrived = folder.resolve("new");
        if (!Files.isDirectory(arrived)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(arrived)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
