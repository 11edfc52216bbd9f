package io.countersign.journal;

import io.countersign.config.ChecksSettings.Action;
import io.countersign.dns.ClientName;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Source;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Records for tests: an ordinary accepted message, with ids that count up. */
final class Records {
    private Records() {}

    static String id(int number) {
        return String.format("0T%011d", number);
    }

    static MailAddress address(String text) {
        return MailAddress.parse(text).orElseThrow();
    }

    static ReversePath path(String text) {
        return new ReversePath(address(text));
    }

    static InetAddress ip(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Verdict verdict(Reason reason, Instant at) {
        return new Verdict(
                reason,
                Stage.RCPT,
                Source.CALLOUT,
                Duration.ZERO,
                at,
                new Evidence("mx.b.test", "192.0.2.25", "250 2.1.5 Ok", "", List.of("> MAIL FROM:<>", "< 250 Ok")));
    }

    static TransactionRecord accepted(int number) {
        return record(number, "a" + number + "@b.test", "r@example.org", "192.0.2.1", "mail.b.test");
    }

    static TransactionRecord record(int number, String from, String to, String client, String helo) {
        Instant at = Instant.now();
        return new TransactionRecord(
                id(number),
                id(number),
                at,
                new TransactionRecord.Client(
                        ip(client), new ClientName(ClientName.Result.PASS, "mail.b.test", ""), helo, "TLSv1.3 X"),
                path(from),
                List.of(new TransactionRecord.Recipient("<" + to + ">", SmtpReply.of("250 2.1.5 Ok"), null)),
                new TransactionRecord.Sender(
                        verdict(Reason.ACCEPTED, at),
                        SpfResult.PASS,
                        Action.ACCEPT,
                        "checks.sender.actions: accepted = accept"),
                SmtpReply.of("250 2.0.0 Ok: queued as 4XyZ" + number),
                SmtpReply.of("250 2.0.0 Ok: queued as 4XyZ" + number),
                "<m" + number + "@b.test>",
                1234,
                new TransactionRecord.Timings(
                        new long[] {1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000}, 6_000_000),
                TransactionRecord.Outcome.ACCEPTED,
                Set.of(),
                List.of());
    }

    static TransactionRecord wouldHave(int number, String from, String... rules) {
        TransactionRecord t = record(number, from, "r@example.org", "192.0.2.1", "mail.b.test");
        return new TransactionRecord(
                t.id(),
                t.sessionId(),
                t.at(),
                t.client(),
                t.from(),
                t.recipients(),
                TransactionRecord.Sender.NONE,
                t.reply(),
                t.mtaReply(),
                t.messageId(),
                t.size(),
                t.timings(),
                t.outcome(),
                Set.of(TransactionRecord.Note.WOULD_HAVE_REFUSED),
                List.of(rules));
    }

    static TransactionRecord refusedSession(int number) {
        TransactionRecord t = accepted(number);
        return new TransactionRecord(
                t.id(),
                t.sessionId(),
                t.at(),
                t.client(),
                null,
                List.of(),
                TransactionRecord.Sender.NONE,
                SmtpReply.of("421 4.7.0 too many connections (id " + t.id() + ")"),
                null,
                null,
                0,
                TransactionRecord.Timings.NONE,
                TransactionRecord.Outcome.DEFERRED,
                Set.of(TransactionRecord.Note.NO_TRANSACTION),
                List.of());
    }
}
