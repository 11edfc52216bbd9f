package io.countersign.config;

import io.countersign.verdict.Retention;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The whole configuration, checked: what is in here can be run. Made by {@link SettingsLoader} (from files) or, in tests, from
 * text. Durations are positive unless said otherwise.
 *
 * @param hostname a full name: banner, EHLO, Received
 * @param authservId identifies our Authentication-Results fields (RFC 8601 §2.5)
 * @param domains the domains we take mail for; never empty
 * @param drain how long transactions may go on after SIGTERM; may be zero
 */
public record Settings(
        String hostname,
        String authservId,
        DomainPatterns domains,
        ListenSettings listen,
        BackendSettings backend,
        DnsSettings dns,
        ChecksSettings checks,
        ExemptSettings exempt,
        Overrides overrides,
        CalloutSettings callout,
        Retention cache,
        OverloadSettings overload,
        JournalSettings journal,
        AdminSettings admin,
        LogSettings log,
        Duration drain) {

    /** The same, with further exempt senders. @throws IllegalArgumentException naming the pattern that is none */
    public Settings exempting(List<String> senders) {
        return new Settings(
                hostname,
                authservId,
                domains,
                listen,
                backend,
                dns,
                checks,
                exempt.withSenders(senders),
                overrides,
                callout,
                cache,
                overload,
                journal,
                admin,
                log,
                drain);
    }

    /** @param servers host and port of each resolver in order; empty means the system's */
    public record DnsSettings(List<HostPort> servers, Duration timeout, int attempts) {}

    /**
     * @param hashAddresses whether local parts are replaced by a hash
     * @param hashKey its key; empty for one that lasts as long as the process
     * @param rate most lines, of warnings and errors and of all others each
     */
    public record LogSettings(
            Format format,
            String level,
            ChecksSettings.Switch hashAddresses,
            String hashKey,
            CalloutSettings.Rate rate) {
        public enum Format {
            TEXT,
            JSON
        }
    }

    /** Host (name or address text without brackets) and port. */
    public record HostPort(String host, int port) {
        @Override
        public String toString() {
            return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
        }
    }

    /** PEM files; STARTTLS is offered when both are there. */
    public record KeyFiles(Optional<String> certificate, Optional<String> key) {}
}
