package io.countersign.process;

import static org.awaitility.Awaitility.await;

import io.countersign.lab.LabClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
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

/** {@code countersign serve} in a process of its own, with its log in a file. Killed at {@link #close} if it still runs. */
final class ChildGateway implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Pattern READY = Pattern.compile("ready: .* on \\[/127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern ADMIN = Pattern.compile("admin interface on http://127\\.0\\.0\\.1:(\\d+)/");

    private final Process process;
    private final Path log;

    private ChildGateway(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * Starts it and returns at once.
     *
     * @param limits shell commands to run before, such as {@code ulimit -n 256}
     * @param flags of the JVM
     */
    static ChildGateway launch(Path configuration, String limits, String... flags) throws IOException {
        Path log = configuration.resolveSibling(configuration.getFileName() + ".log");
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        java.addAll(List.of(flags));
        java.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "io.countersign.Countersign",
                "serve",
                "-c",
                configuration.toString()));
        List<String> command = new ArrayList<>(List.of("bash", "-c", limits + "\nexec \"$@\"", "bash"));
        command.addAll(java);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ChildGateway(process, log);
    }

    /** Starts it and waits until it is ready. */
    static ChildGateway start(Path configuration, String limits, String... flags) throws IOException {
        ChildGateway child = launch(configuration, limits, flags);
        try {
            await().atMost(PATIENCE).until(() -> child.log().contains("ready: ") || !child.process.isAlive());
            child.address();
            return child;
        } catch (RuntimeException e) {
            child.close();
            throw e;
        }
    }

    InetSocketAddress address() {
        Matcher ready = READY.matcher(log());
        if (!ready.find()) {
            throw new IllegalStateException("it is not ready:\n" + log());
        }
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(ready.group(1)));
    }

    /** Where its admin interface listens. */
    InetSocketAddress admin() {
        Matcher there = ADMIN.matcher(log());
        if (!there.find()) {
            throw new IllegalStateException("it has no admin interface:\n" + log());
        }
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(there.group(1)));
    }

    LabClient connect() {
        return LabClient.from("127.9.0.1", address());
    }

    LabClient client() {
        LabClient client = connect();
        client.hello("client.test");
        return client;
    }

    String log() {
        try {
            return Files.readString(log, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lines of the log with these words. */
    long linesWith(String words) {
        return log().lines().filter(line -> line.contains(words)).count();
    }

    void awaitLine(String words) {
        await().atMost(PATIENCE).until(() -> linesWith(words) > 0);
    }

    /** @param signal {@code TERM HUP STOP CONT KILL} */
    void signal(String signal) throws IOException, InterruptedException {
        signal(signal, 1);
    }

    void signal(String signal, int times) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder(
                        "bash",
                        "-c",
                        "for i in $(seq " + times + "); do kill -" + signal + " " + process.pid() + "; done")
                .inheritIO()
                .start();
        if (kill.waitFor() != 0) {
            throw new IllegalStateException("kill -" + signal + " failed");
        }
    }

    /** @return the exit code */
    int awaitEnd() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("it does not end:\n" + log());
        }
        return process.exitValue();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Processor time used so far. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
