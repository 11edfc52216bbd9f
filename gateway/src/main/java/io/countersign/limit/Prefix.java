package io.countersign.limit;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** Which address, and which network, an address counts under. */
final class Prefix {
    private static final int HOST_OCTETS_V6 = 8;
    private static final int NETWORK_OCTETS_V6 = 6;
    private static final int NETWORK_OCTETS_V4 = 3;

    private Prefix() {}

    /** {@code 192.0.2.1}, or the /64 of an IPv6 address: one machine has as many addresses there as it likes. */
    static String host(InetAddress address) {
        return address instanceof Inet4Address ? address.getHostAddress() : cut(address, HOST_OCTETS_V6);
    }

    /** The /24 or /48. */
    static String network(InetAddress address) {
        return cut(address, address instanceof Inet4Address ? NETWORK_OCTETS_V4 : NETWORK_OCTETS_V6);
    }

    private static String cut(InetAddress address, int octets) {
        byte[] bits = address.getAddress();
        Arrays.fill(bits, octets, bits.length, (byte) 0);
        try {
            return InetAddress.getByAddress(bits).getHostAddress() + "/" + octets * 8;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("the length of an address has not changed", e);
        }
    }
}
