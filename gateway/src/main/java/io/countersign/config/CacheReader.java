package io.countersign.config;

import io.countersign.verdict.Reason;
import io.countersign.verdict.Retention;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code cache}. */
final class CacheReader {
    private static final Duration LONGEST = Duration.ofDays(365);

    /** RFC 2308 §7: what a resolver failed to answer is remembered for five minutes at most. */
    private static final Duration LONGEST_DNS_FAILURE = Duration.ofMinutes(5);

    /** Each key, and the reasons it keeps: more than the one it names where they call for the same. */
    private static final Map<String, List<Reason>> KEPT = kept();

    private static Map<String, List<Reason>> kept() {
        Map<String, List<Reason>> kept = new LinkedHashMap<>();
        for (Reason reason : List.of(
                Reason.ACCEPTED,
                Reason.ACCEPTS_ANY,
                Reason.NO_SUCH_MAILBOX,
                Reason.NO_SUCH_DOMAIN,
                Reason.REFUSES_NULL_SENDER,
                Reason.REFUSED_US,
                Reason.TRY_LATER,
                Reason.NO_ANSWER,
                Reason.UNREACHABLE,
                Reason.BROKEN_PEER,
                Reason.UNUSABLE_EXCHANGER,
                Reason.DNS_FAILURE)) {
            kept.put(reason.word(), List.of(reason));
        }
        kept.put("accepted", List.of(Reason.ACCEPTED, Reason.MAILBOX_FULL));
        kept.put("no-such-mailbox", List.of(Reason.NO_SUCH_MAILBOX, Reason.MAILBOX_DISABLED));
        kept.put("no-such-domain", List.of(Reason.NO_SUCH_DOMAIN, Reason.NULL_MX));
        return kept;
    }

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
                cache.size("size", 1 << 20, 100L << 30),
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
