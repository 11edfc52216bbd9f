package io.countersign.dns;

import io.countersign.net.Transport;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one event loop needs for its questions: sockets to each server and random numbers. Confined to that loop. */
final class DnsLoop {
    /** Ports open to one server at a time; which of them carries a question is random. */
    private static final int PORTS = 8;

    /** TCP connections at a time. Servers that truncate everything must not cost us all our descriptors. */
    private static final int TCP = 100;

    private final EventLoop eventLoop;
    private final Transport transport;
    private final DnsCounters counters;
    private final KeyStream random = new KeyStream();
    private final Map<NameServer, @Nullable UdpPort[]> ports = new IdentityHashMap<>();
    private List<NameServer> known = List.of();
    private int tcp;
    private boolean closed;

    /** Blocks (draws a key). */
    DnsLoop(EventLoop eventLoop, Transport transport, DnsCounters counters) {
        this.eventLoop = eventLoop;
        this.transport = transport;
        this.counters = counters;
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    Transport transport() {
        return transport;
    }

    DnsCounters counters() {
        return counters;
    }

    KeyStream random() {
        return random;
    }

    /** Retires the ports to servers that are no longer in use. */
    void use(List<NameServer> servers) {
        if (servers == known) {
            return;
        }
        known = servers;
        ports.entrySet().removeIf(entry -> {
            if (servers.contains(entry.getKey())) {
                return false;
            }
            opened(entry.getValue()).forEach(UdpPort::retire);
            return true;
        });
    }

    /** A port with room for one more question. */
    UdpPort port(NameServer server) {
        @Nullable UdpPort[] slots = ports.computeIfAbsent(server, s -> new UdpPort[PORTS]);
        int slot = random.next16() % PORTS;
        UdpPort port = slots[slot];
        if (port == null || !port.isUsable()) {
            // The old one closes itself when its last answer has come.
            port = UdpPort.open(this, server);
            slots[slot] = port;
        }
        return port;
    }

    /** False when too many TCP connections are open; each true is followed by one {@link #releaseTcp}. */
    boolean acquireTcp() {
        if (tcp == TCP) {
            return false;
        }
        tcp++;
        return true;
    }

    void releaseTcp() {
        tcp--;
    }

    int openTcp() {
        return tcp;
    }

    boolean isClosed() {
        return closed;
    }

    /** Questions on their way end as failed. */
    void close() {
        closed = true;
        List<UdpPort> open = new ArrayList<>();
        ports.values().forEach(slots -> open.addAll(opened(slots)));
        ports.clear();
        open.forEach(UdpPort::close);
    }

    private static List<UdpPort> opened(@Nullable UdpPort[] slots) {
        List<UdpPort> open = new ArrayList<>(PORTS);
        for (UdpPort port : slots) {
            if (port != null) {
                open.add(port);
            }
        }
        return open;
    }
}
