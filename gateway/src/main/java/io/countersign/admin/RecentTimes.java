package io.countersign.admin;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The percentiles of the last minute, about a tenth exact. Any thread; recording takes no lock and never waits, unlike a histogram
 * that sleeps while its phases change, because event loops do it.
 */
final class RecentTimes {
    private static final long SLOT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int SLOTS = 6;
    /** Steps of an eighth of a power of two, from one microsecond: the last one begins beyond an hour. */
    private static final int STEPS = 8;

    private static final int BUCKETS = 32 * STEPS;

    private record Slot(long number, AtomicLongArray counts) {}

    private final LongSupplier nanoTime;
    private final AtomicReferenceArray<@Nullable Slot> slots = new AtomicReferenceArray<>(SLOTS);

    RecentTimes(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    void record(long nanos) {
        slot(number()).counts().incrementAndGet(bucket(nanos));
    }

    private long number() {
        return Math.floorDiv(nanoTime.getAsLong(), SLOT_NANOS);
    }

    private Slot slot(long number) {
        int place = Math.floorMod(number, SLOTS);
        Slot there = slots.get(place);
        if (there != null && there.number() == number) {
            return there;
        }
        Slot fresh = new Slot(number, new AtomicLongArray(BUCKETS));
        Slot now = slots.compareAndExchange(place, there, fresh);
        return now == there || now == null ? fresh : now;
    }

    /** @return milliseconds for each share (0 to 1, rising), 0 where nothing was recorded */
    double[] percentiles(double... shares) {
        long oldest = number() - SLOTS + 1;
        long[] sum = new long[BUCKETS];
        long all = 0;
        for (int i = 0; i < SLOTS; i++) {
            Slot slot = slots.get(i);
            if (slot != null && slot.number() >= oldest) {
                for (int b = 0; b < BUCKETS; b++) {
                    long count = slot.counts().get(b);
                    sum[b] += count;
                    all += count;
                }
            }
        }
        double[] found = new double[shares.length];
        for (int i = 0; i < shares.length; i++) {
            found[i] = all == 0 ? 0 : millis(bucketAt(sum, (long) Math.ceil(shares[i] * all)));
        }
        return found;
    }

    private static int bucketAt(long[] sum, long rank) {
        long seen = 0;
        for (int b = 0; b < sum.length; b++) {
            seen += sum[b];
            if (seen >= rank) {
                return b;
            }
        }
        return sum.length - 1;
    }

    private static int bucket(long nanos) {
        double micros = Math.max(1, nanos / 1e3);
        return Math.min(BUCKETS - 1, (int) (Math.log(micros) / Math.log(2) * STEPS));
    }

    /** The end of the bucket. */
    private static double millis(int bucket) {
        return Math.pow(2, (bucket + 1.0) / STEPS) / 1000;
    }
}
