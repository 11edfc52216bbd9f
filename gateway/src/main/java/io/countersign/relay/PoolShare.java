package io.countersign.relay;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What the pools of all event loops share: how many connections there are, how many each client has, who waits. Thread-safe. */
final class PoolShare {
    private final MtaState state;
    private final AtomicInteger slots = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger evictions = new AtomicInteger();
    /** Never more entries than connections. */
    private final Map<Object, Integer> perClient = new ConcurrentHashMap<>();

    private final List<LoopPool> pools = new CopyOnWriteArrayList<>();
    private volatile boolean closing;

    PoolShare(MtaState state) {
        this.state = state;
    }

    void add(LoopPool pool) {
        pools.add(pool);
    }

    List<LoopPool> pools() {
        return pools;
    }

    /** Room for one more connection, {@code backend.connections}. */
    boolean takeSlot() {
        int limit = state.backend().settings().pool().connections();
        for (; ; ) {
            int taken = slots.get();
            if (taken >= limit) {
                return false;
            }
            if (slots.compareAndSet(taken, taken + 1)) {
                return true;
            }
        }
    }

    /** A connection is gone. */
    void freeSlot() {
        slots.decrementAndGet();
        evictions.updateAndGet(n -> Math.max(0, n - 1));
        wakeWaiting(null);
    }

    boolean takeClient(Object key) {
        int limit = state.backend().settings().pool().connectionsPerClient();
        boolean[] taken = new boolean[1];
        perClient.compute(key, (k, now) -> {
            int count = now == null ? 0 : now;
            taken[0] = count < limit;
            return taken[0] ? Integer.valueOf(count + 1) : now;
        });
        return taken[0];
    }

    void giveBackClient(Object key) {
        perClient.computeIfPresent(key, (k, now) -> now <= 1 ? null : now - 1);
    }

    void waitingChanged(int by) {
        waiting.addAndGet(by);
    }

    /** Something came free that another loop may be waiting for. @param except who has looked already */
    void wakeWaiting(@Nullable LoopPool except) {
        if (waiting.get() == 0) {
            return;
        }
        for (LoopPool pool : pools) {
            if (pool != except && pool.waitingSince() != WaitingLine.NOBODY) {
                pool.loop().execute(pool::serveWaiting);
            }
        }
    }

    /** Another loop has an idle connection and we have none to use: it makes room. */
    void evictElsewhere(LoopPool asking) {
        if (evictions.get() >= waiting.get() + 1) {
            return;
        }
        for (LoopPool pool : pools) {
            if (pool != asking && pool.idleCount() > 0) {
                evictions.incrementAndGet();
                pool.loop().execute(pool::evictOldest);
                return;
            }
        }
    }

    /** The eviction that was asked for found nothing. */
    void nothingEvicted() {
        evictions.updateAndGet(n -> Math.max(0, n - 1));
    }

    /** Whether another loop waits for so long that a connection of {@code mine} should make room for it, although mine wait too. */
    boolean othersStarve(LoopPool mine, long now) {
        if (waiting.get() == 0) {
            return false;
        }
        long half = state.backend().settings().pool().waitFor().toNanos() / 2;
        long own = mine.waitingSince();
        for (LoopPool pool : pools) {
            long since = pool.waitingSince();
            if (pool != mine
                    && since != WaitingLine.NOBODY
                    && now - since > half
                    && (own == WaitingLine.NOBODY || since - own < 0)) {
                return true;
            }
        }
        return false;
    }

    void close() {
        closing = true;
    }

    boolean isClosing() {
        return closing;
    }

    int open() {
        return slots.get();
    }

    int idle() {
        return pools.stream().mapToInt(LoopPool::idleCount).sum();
    }

    int waiting() {
        return waiting.get();
    }
}
