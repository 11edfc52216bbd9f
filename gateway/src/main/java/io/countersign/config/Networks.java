package io.countersign.config;

import io.countersign.config.Cidr.Family;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A set of CIDR networks, both families; addresses of the form {@code ::ffff:a.b.c.d} count as IPv4. Held as sorted disjoint
 * ranges: a lookup is a binary search whose only allocation is the copy that {@link InetAddress#getAddress()} makes.
 * Immutable.
 */
public final class Networks {
    private static final Networks EMPTY = new Networks(List.of());

    private final List<String> networks;
    /** Ranges of IPv4 as unsigned numbers. */
    private final long[] from4;

    private final long[] to4;
    /** Ranges of IPv6: the upper and lower half of each end. */
    private final long[] fromHigh;

    private final long[] fromLow;
    private final long[] toHigh;
    private final long[] toLow;
    /** Whether {@code ::ffff:0:0/96} is in the list: then an address that arrives in that form is in, whatever it maps. */
    private final boolean mapped;

    private Networks(List<Cidr> cidrs) {
        this.networks = cidrs.stream().map(Cidr::text).toList();
        this.mapped = cidrs.stream().anyMatch(c -> c.family() == Family.MAPPED);
        List<Cidr> v4 = ranges(cidrs, Family.IPV4);
        this.from4 = v4.stream().mapToLong(Cidr::fromLow).toArray();
        this.to4 = v4.stream().mapToLong(Cidr::toLow).toArray();
        List<Cidr> v6 = ranges(cidrs, Family.IPV6);
        this.fromHigh = v6.stream().mapToLong(Cidr::fromHigh).toArray();
        this.fromLow = v6.stream().mapToLong(Cidr::fromLow).toArray();
        this.toHigh = v6.stream().mapToLong(Cidr::toHigh).toArray();
        this.toLow = v6.stream().mapToLong(Cidr::toLow).toArray();
    }

    /** Sorted by their first address, those inside another left out: two networks are disjoint or one holds the other. */
    private static List<Cidr> ranges(List<Cidr> cidrs, Family family) {
        List<Cidr> sorted = cidrs.stream()
                .filter(c -> c.family() == family)
                .sorted(Comparator.comparing(Cidr::fromHigh, Long::compareUnsigned)
                        .thenComparing(Cidr::fromLow, Long::compareUnsigned)
                        .thenComparing(Cidr::prefix))
                .toList();
        List<Cidr> disjoint = new ArrayList<>();
        for (Cidr cidr : sorted) {
            if (disjoint.isEmpty() || !disjoint.get(disjoint.size() - 1).holds(cidr)) {
                disjoint.add(cidr);
            }
        }
        return disjoint;
    }

    /** @throws IllegalArgumentException naming what is no network: host bits set, shortened or octal forms are refused */
    public static Networks of(List<String> networks) {
        return networks.isEmpty()
                ? EMPTY
                : new Networks(networks.stream().map(Cidr::parse).toList());
    }

    public boolean contains(InetAddress address) {
        if (networks.isEmpty()) {
            return false;
        }
        byte[] octets = address.getAddress();
        if (octets.length == 4) {
            return contains4(quad(octets, 0));
        }
        long high = quad(octets, 0) << 32 | quad(octets, 4);
        long low = quad(octets, 8) << 32 | quad(octets, 12);
        if (high == 0 && low >>> 32 == 0xffffL) {
            return mapped || contains4(low & 0xffff_ffffL);
        }
        return contains6(high, low);
    }

    private static long quad(byte[] octets, int at) {
        return (octets[at] & 0xffL) << 24
                | (octets[at + 1] & 0xffL) << 16
                | (octets[at + 2] & 0xffL) << 8
                | (octets[at + 3] & 0xffL);
    }

    private boolean contains4(long address) {
        int low = 0;
        int high = from4.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (address < from4[middle]) {
                high = middle - 1;
            } else if (address > to4[middle]) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    private boolean contains6(long addressHigh, long addressLow) {
        int low = 0;
        int high = fromHigh.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (compare(addressHigh, addressLow, fromHigh[middle], fromLow[middle]) < 0) {
                high = middle - 1;
            } else if (compare(addressHigh, addressLow, toHigh[middle], toLow[middle]) > 0) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    private static int compare(long high, long low, long otherHigh, long otherLow) {
        int first = Long.compareUnsigned(high, otherHigh);
        return first != 0 ? first : Long.compareUnsigned(low, otherLow);
    }

    /** In the order written; an address without a prefix length is a network of one. */
    public List<String> networks() {
        return networks;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Networks other && networks.equals(other.networks);
    }

    @Override
    public int hashCode() {
        return networks.hashCode();
    }

    @Override
    public String toString() {
        return networks.toString();
    }
}
