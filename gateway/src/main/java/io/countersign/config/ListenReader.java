package io.countersign.config;

import io.countersign.config.ListenSettings.BareNewlineAction;
import io.countersign.config.ListenSettings.Limits;
import io.countersign.config.ListenSettings.Tls;
import io.countersign.config.ListenSettings.UnknownRecipients;
import io.countersign.config.ListenSettings.Walls;
import io.countersign.config.Settings.HostPort;
import io.countersign.config.Settings.KeyFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code listen}. */
final class ListenReader {
    private static final int MANY = 10_000_000;
    /** As many clients of one network may use all that one client may. */
    private static final int PER_NETWORK = 10;

    private ListenReader() {}

    static ListenSettings read(Section listen) {
        return new ListenSettings(
                addresses(listen),
                listen.networks("proxy-protocol-from"),
                tls(listen.section("tls")),
                listen.duration("greet-delay", Duration.ZERO, Duration.ofMinutes(2)),
                bareNewline(listen),
                limits(listen.section("limits")));
    }

    static BareNewlineAction bareNewline(Section listen) {
        return listen.word("bare-newline", BareNewlineAction.class);
    }

    private static List<HostPort> addresses(Section listen) {
        Set<HostPort> seen = new HashSet<>();
        List<HostPort> addresses = listen.list("smtp", text -> {
            HostPort address = Units.listenAddress(text);
            HostPort canonical =
                    new HostPort(Cidr.parseAddress(address.host()).orElseThrow().getHostAddress(), address.port());
            // Port 0 is another free one each time.
            if (address.port() != 0 && !seen.add(canonical)) {
                throw new IllegalArgumentException(Quoted.of(text) + " is in the list twice");
            }
            return address;
        });
        if (listen.isEmptyList("smtp")) {
            listen.problem("smtp", "empty: nobody could connect");
        }
        return addresses;
    }

    private static Tls tls(Section tls) {
        Optional<Path> certificate = tls.file("certificate");
        Optional<Path> key = tls.file("key");
        if (certificate.isPresent() && key.isPresent()) {
            PemFiles.checkPair(tls, certificate.get(), key.get());
        } else if (certificate.isPresent()) {
            tls.problem("certificate", "set without listen.tls.key: STARTTLS needs both");
        } else if (key.isPresent()) {
            tls.problem("key", "set without listen.tls.certificate: STARTTLS needs both");
        }
        String minimum = tls.parsed("min", text -> {
            if (!List.of("TLSv1.2", "TLSv1.3").contains(text)) {
                throw new IllegalArgumentException(Quoted.of(text) + " is not one of TLSv1.2, TLSv1.3");
            }
            return text;
        });
        return new Tls(new KeyFiles(certificate.map(Path::toString), key.map(Path::toString)), minimum);
    }

    private static Limits limits(Section limits) {
        int connections = limits.integer("connections", 1, MANY);
        int perClient = limits.integer("connections-per-client", 1, MANY);
        return new Limits(
                connections,
                perClient,
                limits.size("message-size", 64 << 10, 100L << 30),
                // RFC 5321 §4.5.3.1.8: a server must take at least 100 recipients.
                limits.integer("recipients", 100, 100_000),
                limits.integer("transactions", 1, MANY),
                limits.integer("errors", 1, MANY),
                limits.duration("idle", Duration.ofSeconds(1), Duration.ofHours(1)),
                limits.integer("data-rate", 0, 1 << 30),
                unknownRecipients(limits.section("unknown-recipients")),
                walls(limits, connections, perClient));
    }

    private static Walls walls(Section limits, int connections, int perClient) {
        int perNetwork = limits.integer("connections-per-network", 0, MANY);
        int waiting = limits.parsed("waiting", Units::percent);
        return new Walls(
                perNetwork == 0 ? (int) Math.min(MANY, PER_NETWORK * (long) perClient) : perNetwork,
                (int) Math.max(1, connections * (long) waiting / 100),
                limits.integer("junk-commands", 10, MANY),
                limits.integer("received", 10, 100_000),
                limits.size("header-size", 64 << 10, 1L << 30),
                limits.duration("handshake", Duration.ofSeconds(1), Duration.ofMinutes(5)));
    }

    private static UnknownRecipients unknownRecipients(Section section) {
        int delay = section.integer("delay", 1, MANY);
        int refuse = section.integer("refuse", 1, MANY);
        if (refuse < delay) {
            section.problem("refuse", refuse + " is less than delay (" + delay + "): nothing would ever be delayed");
        }
        return new UnknownRecipients(delay, refuse, section.duration("per", Duration.ofSeconds(1), Duration.ofDays(1)));
    }
}
