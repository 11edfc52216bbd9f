package io.countersign.config;

import java.time.Duration;
import java.util.Optional;

/** {@code callout}: how we ask other people's exchangers. */
public record CalloutSettings(
        String helo,
        Optional<String> mailFrom,
        Source source,
        int port,
        TlsMode tls,
        ChecksSettings.Switch catchAll,
        Timeouts timeouts,
        int addresses,
        int sessions,
        Duration reuse,
        Networks neverConnect,
        Networks mayConnect,
        Limits limits,
        Breaker breaker) {

    public enum TlsMode {
        OFF,
        OPPORTUNISTIC
    }

    /** Local addresses to dial from. */
    public record Source(Optional<String> ipv4, Optional<String> ipv6) {}

    /** @param total from the first DNS question to the verdict */
    public record Timeouts(Duration connect, Duration greeting, Duration reply, Duration total) {}

    /** @param waitFor {@code wait}: a permit that comes free within it is reserved; otherwise rate-limited */
    public record Limits(int concurrent, Duration waitFor, Rate perDomain, Rate perExchanger, Rate perNetwork) {}

    /** In any window of length t at most {@code burst + permits·t/per} callouts, {@code concurrent} at a time. */
    public record Rate(int permits, Duration per, int burst, int concurrent) {}

    /**
     * @param failures share of failures that opens it, in per cent (1–100)
     * @param of over how many last callouts
     * @param slow a callout longer than that counts as failed
     * @param open how long it stays open the first time; doubles up to {@code openAtMost}
     * @param blocked how long a peer that says it blocks us is left alone
     */
    public record Breaker(
            int failures, int of, Duration slow, Duration open, Duration openAtMost, int trials, Duration blocked) {}
}
