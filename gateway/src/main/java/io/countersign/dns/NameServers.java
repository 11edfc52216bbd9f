package io.countersign.dns;

import io.countersign.config.Settings.HostPort;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Schedulers;

/** The name servers to ask, in order: those of the configuration, or the system's ({@code resolv.conf}, followed when it changes). */
final class NameServers {
    private static final Logger log = LoggerFactory.getLogger(NameServers.class);
    private static final int PORT = 53;
    private static final int MAX_SERVERS = 8;
    private static final int MAX_FILE = 64 * 1024;
    private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final @Nullable Path file;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile List<NameServer> servers;
    private volatile @Nullable FileTime modified;
    private volatile long looked = System.nanoTime();

    private NameServers(List<NameServer> servers, @Nullable Path file) {
        this.servers = servers;
        this.file = file;
    }

    /** @throws IllegalArgumentException when a host is no address: a resolver cannot be found by asking itself */
    static NameServers of(List<HostPort> configured) {
        List<NameServer> servers = new ArrayList<>();
        for (HostPort one : configured) {
            InetAddress address = literal(one.host())
                    .orElseThrow(() -> new IllegalArgumentException("dns.servers: not an address: " + one.host()));
            servers.add(new NameServer(new InetSocketAddress(address, one.port())));
        }
        return new NameServers(List.copyOf(servers), null);
    }

    /** The system's servers. Blocks (reads the file). */
    static NameServers system(Path file) {
        NameServers servers = new NameServers(List.of(), file);
        servers.reread(file);
        return servers;
    }

    /** Servers in the order to be tried: those that lately did not answer come last. Never blocks; never empty. */
    List<NameServer> inOrder() {
        lookAgain();
        List<NameServer> all = servers;
        boolean mixed = false;
        for (NameServer server : all) {
            mixed |= server.isAside();
        }
        if (!mixed || all.size() == 1) {
            return all;
        }
        List<NameServer> ordered = new ArrayList<>(all.size());
        List<NameServer> aside = new ArrayList<>();
        for (NameServer server : all) {
            (server.isAside() ? aside : ordered).add(server);
        }
        ordered.addAll(aside);
        return ordered;
    }

    /** Those in use, in the order of the file; the same list object as long as nothing changed. */
    List<NameServer> all() {
        return servers;
    }

    private void lookAgain() {
        Path source = file;
        if (source == null || System.nanoTime() - looked < LOOK_AGAIN_NANOS || !looking.compareAndSet(false, true)) {
            return;
        }
        looked = System.nanoTime();
        // Files are read elsewhere than on the caller's thread, which may be an event loop.
        Schedulers.boundedElastic().schedule(() -> {
            try {
                reread(source);
            } finally {
                looking.set(false);
            }
        });
    }

    /** Reads the file if it changed since the last time. Blocks. */
    void reread(Path source) {
        List<NameServer> found;
        try {
            FileTime time = Files.getLastModifiedTime(source);
            if (time.equals(modified)) {
                return;
            }
            if (Files.size(source) > MAX_FILE) {
                throw new IOException("larger than " + MAX_FILE + " octets");
            }
            found = parse(Files.readString(source, StandardCharsets.ISO_8859_1));
            modified = time;
        } catch (IOException e) {
            if (!servers.isEmpty()) {
                log.warn("dns: cannot read {} ({}): the name servers stay as they were", source, e.toString());
                return;
            }
            log.warn("dns: cannot read {} ({}): asking 127.0.0.1", source, e.toString());
            found = List.of();
        }
        if (found.isEmpty()) {
            // As resolv.conf(5) has it.
            found = List.of(new NameServer(new InetSocketAddress(ipv4Loopback(), PORT)));
        }
        servers = keepKnown(found);
    }

    /** What was learnt about a server outlives a change of the others. */
    private List<NameServer> keepKnown(List<NameServer> found) {
        List<NameServer> known = new ArrayList<>();
        for (NameServer server : found) {
            known.add(servers.stream()
                    .filter(old -> old.address().equals(server.address()))
                    .findFirst()
                    .orElse(server));
        }
        return List.copyOf(known);
    }

    static List<NameServer> parse(String text) {
        List<NameServer> found = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            String[] words = line.strip().split("[ \t]+", 3);
            if (words.length < 2 || !words[0].equals("nameserver") || found.size() == MAX_SERVERS) {
                continue;
            }
            Optional<InetAddress> address = literal(words[1]);
            if (address.isPresent()) {
                found.add(new NameServer(new InetSocketAddress(address.get(), PORT)));
            } else {
                log.warn("dns: not an address in resolv.conf: {}", words[1]);
            }
        }
        return found;
    }

    private static Optional<InetAddress> literal(String text) {
        if (!NetUtil.isValidIpV4Address(text) && !NetUtil.isValidIpV6Address(text)) {
            return Optional.empty();
        }
        try {
            // Not a name, so nothing is looked up; this form knows scopes (fe80::1%eth0).
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static InetAddress ipv4Loopback() {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        } catch (UnknownHostException e) {
            throw new AssertionError("four octets are an address", e);
        }
    }
}
