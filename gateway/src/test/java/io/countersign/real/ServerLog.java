package io.countersign.real;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** The log file of another server, read while it grows. */
final class ServerLog {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private final Path file;

    ServerLog(Path file) {
        this.file = file;
    }

    /** All whole lines until now; none while there is no file. */
    List<String> lines() {
        try {
            if (!Files.exists(file)) {
                return List.of();
            }
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> lines(Predicate<String> which) {
        return lines().stream().filter(which).toList();
    }

    /** @return the first such line, as soon as there is one */
    String await(String what, Predicate<String> which) {
        return awaitCount(what, which, 1, PATIENCE).get(0);
    }

    List<String> awaitCount(String what, Predicate<String> which, int count, Duration patience) {
        try {
            return Awaitility.await(what)
                    .atMost(patience)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> lines(which), found -> found.size() >= count);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("not in the log: " + what + "; it has:\n" + tail(), e);
        }
    }

    private String tail() {
        List<String> all = lines();
        return String.join("\n", all.subList(Math.max(0, all.size() - 60), all.size()));
    }

    Optional<String> first(Predicate<String> which) {
        return lines().stream().filter(which).findFirst();
    }
}
