package io.countersign.real;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs another program to its end, within a time limit. Its output goes through a file, so that it can never stall on us. */
final class Program {
    /** @param output what it wrote to stdout and stderr, together, as UTF-8 */
    record Outcome(int code, String output) {
        Outcome orFail(String what) {
            if (code != 0) {
                throw new AssertionError(what + " ended with " + code + ":\n" + output);
            }
            return this;
        }
    }

    private Program() {}

    static Outcome run(Duration within, String... command) {
        return run(within, List.of(command));
    }

    static Outcome run(Duration within, List<String> command) {
        Path output = null;
        try {
            output = Files.createTempFile("program", ".out");
            Process process = new ProcessBuilder(command)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try {
                if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new AssertionError(command + " did not end within " + within + ":\n" + read(output));
                }
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
            return new Outcome(process.exitValue(), read(output));
        } catch (IOException e) {
            throw new UncheckedIOException(command.toString(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(command + " was interrupted", e);
        } finally {
            delete(output);
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static void delete(Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
