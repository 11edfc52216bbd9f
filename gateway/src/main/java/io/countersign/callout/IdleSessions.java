package io.countersign.callout;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Connections that wait a moment for another question to the same exchanger: a few for a destination and {@value #MOST} in all;
 * whichever is not wanted any more is said goodbye to. Any thread.
 */
final class IdleSessions {
    static final int MOST = 256;

    private record Waiting(CalloutSession session, Future<?> end) {}

    /** Each queue is touched only within an operation of the map on its key; the newest stands last. */
    private final Map<Destination, ArrayDeque<Waiting>> waiting = new ConcurrentHashMap<>();

    private final AtomicInteger size = new AtomicInteger();
    private volatile boolean closed;

    /**
     * Keeps the session for that long, or ends it. On the session's event loop.
     *
     * @param most how many may wait for one destination, at least 1: each occupies a place of its exchanger's limit
     */
    void keep(CalloutSession session, Duration howLong, int most) {
        Destination to = session.destination();
        if (closed || size.get() >= MOST) {
            session.quit();
            return;
        }
        boolean[] kept = new boolean[1];
        waiting.compute(to, (key, known) -> {
            ArrayDeque<Waiting> queue = known == null ? new ArrayDeque<>(2) : known;
            if (queue.size() < most) {
                Future<?> end =
                        session.loop().schedule(() -> expire(session), howLong.toMillis(), TimeUnit.MILLISECONDS);
                queue.addLast(new Waiting(session, end));
                size.incrementAndGet();
                kept[0] = true;
            }
            return queue;
        });
        if (!kept[0]) {
            session.quit();
        }
    }

    /**
     * A connection to that destination, now the caller's, or null: one of the caller's own loop where there is one, the one that
     * waits least. It may turn out to have gone.
     */
    @Nullable
    CalloutSession take(Destination to, EventLoop loop) {
        Waiting[] taken = new Waiting[1];
        waiting.computeIfPresent(to, (key, queue) -> {
            for (Iterator<Waiting> newest = queue.descendingIterator(); newest.hasNext() && taken[0] == null; ) {
                Waiting entry = newest.next();
                if (entry.session().loop() == loop) {
                    newest.remove();
                    taken[0] = entry;
                }
            }
            if (taken[0] == null) {
                taken[0] = queue.removeLast();
            }
            return queue.isEmpty() ? null : queue;
        });
        Waiting entry = taken[0];
        if (entry == null) {
            return null;
        }
        size.decrementAndGet();
        entry.end().cancel(false);
        return entry.session();
    }

    /** It has gone by itself. */
    void forget(CalloutSession session) {
        Waiting entry = remove(session);
        if (entry != null) {
            entry.end().cancel(false);
        }
    }

    int size() {
        return size.get();
    }

    /** Says goodbye to all, and to whatever comes later. */
    void close() {
        closed = true;
        List<CalloutSession> all = new ArrayList<>();
        for (Destination to : List.copyOf(waiting.keySet())) {
            waiting.computeIfPresent(to, (key, queue) -> {
                queue.forEach(entry -> {
                    entry.end().cancel(false);
                    all.add(entry.session());
                });
                size.addAndGet(-queue.size());
                return null;
            });
        }
        all.forEach(session -> session.loop().execute(session::quit));
    }

    private void expire(CalloutSession session) {
        if (remove(session) != null) {
            session.quit();
        }
    }

    /** @return its entry when it waited */
    private @Nullable Waiting remove(CalloutSession session) {
        Waiting[] found = new Waiting[1];
        waiting.computeIfPresent(session.destination(), (key, queue) -> {
            for (Iterator<Waiting> each = queue.iterator(); each.hasNext() && found[0] == null; ) {
                Waiting entry = each.next();
                if (entry.session() == session) {
                    each.remove();
                    size.decrementAndGet();
                    found[0] = entry;
                }
            }
            return queue.isEmpty() ? null : queue;
        });
        return found[0];
    }
}
