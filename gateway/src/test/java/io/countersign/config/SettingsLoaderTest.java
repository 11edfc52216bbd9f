package io.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.config.ChecksSettings.Action;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.config.ListenSettings.BareNewlineAction;
import io.countersign.config.Settings.HostPort;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.smtp.MailDomain;
import io.countersign.verdict.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsLoaderTest {
    private static final String DOMAINS = "domains = [ \"example.org\" ]\n";

    @TempDir
    Path folder;

    private static Loaded.Ok ok(String text) {
        return ok(SettingsLoader.parse(text, "countersign.conf", () -> Optional.of("mx1.example.org")));
    }

    private static Loaded.Ok ok(Loaded loaded) {
        if (loaded instanceof Loaded.Invalid invalid) {
            throw new AssertionError(String.join("\n", invalid.problems()));
        }
        return (Loaded.Ok) loaded;
    }

    private static Settings settings(String text) {
        return ok(DOMAINS + text).settings();
    }

    private static MailDomain domain(String text) {
        return MailDomain.parse(text).orElseThrow();
    }

    private static InetAddress address(String text) {
        return Cidr.parseAddress(text).orElseThrow();
    }

    @Test
    void every_kind_of_quantity_is_read_in_each_of_its_units() {
        Settings settings = settings("""
                drain = 0s, dns.timeout = 500ms, listen.limits { idle = 5 m, message-size = 1 MB }
                cache { keep.accepted = 30d, refresh.accepted = 12h, size = 1GiB }
                callout.limits { per-domain.rate = 7/s, per-exchanger.rate = 8/hour, per-network.rate = "9/day" }
                callout.breaker.failures = 100%
                """);
        assertThat(settings.drain()).isZero();
        assertThat(settings.dns().timeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(settings.listen().limits().idle()).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.listen().limits().messageSize()).isEqualTo(1_000_000);
        assertThat(settings.cache().octets()).isEqualTo(1L << 30);
        assertThat(settings.cache().sender()).containsEntry(Reason.ACCEPTED, Duration.ofDays(30));
        assertThat(settings.cache().senderRefresh()).containsEntry(Reason.ACCEPTED, Duration.ofHours(12));
        CalloutSettings.Limits limits = settings.callout().limits();
        assertThat(limits.perDomain().permits()).isEqualTo(7);
        assertThat(limits.perDomain().per()).isEqualTo(Duration.ofSeconds(1));
        assertThat(limits.perExchanger().per()).isEqualTo(Duration.ofHours(1));
        assertThat(limits.perNetwork().per()).isEqualTo(Duration.ofDays(1));
        assertThat(settings.callout().breaker().failures()).isEqualTo(100);
    }

    @Test
    void addresses_and_ports_in_all_their_forms() {
        Settings settings = settings("""
                listen.smtp = [ "[::]:25", "0.0.0.0:0", "0.0.0.0:0" ]
                backend.address = [ "[2001:db8::1]:25", "mta.example.org:10025", "mta:1" ]
                dns.servers = [ "192.0.2.53", "127.0.0.1:5353", "2001:db8::53", "[2001:db8::53]:54" ]
                """);
        assertThat(settings.listen().smtp())
                .containsExactly(new HostPort("::", 25), new HostPort("0.0.0.0", 0), new HostPort("0.0.0.0", 0));
        assertThat(settings.backend().address())
                .containsExactly(
                        new HostPort("2001:db8::1", 25),
                        new HostPort("mta.example.org", 10025),
                        new HostPort("mta", 1));
        assertThat(settings.dns().servers())
                .containsExactly(
                        new HostPort("192.0.2.53", 53),
                        new HostPort("127.0.0.1", 5353),
                        new HostPort("2001:db8::53", 53),
                        new HostPort("2001:db8::53", 54));
        assertThat(settings("backend.client-identity = proxy-protocol")
                        .backend()
                        .clientIdentity())
                .isEqualTo(ClientIdentityMode.PROXY_PROTOCOL);
    }

    @Test
    void an_action_for_a_kind_leaves_out_what_was_never_asked() {
        ChecksSettings.Sender sender = settings(
                        "checks.sender.actions { undetermined = defer, undeliverable = defer, no-answer = accept }")
                .checks()
                .sender();
        assertThat(sender.action(Reason.TRY_LATER)).isEqualTo(Action.DEFER);
        assertThat(sender.action(Reason.REFUSED_US)).isEqualTo(Action.DEFER);
        assertThat(sender.action(Reason.NO_ANSWER))
                .as("a reason wins over its kind")
                .isEqualTo(Action.ACCEPT);
        assertThat(sender.action(Reason.NO_SUCH_MAILBOX)).isEqualTo(Action.DEFER);
        assertThat(sender.action(Reason.MAILBOX_DISABLED))
                .as("named in reference.conf")
                .isEqualTo(Action.TAG);
        assertThat(sender.action(Reason.NOT_ASKED)).isEqualTo(Action.ACCEPT);
        for (Reason chosen :
                List.of(Reason.FORGED_SENDER, Reason.RATE_LIMITED, Reason.CIRCUIT_OPEN, Reason.OVERLOADED)) {
            assertThat(sender.action(chosen)).as(chosen.word()).isEqualTo(Action.TAG);
        }
        assertThat(settings("checks.sender.actions.rate-limited = defer")
                        .checks()
                        .sender()
                        .action(Reason.RATE_LIMITED))
                .isEqualTo(Action.DEFER);
    }

    @Test
    void the_configured_name_is_used_everywhere_and_the_machine_is_not_asked() {
        Settings settings = ok(SettingsLoader.parse(
                        DOMAINS + "hostname = \"MX2.Example.org\"\ncallout.helo = \"out.example.org\"",
                        "countersign.conf",
                        () -> {
                            throw new AssertionError("asked for the machine's name");
                        }))
                .settings();
        assertThat(settings.hostname()).isEqualTo("mx2.example.org");
        assertThat(settings.authservId()).isEqualToIgnoringCase("mx2.example.org");
        assertThat(settings.callout().helo()).isEqualTo("out.example.org");
    }

    @Test
    void a_machine_without_a_full_name_must_be_given_one() {
        for (Optional<String> machine :
                List.of(Optional.<String>empty(), Optional.of("localhost"), Optional.of("mx1"))) {
            Loaded loaded = SettingsLoader.parse(DOMAINS, "countersign.conf", () -> machine);
            assertThat(loaded)
                    .isEqualTo(
                            new Loaded.Invalid(
                                    List.of(
                                            "countersign.conf:1: hostname: needed, because this machine has no full name of its own: \"mx1.example.org\"")));
        }
    }

    @Test
    void a_file_that_is_not_there_is_said_to_be_missing() {
        Path missing = folder.resolve("none.conf");
        assertThat(SettingsLoader.load(missing)).isEqualTo(new Loaded.Invalid(List.of(missing + ": does not exist")));
        assertThat(SettingsLoader.load(folder)).isEqualTo(new Loaded.Invalid(List.of(folder + ": is a directory")));
    }

    @Test
    void a_file_that_is_not_utf8_is_refused_with_the_line() throws IOException {
        Path file = folder.resolve("latin.conf");
        Files.write(file, new byte[] {'#', '\n', '#', (byte) 0xe4, '\n'});
        assertThat(SettingsLoader.load(file)).isEqualTo(new Loaded.Invalid(List.of(file + ": is not UTF-8 (line 2)")));
    }

    @Test
    void includes_replace_and_are_replaced_and_land_in_their_section() throws IOException {
        Files.writeString(folder.resolve("main.conf"), """
                drain = 1s
                include "base"
                hostname = "mx2.example.org"
                backend { include "backend.conf", wait = 9s }
                """);
        Files.writeString(folder.resolve("base.conf"), DOMAINS + "hostname = \"base.example.org\"\ndrain = 2s\n");
        Files.writeString(folder.resolve("backend.conf"), "wait = 8s, uses = 7, connections = ${uses}");
        Loaded.Ok loaded = ok(SettingsLoader.load(folder.resolve("main.conf"), Optional::empty));
        Settings settings = loaded.settings();
        assertThat(settings.hostname()).isEqualTo("mx2.example.org");
        assertThat(settings.drain()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.backend().pool().waitFor()).isEqualTo(Duration.ofSeconds(9));
        assertThat(settings.backend().pool().uses()).isEqualTo(7);
        assertThat(settings.backend().pool().connections()).isEqualTo(7);
        assertThat(loaded.effective())
                .contains(
                        new Shown("drain", "2s", folder.resolve("base.conf") + ":3"),
                        new Shown("backend.uses", "7", folder.resolve("backend.conf") + ":1"),
                        new Shown("backend.wait", "9s", folder.resolve("main.conf") + ":4"));
    }

    @Test
    void a_key_may_be_refined_in_the_ways_hocon_has_for_it() {
        Settings settings = ok("""
                domains = [ "example.org" ]
                domains += "example.net"
                domains = ${domains} [ "*.example.net" ]
                drain = 5s
                drain = ${?COUNTERSIGN_TEST_UNSET}
                callout.limits.per-domain { rate = "1/min", burst = 3, concurrent = 1 }
                callout.limits.per-network = ${callout.limits.per-domain}
                callout.limits.per-network { burst = 4 }
                """).settings();
        assertThat(settings.domains().patterns()).containsExactly("example.org", "example.net", "*.example.net");
        assertThat(settings.drain()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.callout().limits().perNetwork())
                .isEqualTo(new CalloutSettings.Rate(1, Duration.ofMinutes(1), 4, 1));
    }

    @Test
    void files_start_at_the_folder_of_the_configuration() throws IOException {
        Path file = folder.resolve("main.conf");
        Files.writeString(file, DOMAINS + "cache.file = \"cache.db\"");
        assertThat(ok(SettingsLoader.load(file, () -> Optional.of("mx1.example.org")))
                        .settings()
                        .cache()
                        .file())
                .contains(folder.toAbsolutePath().resolve("cache.db"));
    }

    @Test
    void a_life_of_nothing_keeps_nothing_and_a_refresh_never_outlasts_it() {
        var cache = settings("cache.keep { dns-failure = 0s, accepted = 1h, recipient-accepted = 1h }")
                .cache();
        assertThat(cache.sender()).doesNotContainKey(Reason.DNS_FAILURE);
        assertThat(cache.senderRefresh()).containsEntry(Reason.ACCEPTED, Duration.ofHours(1));
        assertThat(cache.recipient().acceptedRefresh()).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void overrides_apply_where_all_selectors_match_and_later_ones_win_key_by_key() {
        Settings settings = settings("""
                checks.sender { mode = enforce, wait = 3s }
                overrides = [
                  { sender-domain = [ "example.net", "*.example.net" ], checks.sender { mode = off, wait = 4s } }
                  { client = "192.0.2.0/24", sender-domain = "example.net", checks.sender.mode = monitor }
                  { recipient-domain = "quiet.example.org", checks.sender.actions.undetermined = defer }
                  { client = "198.51.100.7", listen.bare-newline = normalize }
                  { exchanger = "*.example.com", callout { tls = off, limits.per-exchanger.rate = "5/min" } }
                  { sender-domain = "example.net", callout.limits.per-exchanger.burst = 6 }
                ]
                """);
        Overrides overrides = settings.overrides();
        InetAddress near = address("192.0.2.9");
        assertThat(overrides.checks(null, null, null)).isEqualTo(settings.checks());
        assertThat(overrides.checks(near, domain("example.edu"), domain("example.org")))
                .isEqualTo(settings.checks());
        ChecksSettings.Sender off =
                overrides.checks(null, domain("a.Example.net"), null).sender();
        assertThat(off.mode()).isEqualTo(Mode.OFF);
        assertThat(off.waitFor()).isEqualTo(Duration.ofSeconds(4));
        ChecksSettings.Sender both =
                overrides.checks(near, domain("example.net"), null).sender();
        assertThat(both.mode()).isEqualTo(Mode.MONITOR);
        assertThat(both.waitFor()).as("the earlier entry's other key stays").isEqualTo(Duration.ofSeconds(4));
        ChecksSettings.Sender all = overrides
                .checks(near, domain("example.net"), domain("quiet.example.org"))
                .sender();
        assertThat(all.mode()).isEqualTo(Mode.MONITOR);
        assertThat(all.action(Reason.TRY_LATER)).isEqualTo(Action.DEFER);
        assertThat(overrides.checks(near, domain("example.net"), domain("quiet.example.org")))
                .as("made once")
                .isSameAs(overrides.checks(near, domain("example.net"), domain("quiet.example.org")));

        assertThat(overrides.bareNewline(address("198.51.100.7"), null)).isEqualTo(BareNewlineAction.NORMALIZE);
        assertThat(overrides.bareNewline(near, null)).isEqualTo(BareNewlineAction.REJECT);

        assertThat(overrides.calloutTls(null, "mx.example.com")).isEqualTo(CalloutSettings.TlsMode.OFF);
        assertThat(overrides.calloutTls(domain("example.net"), null)).isEqualTo(CalloutSettings.TlsMode.OPPORTUNISTIC);
        CalloutSettings.Limits limits = overrides.calloutLimits(domain("example.net"), "mx.example.com");
        assertThat(limits.perExchanger()).isEqualTo(new CalloutSettings.Rate(5, Duration.ofMinutes(1), 6, 10));
        assertThat(limits.perDomain()).isEqualTo(settings.callout().limits().perDomain());
    }

    @Test
    void show_tells_each_value_and_where_it_comes_from() {
        List<Shown> shown = ok("""
                domains = [ "example.org", "*.example.net" ]
                listen { limits { errors = 5 } }
                checks.sender.actions { no-answer = defer }
                """).effective();
        assertThat(shown.stream().filter(s -> !s.isDefault()))
                .containsExactly(
                        new Shown("domains", "[\"example.org\",\"*.example.net\"]", "countersign.conf:1"),
                        new Shown("listen.limits.errors", "5", "countersign.conf:2"),
                        new Shown("checks.sender.actions.no-answer", "defer", "countersign.conf:3"));
        assertThat(shown)
                .contains(
                        new Shown("hostname", "\"mx1.example.org\"", Shown.MACHINE),
                        new Shown("authserv-id", "\"mx1.example.org\"", Shown.DEFAULT),
                        new Shown("drain", "30s", Shown.DEFAULT));
        assertThat(shown.get(0).key()).isEqualTo("hostname");
        assertThat(shown.get(shown.size() - 1).key()).isEqualTo("drain");
    }

    @Test
    void what_show_prints_is_a_configuration_that_means_the_same() {
        Loaded.Ok first = ok("""
                domains = [ "example.org" ]
                callout.breaker.failures = 33%
                checks.sender.actions { no-answer = defer }
                overrides = [ { exchanger = "*.example.com", callout.limits.per-exchanger.rate = "5/min" } ]
                """);
        StringBuilder printed = new StringBuilder();
        first.effective()
                .forEach(s ->
                        printed.append(s.key()).append(" = ").append(s.value()).append('\n'));
        Loaded.Ok second = ok(printed.toString());
        assertThat(second.effective().stream().map(s -> s.key() + " = " + s.value()))
                .containsExactlyElementsOf(first.effective().stream()
                        .map(s -> s.key() + " = " + s.value())
                        .toList());
        assertThat(second.settings().checks()).isEqualTo(first.settings().checks());
        assertThat(second.settings().callout()).isEqualTo(first.settings().callout());
    }

    @Test
    void what_may_not_be_meant_is_warned_of() {
        assertThat(ok("""
                domains = [ "example.org" ]
                backend { client-identity = none }
                callout.may-connect = [ "10.0.0.0/8" ]
                checks.recipient.mode = off
                """).warnings())
                .satisfiesExactly(
                        w -> assertThat(w).startsWith("countersign.conf:2: backend.client-identity: none"),
                        w -> assertThat(w).startsWith("countersign.conf:4: checks.recipient.mode: off"),
                        w -> assertThat(w).startsWith("countersign.conf:3: callout.may-connect: "),
                        w -> assertThat(w).startsWith("countersign.conf:1: cache.file: empty"),
                        w -> assertThat(w).startsWith("countersign.conf:1: journal.dir: empty"));
    }

    @Test
    void a_reload_names_what_needs_a_restart_and_nothing_else() {
        Settings old = settings("");
        assertThat(Restart.needsRestart(old, settings(""))).isEmpty();
        assertThat(Restart.needsRestart(
                        old, settings("listen.smtp = [ \"127.0.0.1:2526\" ], checks.sender.mode = enforce")))
                .isEmpty();
        assertThat(
                        Restart.needsRestart(
                                old,
                                settings(
                                        "cache.size = 1MiB, cache.file = \"/tmp/x\", dns.attempts = 3, journal.dir = \"/tmp/y\", journal.keep = 1d")))
                .containsExactly("cache.size", "cache.file", "journal.dir", "dns.attempts");
    }
}
