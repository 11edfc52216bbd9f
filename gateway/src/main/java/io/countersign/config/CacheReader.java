package io.countersign.config;

import io.countersign.verdict.Reason;
import io.countersign.verdict.Retention;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** {@code cache}. */
final class CacheReader {
    private static final Duration LONGEST = Duration.ofDays(365);

    /** RFC 2308 §7: what a resolver failed to answer is remembered for five minutes at most. */
    private static final Duration LONGEST_DNS_FAILURE = Duration.ofMinutes(5);

    /** Keys that keep more than the reason they name. */
    private static final Map<String, List<Reason>> KEPT = Map.ofEntries(
            Map.entry("accepted", List.of(Reason.ACCEPTED, Reason.MAILBOX_FULL)),
            Map.entry("accepts-any", List.of(Reason.ACCEPTS_ANY)),
            Map.entry("no-such-mailbox", List.of(Reason.NO_SUCH_MAILBOX, Reason.MAILBOX_DISABLED)),
            Map.entry("no-such-domain", List.of(Reason.NO_SUCH_DOMAIN, Reason.NULL_MX)),
            Map.entry("refuses-null-sender", List.of(Reason.REFUSES_NULL_SENDER)),
            Map.entry("refused-us", List.of(Reason.REFUSED_US)),
            Map.entry("try-later", List.of(Reason.TRY_LATER)),
            Map.entry("no-answer", List.of(Reason.NO_ANSWER)),
            Map.entry("unreachable", List.of(Reason.UNREACHABLE)),
            Map.entry("broken-peer", List.of(Reason.BROKEN_PEER)),
            Map.entry("unusable-exchanger", List.of(Reason.UNUSABLE_EXCHANGER)),
            Map.entry("dns-failure", List.of(Reason.DNS_FAILURE)));

    private static final List<String> REFRESHED = List.of("accepted", "no-such-mailbox", "no-such-domain");

    private CacheReader() {}

    static Retention read(Section cache) {
        Section keep = cache.section("keep");
        Section refresh = cache.section("refresh");
        Map<Reason, Duration> lives = new EnumMap<>(Reason.class);
        KEPT.forEach((key, reasons) -> {
            Duration most = key.equals("dns-failure") ? LONGEST_DNS_FAILURE : LONGEST;
            Duration life = keep.duration(key, Duration.ZERO, most);
            if (!life.isZero()) {
                reasons.forEach(reason -> lives.put(reason, life));
            }
        });
        Map<Reason, Duration> ages = new EnumMap<>(Reason.class);
        for (String key : REFRESHED) {
            Duration age = refresh(keep, refresh, key);
            KEPT.getOrDefault(key, List.of()).forEach(reason -> ages.put(reason, age));
        }
        return new Retention(
                cache.size("size", 1 << 20, 1L << 40),
                cache.file("file"),
                lives,
                ages,
                new Retention.Recipient(
                        keep.duration("recipient-accepted", Duration.ZERO, LONGEST),
                        keep.duration("recipient-stale", Duration.ZERO, LONGEST),
                        keep.duration("recipient-unknown", Duration.ZERO, LONGEST),
                        refresh(keep, refresh, "recipient-accepted"),
                        refresh(keep, refresh, "recipient-unknown")));
    }

    /** The age at which a verdict is asked again: its whole life where that was made shorter than the shipped age. */
    private static Duration refresh(Section keep, Section refresh, String key) {
        Duration age = refresh.duration(key, Duration.ZERO, LONGEST);
        Duration life = keep.duration(key, Duration.ZERO, LONGEST);
        if (age.compareTo(life) <= 0) {
            return age;
        }
        if (refresh.isWritten(key)) {
            refresh.problem(
                    key, Units.print(age) + " is longer than " + keep.full(key) + " (" + Units.print(life) + ")");
        }
        return life;
    }
}
