package io.countersign.real;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code countersign serve} as a process of its own, as an operator runs it: signals reach it, and its memory is its own. */
final class GatewayProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern READY = Pattern.compile("ready: .* on \\[/([0-9.]+):([0-9]+)]");
    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+([0-9]+) kB");

    private final Path file;
    private final ServerLog log;
    private final Process process;
    private final InetSocketAddress address;

    /**
     * Returns once it is ready.
     *
     * @param folder for its configuration and its log
     * @param options of the virtual machine
     */
    GatewayProcess(Path folder, String configuration, String... options) {
        file = folder.resolve("countersign.conf");
        Path output = folder.resolve("countersign.log");
        log = new ServerLog(output);
        configure(configuration);
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classPath()));
        command.addAll(List.of(options));
        command.addAll(List.of("io.countersign.Countersign", "serve", "-c", file.toString()));
        try {
            process = new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            String ready = log.awaitCount("ready", line -> READY.matcher(line).find(), 1, PATIENCE)
                    .get(0);
            Matcher matcher = READY.matcher(ready);
            if (!matcher.find()) {
                throw new AssertionError(ready);
            }
            address = new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2)));
        } catch (AssertionError e) {
            process.destroyForcibly();
            throw e;
        }
    }

    InetSocketAddress address() {
        return address;
    }

    ServerLog log() {
        return log;
    }

    /** Writes the file that it reads at its start and at SIGHUP. */
    void configure(String configuration) {
        try {
            Files.writeString(file, configuration, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param name e.g. {@code HUP} */
    void signal(String name) {
        Program.run(PATIENCE, "kill", "-" + name, Long.toString(process.pid())).orFail("kill");
    }

    boolean runs() {
        return process.isAlive();
    }

    /** Waits for its end. */
    int exitCode() {
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the gateway did not end; its log:\n" + String.join("\n", log.lines()));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The most memory that it has had resident so far, in octets: heap, direct, code and all. */
    long peakMemory() {
        try {
            Matcher peak = PEAK.matcher(Files.readString(Path.of("/proc/" + process.pid() + "/status")));
            if (!peak.find()) {
                throw new AssertionError("no VmHWM in /proc");
            }
            return Long.parseLong(peak.group(1)) << 10;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Without the tests' own classes: their logging and their agents are not an operator's. */
    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }
}
