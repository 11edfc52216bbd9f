package io.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.config.CalloutSettings.Breaker;
import io.countersign.config.CalloutSettings.Rate;
import io.countersign.config.ChecksSettings.Action;
import io.countersign.config.ChecksSettings.Ask;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.config.ChecksSettings.Switch;
import io.countersign.config.Settings.HostPort;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.verdict.Kind;
import io.countersign.verdict.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The values that operators get who write nothing but their domains. */
class ShippedDefaultsTest {
    private static final Settings DEFAULTS = ((Loaded.Ok) SettingsLoader.parse(
                    "domains = [ \"example.org\" ]", "countersign.conf", () -> Optional.of("mx1.example.org")))
            .settings();

    @Test
    void the_machine_lends_its_name() {
        assertThat(DEFAULTS.hostname()).isEqualTo("mx1.example.org");
        assertThat(DEFAULTS.authservId()).isEqualTo("mx1.example.org");
        assertThat(DEFAULTS.callout().helo()).isEqualTo("mx1.example.org");
    }

    @Test
    void listen() {
        ListenSettings listen = DEFAULTS.listen();
        assertThat(listen.smtp()).containsExactly(new HostPort("127.0.0.1", 2525));
        assertThat(listen.proxyProtocolFrom().networks()).isEmpty();
        assertThat(listen.tls().files().certificate()).isEmpty();
        assertThat(listen.tls().files().key()).isEmpty();
        assertThat(listen.tls().minimum()).isEqualTo("TLSv1.2");
        assertThat(listen.greetDelay()).isZero();
        assertThat(listen.bareNewline()).isEqualTo(ListenSettings.BareNewlineAction.REJECT);
        assertThat(listen.limits())
                .isEqualTo(new ListenSettings.Limits(
                        10000,
                        50,
                        50L << 20,
                        1000,
                        100,
                        20,
                        Duration.ofSeconds(300),
                        500,
                        new ListenSettings.UnknownRecipients(100, 1000, Duration.ofMinutes(10)),
                        new ListenSettings.Walls(500, 9000, 100, 100, 4 << 20, Duration.ofSeconds(20))));
    }

    @Test
    void backend() {
        assertThat(DEFAULTS.backend())
                .isEqualTo(new BackendSettings(
                        List.of(new HostPort("127.0.0.1", 10025)),
                        BackendSettings.TlsMode.OFF,
                        Optional.empty(),
                        ClientIdentityMode.AUTO,
                        new BackendSettings.Pool(
                                100,
                                10,
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(3),
                                Duration.ofSeconds(280),
                                100),
                        BackendSettings.TextMode.PASS,
                        new BackendSettings.Timeouts(
                                Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofMinutes(9))));
    }

    @Test
    void dns_log_drain() {
        assertThat(DEFAULTS.dns()).isEqualTo(new Settings.DnsSettings(List.of(), Duration.ofSeconds(5), 2));
        assertThat(DEFAULTS.log())
                .isEqualTo(new Settings.LogSettings(
                        Settings.LogSettings.Format.TEXT,
                        "info",
                        Switch.OFF,
                        "",
                        new Rate(2000, Duration.ofSeconds(1), 1, 1)));
        assertThat(DEFAULTS.drain()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void checks() {
        ChecksSettings checks = DEFAULTS.checks();
        assertThat(checks.reverseDns())
                .isEqualTo(new ChecksSettings.ReverseDns(Mode.MONITOR, Action.DEFER, Action.TAG));
        assertThat(checks.sender().mode()).isEqualTo(Mode.MONITOR);
        assertThat(checks.sender().callout()).isEqualTo(Switch.ON);
        assertThat(checks.sender().ask()).isEqualTo(Ask.NOT_FORGED);
        assertThat(checks.sender().waitFor()).isEqualTo(Duration.ofSeconds(8));
        assertThat(checks.sender().deferAtMost()).isEqualTo(Duration.ofHours(4));
        assertThat(checks.recipient()).isEqualTo(new ChecksSettings.Recipient(Mode.ENFORCE, Duration.ofSeconds(2)));
    }

    @Test
    void only_proof_refuses_and_a_disabled_mailbox_is_tagged() {
        ChecksSettings.Sender sender = DEFAULTS.checks().sender();
        assertThat(sender.actions()).containsOnlyKeys(Reason.values());
        for (Reason reason : Reason.values()) {
            Action expected = switch (reason.kind()) {
                case DELIVERABLE -> Action.ACCEPT;
                case UNDELIVERABLE -> reason == Reason.MAILBOX_DISABLED ? Action.TAG : Action.REJECT;
                case UNDETERMINED -> reason == Reason.NOT_ASKED ? Action.ACCEPT : Action.TAG;
            };
            assertThat(sender.action(reason)).as(reason.word()).isEqualTo(expected);
        }
        assertThat(Kind.values()).hasSize(3);
    }

    @Test
    void exemptions_and_overrides() {
        assertThat(DEFAULTS.exempt().clients().networks()).isEmpty();
        assertThat(DEFAULTS.exempt().senders().patterns()).isEmpty();
        assertThat(DEFAULTS.exempt().recipients().patterns()).containsExactly("postmaster@", "abuse@");
        assertThat(DEFAULTS.overrides().checks(null, null, null)).isEqualTo(DEFAULTS.checks());
        assertThat(DEFAULTS.overrides().calloutLimits(null, null))
                .isEqualTo(DEFAULTS.callout().limits());
    }

    @Test
    void callout() {
        CalloutSettings callout = DEFAULTS.callout();
        assertThat(callout.mailFrom()).isEmpty();
        assertThat(callout.source()).isEqualTo(new CalloutSettings.Source(Optional.empty(), Optional.empty()));
        assertThat(callout.port()).isEqualTo(25);
        assertThat(callout.tls()).isEqualTo(CalloutSettings.TlsMode.OPPORTUNISTIC);
        assertThat(callout.catchAll()).isEqualTo(Switch.OFF);
        assertThat(callout.timeouts())
                .isEqualTo(new CalloutSettings.Timeouts(
                        Duration.ofSeconds(5), Duration.ofSeconds(12), Duration.ofSeconds(10), Duration.ofSeconds(30)));
        assertThat(callout.addresses()).isEqualTo(5);
        assertThat(callout.sessions()).isEqualTo(2);
        assertThat(callout.reuse()).isEqualTo(Duration.ofSeconds(2));
        assertThat(callout.mayConnect().networks()).isEmpty();
        Duration minute = Duration.ofMinutes(1);
        assertThat(callout.limits())
                .isEqualTo(new CalloutSettings.Limits(
                        2000,
                        Duration.ofSeconds(2),
                        new Rate(10, minute, 10, 2),
                        new Rate(60, minute, 60, 10),
                        new Rate(120, minute, 120, 20)));
        assertThat(callout.breaker())
                .isEqualTo(new Breaker(
                        50, 10, Duration.ofSeconds(10), minute, Duration.ofHours(1), 1, Duration.ofHours(2)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "10.1.2.3",
                "100.64.0.1",
                "127.0.0.1",
                "169.254.169.254",
                "172.31.255.255",
                "192.0.0.1",
                "192.0.2.1",
                "192.168.1.1",
                "192.88.99.1",
                "198.18.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::7f00:1",
                "::ffff:0:10.0.0.1",
                "64:ff9b::a00:1",
                "64:ff9b::808:808",
                "64:ff9b:1::1",
                "100::1",
                "2001::1",
                "2001:0:4136:e378::",
                "2001:2::1",
                "2001:10::1",
                "2001:20::1",
                "2001:db8::1",
                "2002:a00:1::1",
                "2002:808:808::1",
                "3fff::1",
                "5f00::1",
                "fc00::1",
                "fd12:3456::1",
                "fe80::1",
                "fec0::1",
                "ff02::1"
            })
    void no_stranger_makes_us_connect_to_what_is_not_a_public_host(String address) {
        assertThat(DEFAULTS.callout()
                        .neverConnect()
                        .contains(Cidr.parseAddress(address).orElseThrow()))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "223.255.255.255", "2a00:1450::1", "2600::1"})
    void public_hosts_are_connected_to(String address) {
        assertThat(DEFAULTS.callout()
                        .neverConnect()
                        .contains(Cidr.parseAddress(address).orElseThrow()))
                .isFalse();
    }

    @Test
    void cache_lives_and_refreshes() {
        var cache = DEFAULTS.cache();
        assertThat(cache.octets()).isEqualTo(64L << 20);
        assertThat(cache.file()).isEmpty();
        assertThat(cache.sender())
                .containsEntry(Reason.ACCEPTED, Duration.ofDays(7))
                .containsEntry(Reason.MAILBOX_FULL, Duration.ofDays(7))
                .containsEntry(Reason.ACCEPTS_ANY, Duration.ofDays(1))
                .containsEntry(Reason.NO_SUCH_MAILBOX, Duration.ofHours(2))
                .containsEntry(Reason.MAILBOX_DISABLED, Duration.ofHours(2))
                .containsEntry(Reason.NO_SUCH_DOMAIN, Duration.ofHours(1))
                .containsEntry(Reason.NULL_MX, Duration.ofHours(1))
                .containsEntry(Reason.REFUSES_NULL_SENDER, Duration.ofHours(3))
                .containsEntry(Reason.REFUSED_US, Duration.ofHours(1))
                .containsEntry(Reason.TRY_LATER, Duration.ofMinutes(5))
                .containsEntry(Reason.NO_ANSWER, Duration.ofMinutes(10))
                .containsEntry(Reason.UNREACHABLE, Duration.ofMinutes(10))
                .containsEntry(Reason.BROKEN_PEER, Duration.ofHours(1))
                .containsEntry(Reason.UNUSABLE_EXCHANGER, Duration.ofHours(1))
                .containsEntry(Reason.DNS_FAILURE, Duration.ofSeconds(30))
                .doesNotContainKeys(
                        Reason.RATE_LIMITED,
                        Reason.CIRCUIT_OPEN,
                        Reason.OVERLOADED,
                        Reason.FORGED_SENDER,
                        Reason.NOT_ASKED);
        assertThat(cache.senderRefresh())
                .containsEntry(Reason.ACCEPTED, Duration.ofDays(1))
                .containsEntry(Reason.MAILBOX_FULL, Duration.ofDays(1))
                .containsEntry(Reason.NO_SUCH_MAILBOX, Duration.ofMinutes(10))
                .containsEntry(Reason.MAILBOX_DISABLED, Duration.ofMinutes(10))
                .containsEntry(Reason.NO_SUCH_DOMAIN, Duration.ofMinutes(5))
                .containsEntry(Reason.NULL_MX, Duration.ofMinutes(5))
                .hasSize(6);
        assertThat(cache.recipient().accepted()).isEqualTo(Duration.ofDays(1));
        assertThat(cache.recipient().stale()).isEqualTo(Duration.ofDays(7));
        assertThat(cache.recipient().unknown()).isEqualTo(Duration.ofHours(1));
        assertThat(cache.recipient().acceptedRefresh()).isEqualTo(Duration.ofHours(4));
        assertThat(cache.recipient().unknownRefresh()).isEqualTo(Duration.ofMinutes(1));
    }
}
