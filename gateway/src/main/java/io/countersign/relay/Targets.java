package io.countersign.relay;

import io.countersign.config.Settings.HostPort;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the MTA can be dialled now: the configured addresses in their order, names resolved by the system, those that failed
 * a moment ago last. Thread-safe.
 *
 * @implNote names are asked of the system's resolver, which blocks: on a thread of its own, and at most once in half a minute.
 */
final class Targets {
    private static final Logger LOG = LoggerFactory.getLogger(Targets.class);
    /** How long a failed address comes last, and a resolved name is kept. */
    private static final long MEMORY = TimeUnit.SECONDS.toNanos(30);

    /** @param serverName the host as it is configured, for TLS */
    record Target(String serverName, InetSocketAddress address) {}

    private record Resolved(List<Target> targets, long at) {}

    private final Executor resolver;
    private final LongSupplier ticker;
    /** Both are bounded by the configuration: a reload forgets what it no longer names. */
    private final Map<HostPort, Resolved> resolved = new ConcurrentHashMap<>();

    private final Map<InetSocketAddress, Long> failed = new ConcurrentHashMap<>();

    /** @param resolver may block */
    Targets(Executor resolver, LongSupplier ticker) {
        this.resolver = resolver;
        this.ticker = ticker;
    }

    /** In the order in which they are to be tried; empty when no name can be resolved. Complete already where only addresses are configured. */
    CompletableFuture<List<Target>> find(List<HostPort> addresses) {
        List<Target> known = new ArrayList<>();
        for (HostPort address : addresses) {
            Resolved entry = lookUp(address);
            if (entry == null) {
                return CompletableFuture.supplyAsync(() -> order(resolve(addresses)), resolver);
            }
            known.addAll(entry.targets());
        }
        return CompletableFuture.completedFuture(order(known));
    }

    void failed(InetSocketAddress address) {
        failed.put(address, ticker.getAsLong());
    }

    void worked(InetSocketAddress address) {
        if (!failed.isEmpty()) {
            failed.remove(address);
        }
    }

    void forget() {
        resolved.clear();
        failed.clear();
    }

    private @Nullable Resolved lookUp(HostPort address) {
        Resolved entry = resolved.get(address);
        if (entry != null && ticker.getAsLong() - entry.at() < MEMORY) {
            return entry;
        }
        InetAddress literal = NetUtil.createInetAddressFromIpAddressString(address.host());
        if (literal == null) {
            return null;
        }
        Resolved made = new Resolved(
                List.of(new Target(address.host(), new InetSocketAddress(literal, address.port()))),
                ticker.getAsLong());
        resolved.put(address, made);
        return made;
    }

    private List<Target> resolve(List<HostPort> addresses) {
        List<Target> found = new ArrayList<>();
        for (HostPort address : addresses) {
            Resolved entry = lookUp(address);
            found.addAll(entry != null ? entry.targets() : ask(address));
        }
        return found;
    }

    private List<Target> ask(HostPort address) {
        try {
            List<Target> targets = new ArrayList<>();
            for (InetAddress each : InetAddress.getAllByName(address.host())) {
                targets.add(new Target(address.host(), new InetSocketAddress(each, address.port())));
            }
            resolved.put(address, new Resolved(targets, ticker.getAsLong()));
            return targets;
        } catch (UnknownHostException e) {
            Resolved old = resolved.get(address);
            LOG.warn(
                    "backend.address: {} cannot be resolved{}",
                    address.host(),
                    old == null ? "" : "; its last known addresses are used");
            return old == null ? List.of() : old.targets();
        }
    }

    private List<Target> order(List<Target> targets) {
        if (failed.isEmpty() || targets.size() < 2) {
            return targets;
        }
        long now = ticker.getAsLong();
        failed.values().removeIf(at -> now - at >= MEMORY);
        List<Target> good = new ArrayList<>(targets.size());
        List<Target> bad = new ArrayList<>();
        for (Target target : targets) {
            (failed.containsKey(target.address()) ? bad : good).add(target);
        }
        good.addAll(bad);
        return good;
    }
}
