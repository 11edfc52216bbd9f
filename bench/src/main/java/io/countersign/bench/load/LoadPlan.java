package io.countersign.bench.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What is asked of a run.
 *
 * @param rate messages that arrive each second, whether earlier ones are done or not; 0: as many as go, each connection back to back
 * @param connections most at a time
 * @param perConnection messages on one connection
 * @param size octets of a message, at least 100
 * @param warmUp sent before anything counts
 * @param idle connections that say EHLO and then nothing, held during the run
 */
record LoadPlan(
        int rate,
        int connections,
        int perConnection,
        int size,
        Duration length,
        Duration warmUp,
        Senders senders,
        Wire wire,
        int idle,
        List<String> servers) {
    /** Who sends. */
    enum Senders {
        /** A hundred, asked about once. */
        KNOWN,
        /** Each a new address at a new domain; its exchanger answers at once. */
        NEW,
        /** The same, but the exchanger takes 200 ms for each reply. */
        SLOW,
        /** Nobody: the null sender. */
        NULL
    }

    /** How it is said. */
    enum Wire {
        PLAIN,
        /** MAIL, RCPT and DATA in one packet. */
        PIPELINED,
        /** STARTTLS first. */
        TLS
    }

    static final String USAGE = """
            bench/run load [--rate N] [--connections N] [--per-connection N] [--size OCTETS] [--seconds N] [--warm-up SECONDS]
                           [--senders known|new|slow|null] [--wire plain|pipelined|tls] [--idle N] [--servers LIST]

              --rate 0 (the default) measures what goes at most; with a rate, arrivals do not wait for each other, and the time
              of a message counts from the moment it should have begun.
              --servers: direct, countersign, and haproxy and nginx where they are installed; all of them by default.
            """;

    /** @throws IllegalArgumentException with words for the user */
    static LoadPlan parse(List<String> words) {
        LoadPlan plan = new LoadPlan(
                0,
                50,
                10,
                4096,
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                Senders.KNOWN,
                Wire.PLAIN,
                0,
                List.of("direct", "countersign", "haproxy", "nginx"));
        for (int i = 0; i < words.size(); i += 2) {
            if (i + 1 == words.size()) {
                throw new IllegalArgumentException(words.get(i) + ": a value is missing");
            }
            plan = plan.with(words.get(i), words.get(i + 1));
        }
        return plan;
    }

    private LoadPlan with(String name, String value) {
        return switch (name) {
            case "--rate" -> copy(number(name, value, 0), connections, perConnection, size, length, warmUp, idle);
            case "--connections" -> copy(rate, number(name, value, 1), perConnection, size, length, warmUp, idle);
            case "--per-connection" -> copy(rate, connections, number(name, value, 1), size, length, warmUp, idle);
            case "--size" -> copy(rate, connections, perConnection, number(name, value, 100), length, warmUp, idle);
            case "--seconds" ->
                copy(rate, connections, perConnection, size, Duration.ofSeconds(number(name, value, 1)), warmUp, idle);
            case "--warm-up" ->
                copy(rate, connections, perConnection, size, length, Duration.ofSeconds(number(name, value, 0)), idle);
            case "--idle" -> copy(rate, connections, perConnection, size, length, warmUp, number(name, value, 0));
            case "--senders" -> with(choice(Senders.class, name, value), wire, servers);
            case "--wire" -> with(senders, choice(Wire.class, name, value), servers);
            case "--servers" -> with(senders, wire, new ArrayList<>(List.of(value.split(","))));
            default -> throw new IllegalArgumentException("unknown option " + name);
        };
    }

    private LoadPlan copy(
            int arrivals, int open, int each, int octets, Duration measured, Duration before, int holders) {
        return new LoadPlan(arrivals, open, each, octets, measured, before, senders, wire, holders, servers);
    }

    private LoadPlan with(Senders who, Wire how, List<String> which) {
        return new LoadPlan(rate, connections, perConnection, size, length, warmUp, who, how, idle, which);
    }

    private static int number(String name, String value, int least) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": " + value + " is no number", e);
        }
        throw new IllegalArgumentException(name + ": " + value + " is less than " + least);
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String name, String value) {
        for (E each : type.getEnumConstants()) {
            if (each.name().equalsIgnoreCase(value)) {
                return each;
            }
        }
        throw new IllegalArgumentException(name + ": " + value + " is none of " + List.of(type.getEnumConstants()));
    }
}
