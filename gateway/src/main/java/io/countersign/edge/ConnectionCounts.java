package io.countersign.edge;

import io.countersign.config.ListenSettings;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Open connections, in all and per client (/32, /64). As many entries as connections: bounded by the limit itself. Thread-safe. */
final class ConnectionCounts {
    private final AtomicInteger all = new AtomicInteger();
    private final ConcurrentHashMap<ClientNetwork, Integer> perClient = new ConcurrentHashMap<>();

    /** @return null when it may enter (and is counted), else the limit it struck (and is not) */
    @Nullable
    Limits enter(InetAddress client, ListenSettings.Limits limits) {
        if (all.incrementAndGet() > limits.connections()) {
            all.decrementAndGet();
            return Limits.CONNECTIONS;
        }
        int mine = perClient.merge(ClientNetwork.narrow(client), 1, Integer::sum);
        if (mine > limits.connectionsPerClient()) {
            leave(client);
            return Limits.CONNECTIONS_PER_CLIENT;
        }
        return null;
    }

    void leave(InetAddress client) {
        all.decrementAndGet();
        perClient.computeIfPresent(ClientNetwork.narrow(client), (k, n) -> n == 1 ? null : n - 1);
    }

    int open() {
        return all.get();
    }
}
