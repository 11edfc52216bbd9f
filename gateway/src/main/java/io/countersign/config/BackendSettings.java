package io.countersign.config;

import io.countersign.config.Settings.HostPort;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code backend}: the MTA behind us. Addresses are the same MTA, in order of preference. */
public record BackendSettings(
        List<HostPort> address,
        TlsMode tls,
        Optional<String> caFile,
        ClientIdentityMode clientIdentity,
        Pool pool,
        TextMode text,
        Timeouts timeouts) {

    public enum TlsMode {
        OFF,
        OPPORTUNISTIC,
        REQUIRED,
        VERIFIED
    }

    public enum ClientIdentityMode {
        AUTO,
        XCLIENT,
        PROXY_PROTOCOL,
        NONE
    }

    /** Whether the MTA's texts are passed as they are or replaced. */
    public enum TextMode {
        PASS,
        HIDE
    }

    /**
     * @param waitFor {@code wait}: longest wait for a free connection
     * @param hold a client silent for that long between RCPT and DATA loses its connection
     * @param uses most transactions of one connection
     */
    public record Pool(
            int connections,
            int connectionsPerClient,
            Duration waitFor,
            Duration hold,
            Duration idle,
            Duration lifetime,
            int uses) {}

    public record Timeouts(Duration connect, Duration reply, Duration endOfData) {}
}
