package io.countersign.verdict;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The shipped lives, and verdicts to remember. */
final class Samples {
    static final Retention SHIPPED = retention(64L << 20);

    private Samples() {}

    static Retention retention(long octets) {
        return new Retention(
                octets,
                Optional.empty(),
                Map.of(
                        Reason.ACCEPTED, Duration.ofDays(7),
                        Reason.ACCEPTS_ANY, Duration.ofDays(1),
                        Reason.NO_SUCH_MAILBOX, Duration.ofHours(2),
                        Reason.NO_SUCH_DOMAIN, Duration.ofHours(1),
                        Reason.REFUSES_NULL_SENDER, Duration.ofHours(3),
                        Reason.REFUSED_US, Duration.ofHours(1),
                        Reason.TRY_LATER, Duration.ofMinutes(5),
                        Reason.NO_ANSWER, Duration.ofMinutes(10)),
                Map.of(
                        Reason.ACCEPTED, Duration.ofDays(1),
                        Reason.NO_SUCH_MAILBOX, Duration.ofMinutes(10),
                        Reason.NO_SUCH_DOMAIN, Duration.ofMinutes(5)),
                new Retention.Recipient(
                        Duration.ofDays(1),
                        Duration.ofDays(7),
                        Duration.ofHours(1),
                        Duration.ofHours(4),
                        Duration.ofMinutes(1)));
    }

    static MailAddress address(String text) {
        return MailAddress.parse(text).orElseThrow();
    }

    static MailDomain domain(String text) {
        return MailDomain.parse(text).orElseThrow();
    }

    static Verdict asked(Reason reason) {
        return Verdict.asked(
                reason,
                Stage.RCPT,
                new Evidence(
                        "mx.example",
                        "192.0.2.1",
                        "550 5.1.1 so they said",
                        "our words",
                        List.of("> RCPT TO:<a@b.example>", "< 550 5.1.1 so they said")));
    }
}
