package io.countersign.config;

import io.countersign.config.Settings.DnsSettings;
import io.countersign.config.Settings.LogSettings;
import io.countersign.verdict.Retention;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** The whole file. */
final class SettingsReader {
    private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

    private SettingsReader() {}

    /** @param overrides asked for last, when all else has been read */
    static Settings read(Section root, Supplier<Overrides> overrides) {
        DomainPatterns domains = root.domains("domains");
        if (root.isEmptyList("domains")) {
            root.problem("domains", "the domains that mail is taken for are needed, as in [ \"example.org\" ]");
        }
        String hostname = root.parsed("hostname", HostNames::ours);
        String authservId = root.parsed("authserv-id", SettingsReader::authservId);
        ListenSettings listen = ListenReader.read(root.section("listen"));
        BackendSettings backend = BackendReader.read(root.section("backend"));
        DnsSettings dns = dns(root.section("dns"));
        ChecksSettings checks = ChecksReader.read(root.section("checks"));
        CalloutSettings callout = CalloutReader.read(root.section("callout"));
        Retention cache = CacheReader.read(root.section("cache"));
        OverloadSettings overload = overload(root.section("overload"));
        JournalSettings journal = journal(root.section("journal"));
        ExemptSettings exempt = exempt(root.section("exempt"), cache);
        AdminSettings admin = AdminReader.read(root.section("admin"));
        LogSettings log = log(root.section("log"));
        Duration drain = root.duration("drain", Duration.ZERO, Duration.ofHours(1));
        return new Settings(
                hostname,
                authservId,
                domains,
                listen,
                backend,
                dns,
                checks,
                exempt,
                overrides.get(),
                callout,
                cache,
                overload,
                journal,
                admin,
                log,
                drain);
    }

    private static OverloadSettings overload(Section overload) {
        Section memory = overload.section("memory");
        int caches = memory.parsed("caches", Units::percent);
        int callouts = memory.parsed("callouts", Units::percent);
        int sessions = memory.parsed("sessions", Units::percent);
        if (caches > callouts || callouts > sessions) {
            memory.problem("caches", "the order is caches, callouts, sessions: each at most the next");
        }
        return new OverloadSettings(
                caches,
                callouts,
                sessions,
                overload.duration("lag", Duration.ofMillis(10), Duration.ofSeconds(10)),
                overload.integer("descriptors", 16, 100_000));
    }

    private static ExemptSettings exempt(Section exempt, Retention cache) {
        return new ExemptSettings(
                exempt.networks("clients"),
                exempt.addresses("senders"),
                exempt.addresses("recipients"),
                exempt.file("overlay").or(() -> cache.file().map(file -> file.resolveSibling("exemptions"))));
    }

    /** A token of RFC 2045 §5.1 without what would need quotes; in practice a host name, but any label of a cluster will do. */
    private static String authservId(String text) {
        if (!text.matches("[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")) {
            throw new IllegalArgumentException(
                    Quoted.of(text) + " cannot name this site: letters, digits, dots, hyphens and underscores only");
        }
        return text;
    }

    private static DnsSettings dns(Section dns) {
        return new DnsSettings(
                dns.list("servers", Units::resolver),
                dns.duration("timeout", Duration.ofMillis(100), Duration.ofMinutes(1)),
                dns.integer("attempts", 1, 10));
    }

    private static JournalSettings journal(Section journal) {
        return new JournalSettings(
                journal.file("dir"),
                journal.duration("keep", Duration.ofHours(1), Duration.ofDays(3650)),
                journal.size("size", 64L << 20, 1L << 44));
    }

    private static LogSettings log(Section log) {
        String level = log.parsed("level", text -> {
            if (!LEVELS.contains(text)) {
                throw new IllegalArgumentException(Quoted.of(text) + " is not one of " + String.join(", ", LEVELS)
                        + Suggestion.among(LEVELS, text));
            }
            return text;
        });
        return new LogSettings(
                log.word("format", LogSettings.Format.class),
                level,
                log.word("hash-addresses", ChecksSettings.Switch.class),
                log.text("hash-key"),
                log.parsed("rate", Units::rate));
    }
}
