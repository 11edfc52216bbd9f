package io.countersign.journal;

import io.countersign.config.JournalSettings;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal on disk. Handing over is one entry in a bounded queue, without a lock and without waking anybody; one thread of its
 * own writes what has come, in batches. While the disk does not take it the queue fills up, and what does not find room is dropped
 * and counted: mail never waits.
 */
public final class SqliteJournal implements Journal, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteJournal.class);

    /** Most entries that wait; a record with many recipients counts as several. */
    static final int QUEUE = 32_768;

    /** Sessions refused without a transaction that are recorded, a second; a flood of them must not push mail out. */
    static final int SESSIONS_A_SECOND = 50;

    static final int BATCH = 4096;
    private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long TELL_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long CLOSE_WITHIN_MILLIS = 5000;

    private final ConcurrentLinkedQueue<Entry> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong lost = new AtomicLong();
    private final Counter written;
    private final Counter droppedFull;
    private final Counter droppedSampled;
    private final Counter droppedBroken;
    private final Store store;
    private final Thread writer;
    private volatile boolean closing;
    private long told = System.nanoTime() - TELL_EVERY_NANOS;
    private long second;
    private int sessionsInSecond;

    private SqliteJournal(Store store, MeterRegistry meters) {
        this.store = store;
        written = Counter.builder("countersign.journal.records")
                .description("Records written to the journal")
                .register(meters);
        droppedFull = dropped(meters, "queue");
        droppedSampled = dropped(meters, "sampled");
        droppedBroken = dropped(meters, "broken");
        Gauge.builder("countersign.journal.queue", waiting, AtomicInteger::get)
                .description("Records that wait to be written to the journal")
                .register(meters);
        Gauge.builder("countersign.journal.size", store, Store::octets)
                .description("What the journal takes on disk")
                .baseUnit("bytes")
                .register(meters);
        Gauge.builder("countersign.journal.failing", store, s -> s.isFailing() ? 1 : 0)
                .description("Whether the journal cannot be written now: 1 yes, 0 no")
                .register(meters);
        writer = new Thread(this::run, "journal");
        writer.setDaemon(true);
    }

    private static Counter dropped(MeterRegistry meters, String reason) {
        return Counter.builder("countersign.journal.dropped")
                .description("Records that the journal has lost, by why")
                .tag("reason", reason)
                .register(meters);
    }

    /** Starts the writer; what is wrong with the folder is told in the log and tried again, and mail goes on. */
    public static SqliteJournal start(Path dir, JournalSettings settings, MeterRegistry meters) {
        SqliteJournal journal = new SqliteJournal(new Store(new Folder(dir), settings), meters);
        journal.writer.start();
        return journal;
    }

    /** Other bounds from now on. Any thread. */
    public void use(JournalSettings settings) {
        store.use(settings);
    }

    @Override
    public void record(TransactionRecord transaction) {
        offer(transaction);
    }

    @Override
    public void late(LateJudgement judgement) {
        offer(judgement);
    }

    @Override
    public void callout(MailAddress address, Verdict verdict) {
        offer(new Entry.CalloutEnded(address, verdict));
    }

    private void offer(Entry entry) {
        int weight = entry.weight();
        if (waiting.addAndGet(weight) > QUEUE || closing) {
            waiting.addAndGet(-weight);
            droppedFull.increment();
            lost.incrementAndGet();
            return;
        }
        queue.offer(entry);
    }

    // --- the writer's thread ---

    private void run() {
        List<Entry> batch = new ArrayList<>(BATCH);
        while (true) {
            boolean last = closing;
            take(batch);
            if (!batch.isEmpty()) {
                write(batch, last);
                batch.clear();
            } else if (last) {
                break;
            } else {
                store.tend();
            }
            tellWhatWasLost();
            if (queue.isEmpty() && !closing) {
                LockSupport.parkNanos(this, LOOK_EVERY_NANOS);
            }
        }
        store.close();
        tellWhatWasLost();
    }

    private void take(List<Entry> batch) {
        int weight = 0;
        Entry entry;
        while (batch.size() < BATCH && (entry = queue.poll()) != null) {
            weight += entry.weight();
            if (isToBeKept(entry)) {
                batch.add(entry);
            } else {
                droppedSampled.increment();
            }
        }
        waiting.addAndGet(-weight);
    }

    private boolean isToBeKept(Entry entry) {
        if (!(entry instanceof TransactionRecord t) || !t.notes().contains(TransactionRecord.Note.NO_TRANSACTION)) {
            return true;
        }
        long now = System.nanoTime() / 1_000_000_000L;
        if (now != second) {
            second = now;
            sessionsInSecond = 0;
        }
        return ++sessionsInSecond <= SESSIONS_A_SECOND;
    }

    /** Until it is written; while it cannot be, the queue takes what comes. */
    private void write(List<Entry> batch, boolean last) {
        while (true) {
            Store.Outcome outcome = store.write(batch);
            switch (outcome) {
                case WRITTEN -> {
                    written.increment(batch.size());
                    return;
                }
                case UNWRITABLE -> {
                    droppedBroken.increment(batch.size());
                    lost.addAndGet(batch.size());
                    return;
                }
                case NOT_NOW -> {
                    if (last || closing) {
                        giveUp(batch.size());
                        return;
                    }
                    tellWhatWasLost();
                    LockSupport.parkNanos(this, store.pauseNanos());
                }
            }
        }
    }

    /** At the end there is one attempt: what waits behind a batch that could not be written is lost with it. */
    private void giveUp(int inHand) {
        int gone = inHand;
        Entry entry;
        while ((entry = queue.poll()) != null) {
            waiting.addAndGet(-entry.weight());
            gone++;
        }
        droppedBroken.increment(gone);
        lost.addAndGet(gone);
    }

    private void tellWhatWasLost() {
        long now = System.nanoTime();
        if (lost.get() > 0 && (now - told >= TELL_EVERY_NANOS || closing)) {
            told = now;
            LOG.warn(
                    "{} records of the journal were dropped: it cannot be written as fast as they come",
                    lost.getAndSet(0));
        }
    }

    /** Writes what waits (for five seconds at most) and closes. Blocks. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(writer);
        try {
            writer.join(CLOSE_WITHIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (writer.isAlive()) {
            LOG.warn("the journal did not finish writing within {} ms", CLOSE_WITHIN_MILLIS);
        }
    }
}
