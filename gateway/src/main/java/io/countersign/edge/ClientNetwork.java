package io.countersign.edge;

import java.net.InetAddress;

/** The part of an address that one party holds: a prefix, as two longs. IPv4-mapped IPv6 addresses arrive as IPv4 from the JDK. */
record ClientNetwork(long high, int bits) {
    /** One client: /32 or /64. */
    static ClientNetwork narrow(InetAddress address) {
        byte[] octets = address.getAddress();
        return octets.length == 4
                ? new ClientNetwork(prefix(octets, 32), 32)
                : new ClientNetwork(prefix(octets, 64), 64);
    }

    /** A neighbourhood: /24 or /48. */
    static ClientNetwork wide(InetAddress address) {
        byte[] octets = address.getAddress();
        return octets.length == 4
                ? new ClientNetwork(prefix(octets, 24), 24)
                : new ClientNetwork(prefix(octets, 48), 48);
    }

    private static long prefix(byte[] octets, int bits) {
        long value = 0;
        for (int i = 0; i < bits / 8; i++) {
            value = value << 8 | (octets[i] & 0xff);
        }
        return value;
    }
}
