package io.countersign.journal;

import io.countersign.config.JournalSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A process of its own that keeps a journal: one that is killed, and one whose disk fills up. */
final class JournalChild {
    private JournalChild() {}

    public static void main(String[] args) throws IOException {
        Path dir = Path.of(args[1]);
        switch (args[0]) {
            case "endless" -> endless(dir);
            case "full" -> full(dir);
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static SqliteJournal start(Path dir, MeterRegistry meters) {
        return SqliteJournal.start(dir, new JournalSettings(Optional.of(dir), Duration.ofDays(30), 5L << 30), meters);
    }

    /** Says after each thousand how many have been written. */
    private static void endless(Path dir) {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        SqliteJournal journal = start(dir, meters);
        for (int i = 1; ; i++) {
            journal.record(Records.accepted(i));
            if (i % 1000 == 0) {
                while (written(meters) < i) {
                    Thread.onSpinWait();
                }
                System.out.println(i);
            }
        }
    }

    /** In a folder of a few megabytes: exit 0 when mail was never held up, the loss was counted, and it went on afterwards. */
    private static void full(Path dir) throws IOException {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        Path ballast = dir.resolve("ballast");
        Files.write(ballast, new byte[76 << 20]);
        Path journalDir = dir.resolve("journal");
        int sent = 0;
        try (SqliteJournal journal = start(journalDir, meters)) {
            long slowest = 0;
            while (meters.get("countersign.journal.failing").gauge().value() == 0) {
                slowest = Math.max(slowest, hand(journal, ++sent));
            }
            for (int i = 0; i < 2 * SqliteJournal.QUEUE; i++) {
                slowest = Math.max(slowest, hand(journal, ++sent));
            }
            require(dropped(meters, "queue") > 0, "what found no room is counted");
            System.out.println("full after " + written(meters) + ", slowest hand-over " + slowest / 1000 + " us");
            double before = written(meters);
            Files.delete(ballast);
            long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(40); // tries are ten seconds apart at most
            while (written(meters) == before) {
                require(System.nanoTime() < patience, "nothing is written though there is room again");
                Thread.onSpinWait();
            }
            require(meters.get("countersign.journal.failing").gauge().value() == 0, "it is written again");
        }
        double all = written(meters) + dropped(meters, "queue") + dropped(meters, "broken");
        require(all == sent, sent + " sent, " + all + " accounted for");
        try (JournalReader reader = new SqliteReader(journalDir)) {
            require(reader.extent().join().records() == (long) written(meters), "what was counted as written is there");
        }
    }

    private static long hand(SqliteJournal journal, int number) {
        long begun = System.nanoTime();
        journal.record(Records.accepted(number));
        return System.nanoTime() - begun;
    }

    private static double written(MeterRegistry meters) {
        return meters.counter("countersign.journal.records").count();
    }

    private static double dropped(MeterRegistry meters, String reason) {
        return meters.counter("countersign.journal.dropped", "reason", reason).count();
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("not so: " + what);
        }
    }
}
