package io.countersign.config;

import io.countersign.config.Settings.HostPort;
import io.countersign.config.Settings.KeyFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@code admin}.
 *
 * @param listen where health, metrics, API and page are served; empty means nowhere
 * @param tokenFile the operator's own token; empty means that one is made at each start
 * @param tls both files or none; always there when {@code listen} is not a loopback address
 * @param names under which it may be called besides addresses, {@code localhost} and {@code hostname}; lower case
 */
public record AdminSettings(Optional<HostPort> listen, Optional<Path> tokenFile, KeyFiles tls, List<String> names) {
    public AdminSettings {
        names = List.copyOf(names);
    }
}
