package io.countersign.config;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.config.BackendSettings.Pool;
import io.countersign.config.BackendSettings.TextMode;
import io.countersign.config.BackendSettings.Timeouts;
import io.countersign.config.BackendSettings.TlsMode;
import io.countersign.config.Settings.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code backend}. */
final class BackendReader {
    private static final int MANY = 1_000_000;
    private static final Duration INSTANT = Duration.ofMillis(1);

    private BackendReader() {}

    static BackendSettings read(Section backend) {
        Set<HostPort> seen = new HashSet<>();
        List<HostPort> address = backend.listOrOne("address", text -> {
            HostPort mta = Units.hostPort(text);
            if (!seen.add(mta)) {
                throw new IllegalArgumentException(Quoted.of(text) + " is in the list twice");
            }
            return mta;
        });
        if (backend.isEmptyList("address")) {
            backend.problem("address", "empty: mail would have nowhere to go");
        }
        Optional<Path> authorities = backend.file("ca-file");
        authorities.ifPresent(file -> PemFiles.checkAuthorities(backend, file));
        return new BackendSettings(
                address,
                backend.word("tls", TlsMode.class),
                authorities.map(Path::toString),
                backend.word("client-identity", ClientIdentityMode.class),
                pool(backend),
                backend.word("text", TextMode.class),
                timeouts(backend.section("timeouts")));
    }

    private static Pool pool(Section backend) {
        return new Pool(
                backend.integer("connections", 1, MANY),
                backend.integer("connections-per-client", 1, MANY),
                backend.duration("wait", Duration.ZERO, Duration.ofMinutes(4)),
                backend.duration("hold", INSTANT, Duration.ofHours(1)),
                backend.duration("idle", Duration.ZERO, Duration.ofHours(1)),
                backend.duration("lifetime", Duration.ofSeconds(1), Duration.ofDays(1)),
                backend.integer("uses", 1, MANY));
    }

    private static Timeouts timeouts(Section timeouts) {
        return new Timeouts(
                timeouts.duration("connect", INSTANT, Duration.ofMinutes(5)),
                timeouts.duration("reply", INSTANT, Duration.ofMinutes(10)),
                timeouts.duration("end-of-data", INSTANT, Duration.ofHours(1)));
    }
}
