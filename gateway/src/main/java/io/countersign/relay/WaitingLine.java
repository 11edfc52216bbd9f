package io.countersign.relay;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Who waits for a connection on one event loop, in order. On the loop, but for {@link #since}. */
final class WaitingLine {
    /** {@link #since} when nobody waits. */
    static final long NOBODY = Long.MIN_VALUE;

    /** What comes of looking at one who waits. */
    enum Look {
        SERVED,
        /** Not this one, perhaps the next. */
        PASSED_OVER,
        /** There is nothing for anybody. */
        STOP
    }

    /** Waiting is bounded by {@code backend.wait} already; this bounds it in memory. */
    private static final int MOST = 1_000;

    private final ArrayDeque<Lease> line = new ArrayDeque<>();
    private final PoolShare share;
    private boolean serving;
    private volatile long since = NOBODY;

    WaitingLine(PoolShare share) {
        this.share = share;
    }

    /** Any thread: since when the first waits, in the ticker's nanoseconds, or {@link #NOBODY}. */
    long since() {
        return since;
    }

    boolean isEmpty() {
        return line.isEmpty();
    }

    boolean isFull() {
        return line.size() >= MOST;
    }

    void add(Lease lease) {
        line.add(lease);
        share.waitingChanged(1);
        note();
    }

    void remove(Lease lease) {
        if (line.remove(lease)) {
            share.waitingChanged(-1);
            note();
        }
    }

    /** The first, if it has waited since then or longer. */
    @Nullable
    Lease pollOlder(long than) {
        Lease first = line.peek();
        if (first == null || first.since - than > 0) {
            return null;
        }
        return poll();
    }

    @Nullable
    Lease poll() {
        Lease first = line.poll();
        if (first != null) {
            share.waitingChanged(-1);
            note();
        }
        return first;
    }

    /** Shows {@code to} who waits, in order. It must not come back here: whoever is served is called later. */
    void serve(Function<Lease, Look> to) {
        if (serving || line.isEmpty()) {
            return;
        }
        serving = true;
        try {
            for (Iterator<Lease> each = line.iterator(); each.hasNext(); ) {
                Look look = to.apply(each.next());
                if (look == Look.STOP) {
                    return;
                }
                if (look == Look.SERVED) {
                    each.remove();
                    share.waitingChanged(-1);
                }
            }
        } finally {
            serving = false;
            note();
        }
    }

    private void note() {
        Lease first = line.peek();
        since = first == null ? NOBODY : first.since;
    }
}
