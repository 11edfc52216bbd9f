package io.countersign.bench.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server that is measured: a process of its own with its children, or nothing at all (the direct path to the sink). CPU time and
 * memory come from {@code /proc}.
 */
final class Subject implements AutoCloseable {
    private static final long TICK_MICROS = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String name;
    private final InetSocketAddress address;
    private final @Nullable Process process;

    private Subject(String name, InetSocketAddress address, @Nullable Process process) {
        this.name = name;
        this.address = address;
        this.process = process;
    }

    /** No server: clients talk to the sink. */
    static Subject direct(InetSocketAddress sink) {
        return new Subject("direct", sink, null);
    }

    /** Starts it and waits for its 220. @throws IOException when it does not come; its last lines of log are in the message */
    static Subject start(String name, List<String> command, InetSocketAddress address, Path log)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Subject subject = new Subject(name, address, process);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            if (greets(address)) {
                return subject;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        subject.close();
        throw new IOException(name + " does not answer on " + address + ": " + Files.readString(log));
    }

    private static boolean greets(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, 1000);
            socket.setSoTimeout(5000);
            return new String(socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII).equals("220");
        } catch (IOException e) {
            return false; // not yet
        }
    }

    String name() {
        return name;
    }

    InetSocketAddress address() {
        return address;
    }

    /** User and system time of it and its children so far, in microseconds; 0 for the direct path. */
    long cpuMicros() throws IOException {
        long ticks = 0;
        for (long pid : pids()) {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
        return ticks * TICK_MICROS;
    }

    /** Its share of memory (PSS) now, in KiB; 0 for the direct path. */
    long memoryKib() throws IOException {
        long kib = 0;
        for (long pid : pids()) {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
                if (line.startsWith("Pss:")) {
                    kib += Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        }
        return kib;
    }

    private List<Long> pids() {
        List<Long> pids = new ArrayList<>();
        if (process != null) {
            pids.add(process.pid());
            try (Stream<ProcessHandle> children = process.descendants()) {
                children.filter(ProcessHandle::isAlive).map(ProcessHandle::pid).forEach(pids::add);
            }
        }
        return pids;
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroy();
            try {
                if (!process.waitFor(20, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
