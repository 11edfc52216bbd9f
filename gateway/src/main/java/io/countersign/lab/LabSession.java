package io.countersign.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What was said in one session of a {@link LabExchanger} or {@link LabMta}, and how it ended. May be read from any thread, also while it goes on. */
public final class LabSession {
    private static final int KEPT = 2_000;

    /** Who ended a session, and how. */
    public enum Ending {
        /** QUIT was the client's last command. */
        QUIT,
        /** The client closed or reset without QUIT. */
        LEFT,
        /** The exchanger closed, by script. */
        HUNG_UP
    }

    private final long number;
    private final String client;
    private final int kept;
    private final List<String> lines = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();

    LabSession(long number, String client) {
        this(number, client, KEPT);
    }

    private LabSession(long number, String client, int kept) {
        this.number = number;
        this.client = client;
        this.kept = kept;
    }

    /** One that keeps no lines. */
    static LabSession silent(long number, String client) {
        return new LabSession(number, client, 0);
    }

    /** Which connection of its exchanger this was, from 1. */
    public long number() {
        return number;
    }

    /** The client's IP address. */
    public String client() {
        return client;
    }

    /** The lines in order, {@code C: } and {@code S: } in front, without their ends; at most 2,000. */
    public List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** What the client sent, without {@code C: }. */
    public List<String> heard() {
        return lines().stream()
                .filter(l -> l.startsWith("C: "))
                .map(l -> l.substring(3))
                .toList();
    }

    /**
     * Where the client was not in order: talked before the greeting, sent commands without waiting though PIPELINING was
     * not offered, ended a line with a bare LF, sent something in clear after STARTTLS.
     */
    public List<String> violations() {
        synchronized (lines) {
            return List.copyOf(violations);
        }
    }

    /** Completes when the connection is closed. */
    public CompletableFuture<Ending> ending() {
        return ending;
    }

    /**
     * Waits for the connection to be closed.
     *
     * @throws IllegalStateException when {@link Tally#PATIENCE} has passed
     */
    public Ending awaitEnding() {
        try {
            return ending.get(Tally.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("still open: " + this, e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the end of " + this, e);
        }
    }

    void client(String line) {
        add("C: " + line);
    }

    void server(String octets) {
        if (kept == 0) {
            return;
        }
        String text = octets.endsWith("\r\n") ? octets.substring(0, octets.length() - 2) : octets;
        for (String line : text.split("\r\n", -1)) {
            add("S: " + line);
        }
    }

    void violation(String what) {
        synchronized (lines) {
            if (violations.size() < kept) {
                violations.add(what);
            }
        }
    }

    void ended(Ending how) {
        ending.complete(how);
    }

    private void add(String line) {
        synchronized (lines) {
            if (lines.size() < kept) {
                lines.add(line);
            }
        }
    }

    @Override
    public String toString() {
        return "session " + number + " of " + client + "\n" + String.join("\n", lines());
    }
}
