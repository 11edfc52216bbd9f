package io.countersign.edge;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** All sessions, so that they can be drained. Thread-safe. */
final class Sessions {
    private final Set<Session> open = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> empty = new CompletableFuture<>();
    private volatile boolean draining;

    void add(Session session) {
        open.add(session);
    }

    /** The session and everything it waited for is over. */
    void remove(Session session) {
        open.remove(session);
        if (draining && open.isEmpty()) {
            empty.complete(null);
        }
    }

    boolean isDraining() {
        return draining;
    }

    /** No new transactions from now on; completes when the last session is over. */
    CompletableFuture<Void> drain() {
        draining = true;
        open.forEach(Session::drain);
        if (open.isEmpty()) {
            empty.complete(null);
        }
        return empty;
    }

    /** Whoever waits longer than we have patience for now is given less time. */
    void hurry() {
        open.forEach(Session::hurry);
    }

    /** Cuts whatever the MTA has not got whole. */
    void cut() {
        open.forEach(Session::cut);
    }

    int size() {
        return open.size();
    }
}
