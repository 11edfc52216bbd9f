package io.countersign.spf;

import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * Who is checked.
 *
 * @param helo the name the client gave, as it is
 * @param localPart unquoted; {@code postmaster} for the null sender
 * @param domain in lower case, without trailing dot
 */
record Sender(InetAddress client, String helo, String localPart, String domain) {
    private static final String HEX = "0123456789abcdef";

    boolean isIpv4() {
        return client instanceof Inet4Address;
    }

    /** The {@code i} macro: dotted quad, or 32 nibbles with dots between (RFC 7208 §7.3). */
    String dotted() {
        byte[] octets = client.getAddress();
        StringBuilder out = new StringBuilder();
        for (byte b : octets) {
            if (!out.isEmpty()) {
                out.append('.');
            }
            if (isIpv4()) {
                out.append(b & 0xff);
            } else {
                out.append(HEX.charAt(b >> 4 & 0xf)).append('.').append(HEX.charAt(b & 0xf));
            }
        }
        return out.toString();
    }
}
