package io.countersign.config;

import io.countersign.config.CalloutSettings.Breaker;
import io.countersign.config.CalloutSettings.Limits;
import io.countersign.config.CalloutSettings.Rate;
import io.countersign.config.CalloutSettings.Source;
import io.countersign.config.CalloutSettings.Timeouts;
import io.countersign.config.CalloutSettings.TlsMode;
import io.countersign.config.ChecksSettings.Switch;
import io.countersign.smtp.MailAddress;
import java.net.InetAddress;
import java.time.Duration;

/** {@code callout}. */
final class CalloutReader {
    private static final int MANY = 1_000_000;
    private static final Duration INSTANT = Duration.ofMillis(1);

    private CalloutReader() {}

    static CalloutSettings read(Section callout) {
        Section source = callout.section("source");
        return new CalloutSettings(
                callout.parsed("helo", HostNames::ours),
                callout.optional("mail-from", CalloutReader::address),
                new Source(
                        source.optional("ipv4", text -> localAddress(text, 4)),
                        source.optional("ipv6", text -> localAddress(text, 16))),
                callout.integer("port", 1, 65535),
                tls(callout),
                callout.word("catch-all", Switch.class),
                timeouts(callout.section("timeouts")),
                callout.integer("addresses", 1, 50),
                callout.integer("sessions", 1, 10),
                callout.duration("reuse", Duration.ZERO, Duration.ofMinutes(1)),
                callout.networks("never-connect"),
                callout.networks("may-connect"),
                limits(callout.section("limits")),
                breaker(callout.section("breaker")));
    }

    static TlsMode tls(Section callout) {
        return callout.word("tls", TlsMode.class);
    }

    private static String address(String text) {
        return MailAddress.parse(text)
                .orElseThrow(() -> new IllegalArgumentException(Quoted.of(text)
                        + " is no address: write it as \"probe@example.org\", or \"\" for the null sender"))
                .text();
    }

    private static String localAddress(String text, int octets) {
        InetAddress address = Cidr.parseAddress(text).orElse(null);
        if (address == null || address.getAddress().length != octets) {
            throw new IllegalArgumentException(Quoted.of(text) + " is no IPv" + (octets == 4 ? 4 : 6) + " address");
        }
        return text;
    }

    private static Timeouts timeouts(Section timeouts) {
        Duration most = Duration.ofMinutes(5);
        return new Timeouts(
                timeouts.duration("connect", INSTANT, most),
                timeouts.duration("greeting", INSTANT, most),
                timeouts.duration("reply", INSTANT, most),
                timeouts.duration("total", INSTANT, Duration.ofMinutes(15)));
    }

    static Limits limits(Section limits) {
        return new Limits(
                limits.integer("concurrent", 1, MANY),
                limits.duration("wait", Duration.ZERO, Duration.ofMinutes(1)),
                rate(limits.section("per-domain")),
                rate(limits.section("per-exchanger")),
                rate(limits.section("per-network")));
    }

    private static Rate rate(Section section) {
        Rate rate = section.parsed("rate", Units::rate);
        return new Rate(
                rate.permits(), rate.per(), section.integer("burst", 1, MANY), section.integer("concurrent", 1, MANY));
    }

    private static Breaker breaker(Section breaker) {
        Duration open = breaker.duration("open", Duration.ofSeconds(1), Duration.ofDays(1));
        Duration openAtMost = breaker.duration("open-at-most", Duration.ofSeconds(1), Duration.ofDays(7));
        if (open.compareTo(openAtMost) > 0) {
            breaker.problem(
                    "open", Units.print(open) + " is longer than open-at-most (" + Units.print(openAtMost) + ")");
        }
        return new Breaker(
                breaker.parsed("failures", Units::percent),
                breaker.integer("of", 1, 10_000),
                breaker.duration("slow", INSTANT, Duration.ofMinutes(15)),
                open,
                openAtMost,
                breaker.integer("trials", 1, 100),
                breaker.duration("blocked", Duration.ofSeconds(1), Duration.ofDays(7)));
    }
}
