package io.countersign.check;

import io.countersign.config.ChecksSettings;
import io.countersign.relay.ClientIdentity;
import io.countersign.relay.Mta;
import io.countersign.relay.MtaAnswer;
import io.countersign.relay.MtaTransaction;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.RememberedRecipient;
import io.countersign.verdict.Source;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Is there a mailbox of this name in our own domains? Asked of the MTA ({@code MAIL FROM:<>}, {@code RCPT}), never by DNS; its
 * refusal is proof. What it says is remembered among the recipients.
 */
public final class OwnMailboxes {
    private final Mta mta;
    private final RecipientCheck recipients;

    public OwnMailboxes(Mta mta, RecipientCheck recipients) {
        this.mta = mta;
        this.recipients = recipients;
    }

    /** What memory says; null when only asking can tell. */
    @Nullable
    Verdict remembered(MailAddress address, ChecksSettings.Recipient rules) {
        RememberedRecipient known = recipients.remembered(address, rules);
        if (known == null) {
            return null;
        }
        if (known.mayRefuse()) {
            SmtpReply reply = known.reply();
            return verdict(Reason.NO_SUCH_MAILBOX, Source.CACHE, known.age(), reply == null ? "" : reply.toString());
        }
        return known.answersProbes() ? verdict(Reason.ACCEPTED, Source.CACHE, known.age(), "") : null;
    }

    /** Asks the MTA. Never fails; the answer comes on {@code loop}. */
    public Mono<Verdict> ask(
            MailAddress address, ClientIdentity client, EventLoop loop, ChecksSettings.Recipient rules) {
        return Mono.create(sink -> loop.execute(() -> {
            MtaTransaction transaction = mta.begin(client, loop);
            ForwardPath path = new ForwardPath(address);
            sink.onDispose(() -> loop.execute(transaction::close));
            transaction.mail(ReversePath.NULL, MailParameters.NONE);
            transaction.recipient(
                    path,
                    RcptParameters.NONE,
                    answered -> sink.success(meaning(path, answered.answer(), answered.at(), rules)));
        }));
    }

    private Verdict meaning(
            ForwardPath path, MtaAnswer answer, MtaTransaction.RecipientAnswer.At at, ChecksSettings.Recipient rules) {
        if (!(answer instanceof MtaAnswer.Replied replied)) {
            return verdict(
                    answer.kind() == MtaAnswer.Kind.SILENT ? Reason.NO_ANSWER : Reason.UNREACHABLE,
                    Source.CALLOUT,
                    Duration.ZERO,
                    "");
        }
        Reason reason = Reason.TRY_LATER;
        if (at == MtaTransaction.RecipientAnswer.At.RCPT) {
            reason = switch (recipients.learn(path, answer, rules)) {
                case ACCEPTED -> Reason.ACCEPTED;
                case UNKNOWN -> Reason.NO_SUCH_MAILBOX;
                case RELAYING_DENIED, NOTHING -> replied.reply().isPermanent() ? Reason.REFUSED_US : Reason.TRY_LATER;
            };
        }
        return verdict(reason, Source.CALLOUT, Duration.ZERO, replied.reply().toString());
    }

    private static Verdict verdict(Reason reason, Source source, Duration age, String reply) {
        return new Verdict(
                reason,
                Stage.RCPT,
                source,
                age,
                Instant.now().minus(age),
                new Evidence(
                        null, null, reply.isEmpty() ? null : reply, "asked of the MTA: a domain of ours", List.of()));
    }
}
