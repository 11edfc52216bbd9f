package io.countersign.edge;

import io.countersign.config.ListenSettings;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Open connections, in all, per client (/32, /64) and per network (/24, /48), and the sessions that wait for a verdict. At most two
 * entries a connection: bounded by the limit itself. Thread-safe.
 */
final class ConnectionCounts {
    private final AtomicInteger all = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    /** Narrow and wide ones: they are never equal. */
    private final ConcurrentHashMap<ClientNetwork, Integer> perNetwork = new ConcurrentHashMap<>();

    /** @return null when it may enter (and is counted), else the limit it struck (and is not) */
    @Nullable
    Limits enter(InetAddress client, ListenSettings.Limits limits) {
        if (all.incrementAndGet() > limits.connections()) {
            all.decrementAndGet();
            return Limits.CONNECTIONS;
        }
        ClientNetwork narrow = ClientNetwork.narrow(client);
        if (perNetwork.merge(narrow, 1, Integer::sum) > limits.connectionsPerClient()) {
            leave(narrow);
            all.decrementAndGet();
            return Limits.CONNECTIONS_PER_CLIENT;
        }
        ClientNetwork wide = ClientNetwork.wide(client);
        if (perNetwork.merge(wide, 1, Integer::sum) > limits.walls().connectionsPerNetwork()) {
            leave(wide);
            leave(narrow);
            all.decrementAndGet();
            return Limits.CONNECTIONS_PER_NETWORK;
        }
        return null;
    }

    void leave(InetAddress client) {
        all.decrementAndGet();
        leave(ClientNetwork.narrow(client));
        leave(ClientNetwork.wide(client));
    }

    private void leave(ClientNetwork network) {
        perNetwork.computeIfPresent(network, (k, n) -> n == 1 ? null : n - 1);
    }

    /** @return false when as many sessions wait for verdicts as may; otherwise {@link #stopWaiting} is owed */
    boolean startWaiting(int most) {
        if (waiting.incrementAndGet() > most) {
            waiting.decrementAndGet();
            return false;
        }
        return true;
    }

    void stopWaiting() {
        waiting.decrementAndGet();
    }

    int waiting() {
        return waiting.get();
    }

    int open() {
        return all.get();
    }
}
