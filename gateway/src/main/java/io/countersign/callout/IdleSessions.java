package io.countersign.callout;

import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connections that wait a moment for another question to the same exchanger: at most one for a destination and
 * {@value #MOST} in all; whichever is not wanted any more is said goodbye to. Any thread.
 */
final class IdleSessions {
    static final int MOST = 256;

    private record Waiting(CalloutSession session, Future<?> end) {}

    private final Map<Destination, Waiting> waiting = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Keeps the session for that long, or ends it. On the session's event loop. */
    void keep(CalloutSession session, Duration howLong) {
        Destination to = session.destination();
        if (closed || waiting.size() >= MOST) {
            session.quit();
            return;
        }
        Future<?> end = session.loop().schedule(() -> expire(to, session), howLong.toMillis(), TimeUnit.MILLISECONDS);
        Waiting entry = new Waiting(session, end);
        if (waiting.putIfAbsent(to, entry) != null) {
            end.cancel(false);
            session.quit();
        }
    }

    /** A connection to that destination, now the caller's, or null. It may turn out to have gone. */
    @Nullable
    CalloutSession take(Destination to) {
        Waiting entry = waiting.remove(to);
        if (entry == null) {
            return null;
        }
        entry.end().cancel(false);
        return entry.session();
    }

    /** It has gone by itself. */
    void forget(CalloutSession session) {
        waiting.computeIfPresent(session.destination(), (to, entry) -> {
            if (entry.session() != session) {
                return entry;
            }
            entry.end().cancel(false);
            return null;
        });
    }

    int size() {
        return waiting.size();
    }

    /** Says goodbye to all, and to whatever comes later. */
    void close() {
        closed = true;
        List<Destination> all = new ArrayList<>(waiting.keySet());
        for (Destination to : all) {
            CalloutSession session = take(to);
            if (session != null) {
                session.loop().execute(session::quit);
            }
        }
    }

    private void expire(Destination to, CalloutSession session) {
        Waiting entry = waiting.get(to);
        if (entry != null && entry.session() == session && waiting.remove(to, entry)) {
            session.quit();
        }
    }
}
