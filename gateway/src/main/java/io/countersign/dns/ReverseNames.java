package io.countersign.dns;

import java.net.Inet4Address;
import java.net.InetAddress;

/** The name under which the PTR records of an address are found (RFC 1035 §3.5, RFC 3596 §2.5). */
final class ReverseNames {
    private static final String HEX = "0123456789abcdef";

    private ReverseNames() {}

    static String of(InetAddress address) {
        byte[] octets = address.getAddress();
        StringBuilder name = new StringBuilder(74);
        if (address instanceof Inet4Address) {
            for (int i = 3; i >= 0; i--) {
                name.append(octets[i] & 0xff).append('.');
            }
            return name.append("in-addr.arpa").toString();
        }
        for (int i = 15; i >= 0; i--) {
            name.append(HEX.charAt(octets[i] & 0xf)).append('.');
            name.append(HEX.charAt(octets[i] >> 4 & 0xf)).append('.');
        }
        return name.append("ip6.arpa").toString();
    }
}
