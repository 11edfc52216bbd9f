package io.countersign.edge;

import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;

/**
 * What other servers' callouts were told (product.md §8): how they ask, what the answer was, who gave it, how long it took. Bounces are
 * among them, since nothing tells one from a probe before its content comes. Labels are words of ours. Thread-safe.
 */
final class ProbeMeters {
    /** How the question is put. */
    private enum Asking {
        NULL_SENDER,
        PROBE_ADDRESS
    }

    private enum Told {
        ACCEPTED,
        UNKNOWN,
        REFUSED,
        DEFERRED
    }

    /** Who knew. */
    enum By {
        MTA,
        MEMORY
    }

    private final Timer[] answers = new Timer[Asking.values().length * Told.values().length * By.values().length];

    ProbeMeters(MeterRegistry registry) {
        for (Asking asking : Asking.values()) {
            for (Told told : Told.values()) {
                for (By by : By.values()) {
                    answers[index(asking, told, by)] = Timer.builder("countersign.probe.answers")
                            .description("RCPT of the null sender or a probe address, from the command to its answer")
                            .tag("sender", word(asking))
                            .tag("answer", word(told))
                            .tag("by", word(by))
                            .register(registry);
                }
            }
        }
    }

    static boolean isProbe(ReversePath from) {
        return from.isNull() || ProbeAddresses.isProbe(from);
    }

    /** @param nanos from the RCPT to its answer */
    void answered(ReversePath from, SmtpReply reply, By by, long nanos) {
        Asking asking = from.isNull() ? Asking.NULL_SENDER : Asking.PROBE_ADDRESS;
        answers[index(asking, told(reply), by)].record(Duration.ofNanos(Math.max(0, nanos)));
    }

    private static Told told(SmtpReply reply) {
        if (reply.isPositive()) {
            return Told.ACCEPTED;
        }
        if (!reply.isPermanent()) {
            return Told.DEFERRED;
        }
        boolean address = reply.enhanced() == null
                ? reply.code() == 550
                : reply.enhanced().subject() == 1;
        return address ? Told.UNKNOWN : Told.REFUSED;
    }

    private static int index(Asking asking, Told told, By by) {
        return (asking.ordinal() * Told.values().length + told.ordinal()) * By.values().length + by.ordinal();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
