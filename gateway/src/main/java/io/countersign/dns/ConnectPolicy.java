package io.countersign.dns;

import io.countersign.config.CalloutSettings;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which addresses may be dialled for a callout. Strangers choose the domains we ask about, and so the addresses we would dial:
 * nothing private, local or special, nothing of our own. An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4,
 * Teredo …) is judged by both. Immutable; any thread; costs no look-up.
 */
public final class ConnectPolicy {
    private final Predicate<InetAddress> never;
    private final Predicate<InetAddress> may;
    private final Set<InetSocketAddress> own;
    private final int port;

    ConnectPolicy(
            Predicate<InetAddress> never, Predicate<InetAddress> may, Collection<InetSocketAddress> own, int port) {
        this.never = never;
        this.may = may;
        this.own = Set.copyOf(own);
        this.port = port;
    }

    /**
     * @param listening where we take mail ourselves: never dialled, for we would ask ourselves; a wildcard address stands for all
     *     addresses of this machine. Where {@code may-connect} names such an address, only its very port is refused.
     */
    public static ConnectPolicy of(CalloutSettings settings, Collection<InetSocketAddress> listening) {
        return new ConnectPolicy(
                settings.neverConnect()::contains,
                settings.mayConnect()::contains,
                spelledOut(listening),
                settings.port());
    }

    public boolean allows(InetAddress address) {
        return refusal(address).isEmpty();
    }

    /** Why the address may not be dialled, for the evidence; empty when it may. */
    public Optional<String> refusal(InetAddress address) {
        boolean allowed = may.test(address);
        for (InetSocketAddress one : own) {
            if (one.getAddress().equals(address) && (!allowed || one.getPort() == port)) {
                return Optional.of(address.getHostAddress() + " is an address of ours");
            }
        }
        if (allowed) {
            return Optional.empty();
        }
        if (never.test(address)) {
            return Optional.of(address.getHostAddress() + " must not be connected to");
        }
        for (InetAddress inner : embedded(address)) {
            if (never.test(inner) && !may.test(inner)) {
                return Optional.of(address.getHostAddress() + " leads to " + inner.getHostAddress()
                        + ", which must not be connected to");
            }
        }
        return Optional.empty();
    }

    /** The IPv4 addresses that an IPv6 address carries and that a translator or tunnel on the way might deliver to. */
    static List<InetAddress> embedded(InetAddress address) {
        if (!(address instanceof Inet6Address)) {
            return List.of();
        }
        byte[] b = address.getAddress();
        List<InetAddress> inner = new ArrayList<>(2);
        boolean zeros64 = allZero(b, 0, 8);
        boolean compatible = zeros64 && allZero(b, 8, 12);
        boolean mapped = zeros64 && allZero(b, 8, 10) && word(b, 10) == 0xffff;
        boolean translated = zeros64 && word(b, 8) == 0xffff && word(b, 10) == 0;
        // RFC 6052 §2.1 and, for the local prefix, RFC 8215; only the /96 form has one meaning everywhere.
        boolean nat64 = word(b, 0) == 0x64 && word(b, 2) == 0xff9b;
        boolean isatap = word(b, 10) == 0x5efe && (word(b, 8) & 0xfdff) == 0;
        if (compatible || mapped || translated || nat64 || isatap) {
            inner.add(ipv4(b, 12, 0));
        }
        if (word(b, 0) == 0x2002) {
            inner.add(ipv4(b, 2, 0));
        }
        if (word(b, 0) == 0x2001 && word(b, 2) == 0) {
            // Teredo (RFC 4380 §4): the server, and the client's address with all bits turned.
            inner.add(ipv4(b, 4, 0));
            inner.add(ipv4(b, 12, 0xff));
        }
        return inner;
    }

    private static InetAddress ipv4(byte[] from, int at, int mask) {
        byte[] octets = new byte[4];
        for (int i = 0; i < 4; i++) {
            octets[i] = (byte) (from[at + i] ^ mask);
        }
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new AssertionError("four octets are an address", e);
        }
    }

    private static int word(byte[] b, int at) {
        return (b[at] & 0xff) << 8 | b[at + 1] & 0xff;
    }

    private static boolean allZero(byte[] b, int from, int to) {
        for (int i = from; i < to; i++) {
            if (b[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static Set<InetSocketAddress> spelledOut(Collection<InetSocketAddress> listening) {
        Set<InetSocketAddress> all = new HashSet<>();
        for (InetSocketAddress one : listening) {
            if (!one.getAddress().isAnyLocalAddress()) {
                all.add(one);
                continue;
            }
            try {
                NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .forEach(address -> all.add(new InetSocketAddress(address, one.getPort())));
            } catch (SocketException e) {
                throw new UncheckedIOException("cannot list this machine's addresses", e);
            }
        }
        return all;
    }
}
