package io.countersign.verdict;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import io.countersign.smtp.MailDomain;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Deferral has an end: how long the mail of a sender's domain has been deferred for want of an answer. The clock belongs to the
 * domain, as big senders retry from many networks and with many local parts. It is remembered for seven days after its last use;
 * once it has run out it stays so. It is kept over restarts; whatever the wall clock does meanwhile can only end a deferral early.
 * Any thread; never blocks.
 */
public final class DeferralClock implements SideTable {
    private static final Duration REMEMBERED = Duration.ofDays(7);
    /** Of the time between two runs, at most this counts towards being forgotten: the wall clock may have been set ahead. */
    private static final Duration LONGEST_IDLE = Duration.ofDays(1);

    private static final long TIDY_AT_MOST_EVERY = Duration.ofMinutes(1).toNanos();

    /** @param start when the first message was deferred @param used when it was last asked for, both monotonic */
    private record Running(long start, long used, boolean out) {}

    private final int most;
    private final Ticker ticker;
    private final Cache<String, Running> clocks;
    private final LongAdder changes = new LongAdder();
    private final LongAdder letInForWantOfRoom = new LongAdder();
    private final AtomicLong lastTidy;

    /** @param most domains that can be deferred at a time; when it is full the mail of others is let in */
    public DeferralClock(int most) {
        this(most, Ticker.systemTicker());
    }

    DeferralClock(int most, Ticker ticker) {
        this.most = most;
        this.ticker = ticker;
        this.lastTidy = new AtomicLong(ticker.read());
        // No size: an evicted clock would begin again, and the mail of its domain be deferred for ever.
        this.clocks = Caffeine.newBuilder()
                .ticker(ticker)
                .executor(Runnable::run)
                .expireAfter(Expiry.<String, Running>writing((domain, clock) ->
                        Duration.ofNanos(Math.max(0, REMEMBERED.toNanos() - (ticker.read() - clock.used())))))
                .build();
    }

    /**
     * Whether a message of this domain may be deferred now. Starts the domain's clock if it is not running; so to be asked only
     * when a message would be deferred, in a transaction with a recipient of ours.
     *
     * @param atMost {@code defer-at-most}
     * @return false when the message is to be let in
     */
    public boolean mayDefer(MailDomain domain, Duration atMost) {
        String key = domain.key();
        if (clocks.getIfPresent(key) == null && isFull()) {
            letInForWantOfRoom.increment();
            return false;
        }
        long limit = Lives.nanos(atMost);
        Running clock = clocks.asMap().compute(key, (name, old) -> {
            long now = ticker.read();
            if (old == null) {
                return new Running(now, now, limit == 0);
            }
            return new Running(old.start(), now, old.out() || now - old.start() >= limit);
        });
        changes.increment();
        return !clock.out();
    }

    private boolean isFull() {
        if (clocks.estimatedSize() < most) {
            return false;
        }
        long now = ticker.read();
        long last = lastTidy.get();
        if (now - last >= TIDY_AT_MOST_EVERY && lastTidy.compareAndSet(last, now)) {
            clocks.cleanUp();
        }
        return clocks.estimatedSize() >= most;
    }

    /** Since when the domain's mail has been deferred; empty when its clock does not run. Does not count as use. */
    public Optional<Duration> running(MailDomain domain) {
        Running clock = clocks.policy().getIfPresentQuietly(domain.key());
        return clock == null
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(Math.max(0, ticker.read() - clock.start())));
    }

    /** Its next deferral is its first. */
    public void forget(MailDomain domain) {
        if (clocks.asMap().remove(domain.key()) != null) {
            changes.increment();
        }
    }

    /** Domains with a clock. */
    public long size() {
        return clocks.estimatedSize();
    }

    /** Messages let in because the table was full. */
    public long letInForWantOfRoom() {
        return letInForWantOfRoom.sum();
    }

    @Override
    public String name() {
        return "deferral-clocks";
    }

    @Override
    public long changes() {
        return changes.sum();
    }

    @Override
    public void save(DataOutput out) throws IOException {
        for (Map.Entry<String, Running> e : clocks.asMap().entrySet()) {
            long now = ticker.read();
            Running clock = e.getValue();
            out.writeBoolean(true);
            out.writeUTF(e.getKey());
            out.writeLong(millis(now - clock.start()));
            out.writeLong(millis(now - clock.used()));
            out.writeBoolean(clock.out());
        }
        out.writeBoolean(false);
    }

    private static long millis(long nanos) {
        return Math.max(0, nanos / 1_000_000);
    }

    @Override
    public void restore(DataInput in, Duration down) throws IOException {
        Duration idleMeanwhile = down.compareTo(LONGEST_IDLE) > 0 ? LONGEST_IDLE : down;
        long now = ticker.read();
        List<Map.Entry<String, Running>> read = new ArrayList<>();
        while (in.readBoolean()) {
            String domain = in.readUTF();
            long start = now - age(in.readLong(), down);
            long used = now - age(in.readLong(), idleMeanwhile);
            boolean out = in.readBoolean();
            if (read.size() < most) {
                read.add(Map.entry(domain, new Running(start, used, out)));
            }
        }
        read.forEach(e -> clocks.put(e.getKey(), e.getValue()));
    }

    private static long age(long millis, Duration more) {
        long sane = Math.max(0, Math.min(millis, Duration.ofDays(365).toMillis()));
        return Duration.ofMillis(sane).plus(more).toNanos();
    }
}
