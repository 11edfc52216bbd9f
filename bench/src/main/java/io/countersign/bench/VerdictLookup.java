package io.countersign.bench;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Remembered;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.countersign.verdict.VerdictCache;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A sender's verdict in memory, among 100,000, asked for in turn (so the processor's caches help as little as they would a gateway).
 *
 * <p>Beside it the two maps one would use otherwise: a {@code ConcurrentHashMap}, which is the floor (no bound, no ages, no
 * counters), and a {@code LinkedHashMap} in access order behind a lock, the usual bounded one. Both give the stored verdict
 * back; ours makes one with its age, and looks under the address without its tag when it misses.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class VerdictLookup {
    private static final int ENTRIES = 100_000;

    private final VerdictCache cache = new VerdictCache(Samples.settings().cache());
    private final ConcurrentMap<String, Verdict> unbounded = new ConcurrentHashMap<>();
    private final Map<String, Verdict> locked = Collections.synchronizedMap(new LinkedHashMap<>(ENTRIES, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Verdict> eldest) {
            return size() > 2 * ENTRIES;
        }
    });
    private final MailAddress[] known = new MailAddress[ENTRIES];
    private final MailAddress[] unknown = new MailAddress[ENTRIES];
    private int next;

    @Setup
    public void fill() {
        Verdict accepted = Verdict.asked(Reason.ACCEPTED, Stage.RCPT, Evidence.NONE);
        for (int i = 0; i < ENTRIES; i++) {
            // An odd multiplier: the order of asking is not the order of memory.
            int number = (int) (i * 2_654_435_761L % ENTRIES);
            known[i] = Samples.address("user" + number + "@d" + number % 5_000 + ".example.org");
            unknown[i] = Samples.address("nobody" + number + "@d" + number % 5_000 + ".example.org");
            cache.learn(known[i], accepted);
            unbounded.put(known[i].key(), accepted);
            locked.put(known[i].key(), accepted);
        }
        for (MailAddress address : known) {
            if (cache.sender(address) == null) {
                throw new IllegalStateException("evicted: " + address);
            }
        }
    }

    private MailAddress turn(MailAddress[] addresses) {
        next = next + 1 == ENTRIES ? 0 : next + 1;
        return addresses[next];
    }

    @Benchmark
    public @Nullable Remembered hit() {
        return cache.sender(turn(known));
    }

    @Benchmark
    public @Nullable Remembered miss() {
        return cache.sender(turn(unknown));
    }

    @Benchmark
    public @Nullable Verdict hitByConcurrentHashMap() {
        return unbounded.get(turn(known).key());
    }

    @Benchmark
    public @Nullable Verdict hitByLockedLinkedHashMap() {
        return locked.get(turn(known).key());
    }
}
