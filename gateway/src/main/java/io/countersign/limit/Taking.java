package io.countersign.limit;

import io.github.resilience4j.bulkhead.Bulkhead;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All or nothing: several concurrency limits and several rates for one permit. Used by one thread until it has become a
 * {@link Permit}. Nothing waits: a permit that comes free within the time given is reserved at that instant in every limiter.
 */
final class Taking {
    /** Each round is lost only because somebody else got a permit meanwhile. */
    private static final int ROUNDS = 16;

    private record Wanted(GcraRateLimiter limiter, Limit limit) {}

    private final NanoClock clock;
    private final Trust trust;
    private final long maxWait;
    private final List<Bulkhead> entered = new ArrayList<>(4);
    private final List<Wanted> wanted = new ArrayList<>(6);
    private long[] tokens = {};
    private long at;
    private @Nullable Limit refusedBy;
    private String whose = "";

    Taking(NanoClock clock, Trust trust, Duration maxWait) {
        this.clock = clock;
        this.trust = trust;
        this.maxWait = Pace.nanos(maxWait);
    }

    /** A concurrency limit; when it is full, what was entered before is left again. */
    boolean enter(Bulkhead bulkhead, Limit limit) {
        if (bulkhead.tryAcquirePermission()) {
            entered.add(bulkhead);
            return true;
        }
        leave();
        return refuse(limit, bulkhead.getName());
    }

    /** A rate, to be taken with the others by {@link #reserve}. */
    Taking rate(KeyLimit key, Limit limit) {
        if (trust == Trust.UNPROVEN) {
            wanted.add(new Wanted(key.unproven(), limit));
        }
        wanted.add(new Wanted(key.whole(), limit));
        return this;
    }

    /** Takes one permit of every rate, at the first instant that suits them all; otherwise leaves everything. */
    boolean reserve() {
        long now = clock.getAsLong();
        long instant = now;
        long[] taken = new long[wanted.size()];
        Wanted last = wanted.get(0);
        for (int round = 0; round < ROUNDS; round++) {
            for (Wanted want : wanted) {
                long free = want.limiter().earliest(instant, 1);
                if (free > instant) {
                    instant = free;
                    last = want;
                }
            }
            if (instant - now > maxWait) {
                break;
            }
            int done = take(instant, taken);
            if (done == taken.length) {
                tokens = taken;
                at = instant;
                return true;
            }
            last = wanted.get(done);
            giveBack(taken, done);
        }
        leave();
        return refuse(last.limit(), last.limiter().getName());
    }

    private int take(long instant, long[] taken) {
        for (int i = 0; i < taken.length; i++) {
            taken[i] = wanted.get(i).limiter().takeAt(instant, 1);
            if (taken[i] == GcraRateLimiter.NONE) {
                return i;
            }
        }
        return taken.length;
    }

    private void giveBack(long[] taken, int count) {
        for (int i = count - 1; i >= 0; i--) {
            wanted.get(i).limiter().giveBack(taken[i], 1);
        }
    }

    private boolean refuse(Limit limit, String name) {
        refusedBy = limit;
        whose = name;
        return false;
    }

    /** Who said no. @throws IllegalStateException when nobody did */
    Grant.Refused refused() {
        Limit limit = refusedBy;
        if (limit == null) {
            throw new IllegalStateException("nothing was refused");
        }
        return new Grant.Refused(limit, limit.word() + " of " + whose + " is used up");
    }

    /** From when the permit may be used, by the clock of the limits. */
    long at() {
        return at;
    }

    Duration after() {
        return Duration.ofNanos(Math.max(0, at - clock.getAsLong()));
    }

    /** The concurrency permits end; the rates were used. */
    void leave() {
        for (Bulkhead bulkhead : entered) {
            bulkhead.releasePermission();
        }
        entered.clear();
    }

    /** As if it had never been taken. */
    void undo() {
        leave();
        giveBack(tokens, tokens.length);
    }
}
