package io.countersign.lab;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A PROXY protocol header, version 1 or 2, as it stands at the beginning of a connection.
 *
 * @param length in octets
 * @param client empty address: LOCAL or UNKNOWN, the connection's own address counts
 */
record ProxyHeader(int length, Identity client) {
    private static final byte[] SIGNATURE_2 = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
    private static final int LONGEST_1 = 107;
    private static final Identity OWN = new Identity(Identity.Source.SOCKET, "", 0, Map.of());

    /** Not a header, whatever may still come. */
    static final ProxyHeader BROKEN = new ProxyHeader(-1, OWN);

    /** {@code null} if more octets are needed. */
    static @Nullable ProxyHeader read(byte[] in, int from, int to) {
        int some = Math.min(to - from, SIGNATURE_2.length);
        if (Arrays.equals(in, from, from + some, SIGNATURE_2, 0, some)) {
            return some < SIGNATURE_2.length ? null : version2(in, from, to);
        }
        for (int i = from; i < Math.min(to, from + LONGEST_1); i++) {
            if (in[i] == '\n') {
                return version1(new String(in, from, i + 1 - from, StandardCharsets.US_ASCII));
            }
        }
        return to - from < LONGEST_1 ? null : BROKEN;
    }

    private static ProxyHeader version1(String line) {
        String[] words = line.substring(0, Math.max(0, line.length() - 2)).split(" ", -1);
        if (!line.endsWith("\r\n") || words.length < 2 || !words[0].equals("PROXY")) {
            return BROKEN;
        }
        if (words[1].equals("UNKNOWN")) {
            return new ProxyHeader(line.length(), OWN);
        }
        boolean known = words.length == 6 && (words[1].equals("TCP4") || words[1].equals("TCP6"));
        if (!known || !words[4].matches("[0-9]{1,5}")) {
            return BROKEN;
        }
        return new ProxyHeader(line.length(), proxied(words[2], Integer.parseInt(words[4])));
    }

    private static @Nullable ProxyHeader version2(byte[] in, int from, int to) {
        if (to - from < 16) {
            return null;
        }
        int command = in[from + 12];
        int family = in[from + 13] >> 4;
        int length = 16 + unsigned(in, from + 14);
        if (command != 0x20 && command != 0x21) {
            return BROKEN;
        }
        if (to - from < length) {
            return null;
        }
        int octets = family == 1 ? 4 : 16;
        if (command == 0x20 || family != 1 && family != 2) {
            return new ProxyHeader(length, OWN);
        }
        if (length < 16 + 2 * octets + 4) {
            return BROKEN;
        }
        try {
            byte[] address = Arrays.copyOfRange(in, from + 16, from + 16 + octets);
            int port = unsigned(in, from + 16 + 2 * octets);
            return new ProxyHeader(
                    length, proxied(InetAddress.getByAddress(address).getHostAddress(), port));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 octets are always an address", e);
        }
    }

    private static int unsigned(byte[] in, int at) {
        return (in[at] & 0xff) << 8 | in[at + 1] & 0xff;
    }

    private static Identity proxied(String address, int port) {
        return new Identity(Identity.Source.PROXY, address, port, Map.of());
    }
}
