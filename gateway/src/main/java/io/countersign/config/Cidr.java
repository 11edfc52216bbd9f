package io.countersign.config;

import inet.ipaddr.AddressStringException;
import inet.ipaddr.AddressStringParameters.RangeParameters;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import inet.ipaddr.IncompatibleAddressException;
import inet.ipaddr.ipv4.IPv4Address;
import inet.ipaddr.ipv6.IPv6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One network: first and last address as two halves (the upper halves are 0 for IPv4).
 *
 * @param text as it was written, with a prefix length
 * @param prefix length in bits
 */
record Cidr(String text, Family family, int prefix, long fromHigh, long fromLow, long toHigh, long toLow) {
    enum Family {
        IPV4,
        IPV6,
        /** {@code ::ffff:0:0/96} as a whole. */
        MAPPED
    }

    /**
     * The library reads far more than one would write into a configuration on purpose ("" is loopback, 10.1 is 10.0.0.1,
     * 010.0.0.1 is 8.0.0.1, 1.2.3.* is a range): everything but the plain notation is switched off.
     */
    private static final IPAddressStringParameters STRICT = strict();

    private static IPAddressStringParameters strict() {
        IPAddressStringParameters.Builder builder = new IPAddressStringParameters.Builder()
                .allowEmpty(false)
                .allowAll(false)
                .allowSingleSegment(false)
                .allowPrefix(false)
                .allowMask(false)
                .allowPrefixOnly(false)
                .allowWildcardedSeparator(false)
                .setRangeOptions(RangeParameters.NO_RANGE)
                .allow_inet_aton(false);
        builder.getIPv4AddressParametersBuilder()
                .allowLeadingZeros(false)
                .allowUnlimitedLeadingZeros(false)
                .allowBinary(false);
        builder.getIPv6AddressParametersBuilder()
                .allowBase85(false)
                .allowZone(false)
                .allow_mixed_inet_aton(false)
                .allowBinary(false)
                .allowUnlimitedLeadingZeros(false);
        return builder.toParams();
    }

    /** @throws IllegalArgumentException saying what is wrong */
    static Cidr parse(String text) {
        int slash = text.indexOf('/');
        byte[] octets = slash < 0 ? octets(text, text) : octets(text.substring(0, slash), text);
        int bits = octets.length * 8;
        int prefix = slash < 0 ? bits : prefix(text.substring(slash + 1), bits, text);
        byte[] first = octets.clone();
        byte[] last = octets.clone();
        for (int i = 0; i < octets.length; i++) {
            int host = 0xff >>> Math.max(0, Math.min(8, prefix - i * 8));
            first[i] &= (byte) ~host;
            last[i] |= (byte) host;
        }
        if (!Arrays.equals(first, octets)) {
            throw new IllegalArgumentException(
                    Quoted.of(text) + " has host bits set: the network is " + Quoted.of(print(first) + "/" + prefix));
        }
        String whole = slash < 0 ? text + "/" + prefix : text;
        if (bits == 32) {
            return new Cidr(whole, Family.IPV4, prefix, 0, number(first, 0, 4), 0, number(last, 0, 4));
        }
        long fromHigh = number(first, 0, 8);
        long fromLow = number(first, 8, 16);
        boolean mapped = prefix >= 96 && fromHigh == 0 && fromLow >>> 32 == 0xffff;
        if (mapped && prefix > 96) {
            String v4 = print(Arrays.copyOfRange(first, 12, 16)) + (prefix == 128 ? "" : "/" + (prefix - 96));
            throw new IllegalArgumentException(Quoted.of(text) + " counts as IPv4: write " + Quoted.of(v4));
        }
        return new Cidr(
                whole,
                mapped ? Family.MAPPED : Family.IPV6,
                prefix,
                fromHigh,
                fromLow,
                number(last, 0, 8),
                number(last, 8, 16));
    }

    /** An address alone, in the plain notation; empty for anything else (also for a name: nothing is looked up). */
    static Optional<InetAddress> parseAddress(String text) {
        try {
            return Optional.ofNullable(address(text)).map(IPAddress::toInetAddress);
        } catch (AddressStringException | IncompatibleAddressException notAnAddress) {
            return Optional.empty();
        }
    }

    private static byte[] octets(String text, String whole) {
        try {
            IPAddress address = address(text);
            if (address != null) {
                return address.getBytes();
            }
        } catch (AddressStringException | IncompatibleAddressException notAnAddress) {
            // The library's texts speak of its own options; ours says what to write.
        }
        throw new IllegalArgumentException(
                Quoted.of(whole) + " is no network: write it in full, as \"192.0.2.0/24\" or \"2001:db8::/32\"");
    }

    private static @Nullable IPAddress address(String text) throws AddressStringException {
        return new IPAddressString(text, STRICT).toAddress();
    }

    private static int prefix(String text, int bits, String whole) {
        if (!text.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(text) > bits) {
            throw new IllegalArgumentException(Quoted.of(whole) + " is no network: the prefix length is 0 to " + bits);
        }
        return Integer.parseInt(text);
    }

    private static String print(byte[] octets) {
        return (octets.length == 4 ? new IPv4Address(octets) : new IPv6Address(octets)).toCanonicalString();
    }

    boolean holds(Cidr other) {
        return compare(fromHigh, fromLow, other.fromHigh, other.fromLow) <= 0
                && compare(other.toHigh, other.toLow, toHigh, toLow) <= 0;
    }

    private static int compare(long high, long low, long otherHigh, long otherLow) {
        int first = Long.compareUnsigned(high, otherHigh);
        return first != 0 ? first : Long.compareUnsigned(low, otherLow);
    }

    private static long number(byte[] octets, int from, int to) {
        long number = 0;
        for (int i = from; i < to; i++) {
            number = number << 8 | octets[i] & 0xffL;
        }
        return number;
    }
}
