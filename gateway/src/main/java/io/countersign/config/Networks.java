package io.countersign.config;

import java.net.InetAddress;
import java.util.List;

/** A set of CIDR networks, both families; addresses of the form {@code ::ffff:a.b.c.d} count as IPv4. Lookup costs no allocation. */
public final class Networks {
    private final List<String> networks;

    private Networks(List<String> networks) {
        this.networks = networks;
    }

    /** @throws IllegalArgumentException naming what is no network: host bits set, shortened or octal forms are refused */
    public static Networks of(List<String> networks) {
        throw new AssertionError("C " + new Networks(networks));
    }

    public boolean contains(InetAddress address) {
        throw new AssertionError("C " + address);
    }

    public List<String> networks() {
        return networks;
    }
}
