package io.countersign.journal;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;
import java.util.Locale;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal that is always there, in the log: each transaction in one line at {@code debug} (its session's line at {@code
 * info} has the same in short), each verdict by callout in one line at {@code info}. Peer text is quoted and printable.
 */
public final class LogJournal implements Journal {
    private static final Logger LOG = LoggerFactory.getLogger("io.countersign.transaction");
    private static final Logger VERDICTS = LoggerFactory.getLogger("io.countersign.verdict");

    @Override
    public void record(TransactionRecord t) {
        if (LOG.isDebugEnabled()) {
            LOG.debug("{} {}", line(t), detail(t));
        }
    }

    @Override
    public void late(LateJudgement judgement) {
        if (judgement.wouldHaveRefused()) {
            LOG.info("id={} would-have=\"{}\"", judgement.transactionId(), LogText.quoted(judgement.rule()));
        }
    }

    @Override
    public void callout(MailAddress address, Verdict verdict) {
        VERDICTS.info(
                "address=\"{}\" verdict={} reason={} stage={} exchanger={} reply=\"{}\" detail=\"{}\"",
                LogText.quoted(address.text()),
                verdict.kind().word(),
                verdict.reason().word(),
                verdict.stage() == null ? "-" : verdict.stage().word(),
                verdict.evidence().exchanger() == null
                        ? "-"
                        : LogText.quoted(verdict.evidence().exchanger()),
                verdict.evidence().reply() == null
                        ? ""
                        : LogText.quoted(verdict.evidence().reply()),
                LogText.quoted(verdict.evidence().detail()));
    }

    /** What became of it, in short: id, decision, who to whom, what was found and said. */
    public static String line(TransactionRecord t) {
        StringBuilder out = new StringBuilder(256);
        out.append("id=").append(t.id()).append(" decision=").append(word(t.outcome()));
        out.append(" from=\"")
                .append(t.from() == null ? "" : LogText.quoted(t.from().toString()))
                .append("\" to=\"");
        out.append(t.recipients().stream()
                        .limit(10)
                        .map(r -> LogText.quoted(r.path()))
                        .collect(Collectors.joining(",")))
                .append('"');
        if (t.recipients().size() > 10) {
            out.append(" recipients=").append(t.recipients().size());
        }
        Verdict verdict = t.sender().verdict();
        if (verdict != null) {
            out.append(" sender=")
                    .append(verdict.reason().word())
                    .append(" source=")
                    .append(verdict.source().word());
        }
        if (t.reply() != null) {
            out.append(" reply=\"").append(LogText.quoted(t.reply().toString())).append('"');
        }
        out.append(" size=").append(t.size()).append(" ms=").append(t.took().toMillis());
        if (t.notes().contains(TransactionRecord.Note.POSSIBLE_DUPLICATE)) {
            out.append(" possible_duplicate=true");
        }
        if (!t.notes().isEmpty()) {
            out.append(" notes=")
                    .append(t.notes().stream().map(LogJournal::word).sorted().collect(Collectors.joining(",")));
        }
        return out.toString();
    }

    private static String detail(TransactionRecord t) {
        StringBuilder out = new StringBuilder(128).append("session=").append(t.sessionId());
        out.append(" client=").append(t.client().address().getHostAddress());
        if (t.client().name() != null) {
            out.append(" iprev=").append(word(t.client().name().result()));
        }
        out.append(" helo=\"").append(LogText.quoted(t.client().helo())).append('"');
        if (t.client().tls() != null) {
            out.append(" tls=").append(t.client().tls());
        }
        Verdict verdict = t.sender().verdict();
        if (verdict != null && verdict.stage() != null) {
            out.append(" stage=").append(verdict.stage().word());
        }
        if (t.sender().spf() != null) {
            out.append(" spf=").append(t.sender().spf().word());
        }
        if (t.sender().rule() != null) {
            out.append(" rule=\"").append(LogText.quoted(t.sender().rule())).append('"');
        }
        return out.toString();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
