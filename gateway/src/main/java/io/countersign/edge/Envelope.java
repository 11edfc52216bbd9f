package io.countersign.edge;

import io.countersign.check.RecipientCheck;
import io.countersign.check.SenderQuestion;
import io.countersign.config.ChecksSettings;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.config.Settings;
import io.countersign.decision.PeerText;
import io.countersign.decision.Replies;
import io.countersign.edge.Recipients.Recipient;
import io.countersign.journal.TransactionRecord.Note;
import io.countersign.relay.MtaAnswer;
import io.countersign.relay.MtaTransaction;
import io.countersign.relay.MtaTransaction.RecipientAnswer;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.RememberedRecipient;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One transaction up to its content: MAIL, its recipients, and the questions about them in the order of product.md §3.4. The
 * MTA is asked first; only a recipient that it accepted lets us ask about the sender, and one that we then refuse is withdrawn
 * from the MTA's envelope. Belongs to the session's event loop.
 */
final class Envelope {
    private static final SmtpReply REMEMBERED = SmtpReply.of("250 2.1.5 Ok");

    private final SessionContext scope;
    private final Settings settings;
    private final ChecksSettings checks;
    private final SmtpCommand.Mail mail;
    private final Supplier<MtaTransaction> source;
    private @Nullable MtaTransaction mta;
    private final EnvelopeRecord record;
    private final boolean clientExempt;
    /** By their rules; the first is the transaction's own. Empty for the null sender. */
    private final List<SenderStage> senders = new ArrayList<>(1);

    private final NameStage name;
    private final MtaSilence silence;
    private final Recipients recipients = new Recipients();
    /** Recipients accepted, and those not answered yet: the limit must hold for a client that does not wait. */
    private int taken;

    private boolean closed;

    /** @param source opens (or continues) the session's access to the MTA, under the client's name as it is known by then */
    Envelope(SessionContext scope, SmtpCommand.Mail mail, Supplier<MtaTransaction> source) {
        this.scope = scope;
        this.settings = scope.settings();
        this.mail = mail;
        this.source = source;
        MailAddress sender = mail.from().mailbox();
        this.checks = settings.overrides()
                .checks(scope.facts().address.getAddress(), sender == null ? null : sender.domain(), null);
        this.clientExempt =
                settings.exempt().clients().contains(scope.facts().address.getAddress());
        this.record = new EnvelopeRecord(scope.id(), scope.sessionId(), scope.facts(), mail.from());
        this.name = new NameStage(scope, sender, record);
        this.silence = new MtaSilence(scope.loop());
        if (sender != null) {
            senders.add(stage(sender, checks));
        }
    }

    private SenderStage stage(MailAddress sender, ChecksSettings rules) {
        return new SenderStage(
                scope,
                sender,
                rules,
                clientExempt ? SenderQuestion.Exemption.CLIENT : SenderQuestion.Exemption.NONE,
                record);
    }

    String id() {
        return record.id();
    }

    EnvelopeRecord record() {
        return record;
    }

    /** The MTA's side, begun by the first who needs it. */
    MtaTransaction mta() {
        MtaTransaction begun = mta;
        if (begun == null) {
            begun = source.get();
            begun.mail(mail.from(), mail.parameters());
            mta = begun;
        }
        return begun;
    }

    ReversePath from() {
        return mail.from();
    }

    SmtpCommand.Mail mail() {
        return mail;
    }

    ChecksSettings checks() {
        return checks;
    }

    /** What our fields tell about the sender: what decided, otherwise what is known; null for the null sender. */
    @Nullable
    SenderStage sender() {
        for (SenderStage stage : senders) {
            if (stage.isDecided()) {
                return stage;
            }
        }
        return senders.isEmpty() ? null : senders.get(0);
    }

    /** The only accepted recipient as a path, or null when there are several. */
    @Nullable
    String onlyRecipient() {
        return recipients.only();
    }

    /** The session left this transaction: answers that come later go nowhere. */
    void close() {
        closed = true;
        silence.cancel();
        name.close();
        senders.forEach(SenderStage::close);
    }

    // --- one recipient ---

    /** {@code answer} is called once, on the loop, at once or later. */
    void recipient(SmtpCommand.Rcpt rcpt, Consumer<SmtpReply> answer) {
        ForwardPath path = rcpt.to();
        if (taken >= settings.listen().limits().recipients()) {
            scope.struck(Limits.RECIPIENTS);
            SmtpReply refusal = Replies.tooManyRecipients(id());
            record.recipient(path, refusal);
            answer.accept(refusal);
            return;
        }
        taken++;
        Consumer<SmtpReply> told = reply -> {
            if (!closed) {
                taken -= reply.isPositive() ? 0 : 1;
                record.recipient(path, reply);
                answer.accept(reply);
            }
        };
        long began = System.nanoTime();
        MailAddress address = path.mailbox();
        if (address != null && !isOurs(address)) {
            record.rule("domains: not ours");
            told.accept(Replies.relayDenied(PeerText.printable(path.toString(), 256), id()));
            return;
        }
        ChecksSettings rules = rules(address);
        RememberedRecipient memory = scope.checks().recipient().remembered(address, rules.recipient());
        Recipient recipient = new Recipient(path, rules, memory, told);
        if (ProbeMeters.isProbe(mail.from())) {
            recipient.answer = told.andThen(reply -> probed(recipient, reply, began));
        }
        if (isExempt(address) || mail.from().isNull() || isProbeAddress()) {
            askMta(recipient, rcpt);
            return;
        }
        name.ask(rules, refusal -> {
            if (refusal == null) {
                askMta(recipient, rcpt);
            } else {
                told.accept(refusal);
            }
        });
    }

    private void probed(Recipient recipient, SmtpReply reply, long began) {
        ProbeMeters.By by = recipient.answeredFromMemory ? ProbeMeters.By.MEMORY : ProbeMeters.By.MTA;
        scope.services().metrics().probeAnswers().answered(mail.from(), reply, by, System.nanoTime() - began);
    }

    /** The transaction's rules, unless an override for the recipient's domain says otherwise. */
    private ChecksSettings rules(@Nullable MailAddress recipient) {
        if (recipient == null) {
            return checks;
        }
        MailAddress sender = mail.from().mailbox();
        return settings.overrides()
                .checks(
                        scope.facts().address.getAddress(),
                        sender == null ? null : sender.domain(),
                        recipient.domain());
    }

    private boolean isOurs(MailAddress address) {
        // MTAs re-route local parts with these (RFC 5321 §F.2 and the percent hack): relaying in disguise.
        String local = address.localPart();
        return local.indexOf('@') < 0
                && local.indexOf('%') < 0
                && local.indexOf('!') < 0
                && settings.domains().matches(address.domain());
    }

    private boolean isOurProbe(@Nullable MailAddress recipient) {
        return recipient != null
                && settings.callout()
                        .mailFrom()
                        .filter(recipient.text()::equalsIgnoreCase)
                        .isPresent();
    }

    private boolean isExempt(@Nullable MailAddress recipient) {
        return clientExempt
                || recipient == null
                || settings.exempt().recipients().matches(recipient);
    }

    private void askMta(Recipient recipient, SmtpCommand.Rcpt rcpt) {
        if (closed) {
            return;
        }
        if (isOurProbe(recipient.path.mailbox())) {
            // Another server asks about the sender of our own callouts: the MTA need not know it, unless content comes.
            mta().owe(rcpt.to(), rcpt.parameters());
            fromMemory(recipient);
            return;
        }
        RememberedRecipient memory = recipient.memory;
        if (memory != null && memory.mayRefuse() && recipient.rules.recipient().mode() == Mode.ENFORCE) {
            record.rule("checks.recipient: remembered as unknown");
            recipient.answeredFromMemory = true;
            SmtpReply refusal = memory.reply();
            String words = refusal == null
                    ? "unknown"
                    : PeerText.printable(scope.fromMta(refusal).text(), PeerText.EXCHANGER_LIMIT);
            scope.unknownRecipient(
                    Replies.unknownRecipient(PeerText.printable(recipient.path.toString(), 256), words, id()),
                    recipient.answer);
            return;
        }
        if (memory != null && mail.from().isNull() && memory.answersProbes()) {
            if (memory.needsRefresh()) {
                recipient.answeredFromMemory = true;
                putToMta(recipient, rcpt);
            } else {
                mta().owe(rcpt.to(), rcpt.parameters());
            }
            fromMemory(recipient);
            return;
        }
        if (memory != null && memory.standsIn()) {
            silence.watch(
                    recipient.rules.recipient().waitFor().toNanos(),
                    () -> !recipient.answered,
                    () -> fromMemory(recipient));
        }
        putToMta(recipient, rcpt);
    }

    /** Under the client's name, if that comes in time. */
    private void putToMta(Recipient recipient, SmtpCommand.Rcpt rcpt) {
        scope.whenNameIsSettled(() -> {
            if (!closed) {
                mta().recipient(rcpt.to(), rcpt.parameters(), answer -> mtaAnswered(recipient, rcpt, answer));
            }
        });
    }

    private void mtaAnswered(Recipient recipient, SmtpCommand.Rcpt rcpt, RecipientAnswer answered) {
        if (closed) {
            return;
        }
        MtaAnswer answer = answered.answer();
        RecipientCheck.Learned learned = answered.at() == RecipientAnswer.At.RCPT
                ? scope.checks().recipient().learn(recipient.path, answer, recipient.rules.recipient())
                : RecipientCheck.Learned.NOTHING;
        recipient.answered = true;
        if (recipient.answeredFromMemory) {
            lateAnswer(recipient, rcpt, answer);
            return;
        }
        if (!(answer instanceof MtaAnswer.Replied replied)) {
            if (recipient.memory != null && recipient.memory.standsIn()) {
                mta().owe(rcpt.to(), rcpt.parameters());
                fromMemory(recipient);
            } else {
                recipient.answer.accept(Replies.withoutWord(answer, id()));
            }
            return;
        }
        SmtpReply reply = scope.fromMta(replied.reply());
        if (reply.isPositive()) {
            accepted(recipient, reply);
        } else if (reply.code() < 400) {
            recipient.answer.accept(Replies.unexpected(id()));
        } else if (answered.at() != RecipientAnswer.At.RCPT) {
            recipient.answer.accept(Replies.mailRefused(reply, id()));
        } else {
            switch (learned) {
                case RELAYING_DENIED -> {
                    scope.services().metrics().relayingDisagreement(recipient.path);
                    recipient.answer.accept(
                            Replies.relayingDisagreement(PeerText.printable(recipient.path.toString(), 256), id()));
                }
                case UNKNOWN -> scope.unknownRecipient(Replies.withId(reply, id()), recipient.answer);
                case ACCEPTED, NOTHING -> recipient.answer.accept(Replies.withId(reply, id()));
            }
        }
    }

    /** It was answered from memory while the MTA was silent; now it spoke. */
    private void lateAnswer(Recipient recipient, SmtpCommand.Rcpt rcpt, MtaAnswer answer) {
        if (answer instanceof MtaAnswer.Replied replied) {
            if (!replied.reply().isPositive()) {
                recipient.lateRefusal = scope.fromMta(replied.reply());
            }
        } else if (!recipient.withdrawn) {
            mta().owe(rcpt.to(), rcpt.parameters());
        }
    }

    private void fromMemory(Recipient recipient) {
        recipient.answered = true;
        recipient.answeredFromMemory = true;
        record.note(Note.ANSWERED_FROM_MEMORY);
        accepted(recipient, REMEMBERED);
    }

    // --- the sender ---

    private void accepted(Recipient recipient, SmtpReply reply) {
        recipients.add(recipient);
        SenderStage stage = senderStage(recipient.rules);
        if (stage == null || isExempt(recipient.path.mailbox()) || isProbeAddress()) {
            recipient.answer.accept(reply);
            return;
        }
        stage.ask(() -> {
            SmtpReply refusal = stage.refusal();
            if (refusal == null) {
                recipient.answer.accept(reply);
            } else {
                recipient.withdrawn = true;
                mta().withdraw(recipient.path);
                recipient.answer.accept(refusal);
            }
        });
    }

    /** Null where the sender is not to be asked about: the null sender, and mode off. */
    private @Nullable SenderStage senderStage(ChecksSettings rules) {
        MailAddress sender = mail.from().mailbox();
        if (sender == null || rules.sender().mode() == Mode.OFF) {
            return null;
        }
        for (SenderStage stage : senders) {
            if (stage.rules().equals(rules.sender())) {
                return stage;
            }
        }
        SenderStage another = stage(sender, rules);
        senders.add(another);
        return another;
    }

    /** Local parts other servers probe with (product.md §8): nothing but the MTA is asked about them until DATA. */
    private boolean isProbeAddress() {
        return ProbeAddresses.isProbe(mail.from());
    }

    // --- before the content ---

    /**
     * Settles everything that must be known before content may come, then opens the MTA's side. {@code then} gets null when the
     * content may come, otherwise the reply to DATA or BDAT; then the transaction is over.
     */
    void open(MtaTransaction.Transfer transfer, Consumer<@Nullable SmtpReply> then) {
        if (closed) {
            return;
        }
        SmtpReply late = recipients.lateRefusal(id());
        if (late != null) {
            then.accept(late);
            return;
        }
        Recipient judged = isProbeAddress() ? recipients.first(r -> !isExempt(r.path.mailbox())) : null;
        if (judged == null) {
            openMta(transfer, then);
            return;
        }
        name.ask(judged.rules, refusal -> {
            if (refusal == null) {
                askAboutProbeAddress(judged.rules, transfer, then);
            } else {
                then.accept(refusal);
            }
        });
    }

    private void askAboutProbeAddress(
            ChecksSettings rules, MtaTransaction.Transfer transfer, Consumer<@Nullable SmtpReply> then) {
        SenderStage stage = senderStage(rules);
        if (stage == null) {
            openMta(transfer, then);
            return;
        }
        stage.ask(() -> {
            SmtpReply refusal = stage.refusal();
            if (refusal == null) {
                openMta(transfer, then);
            } else {
                then.accept(refusal);
            }
        });
    }

    private void openMta(MtaTransaction.Transfer transfer, Consumer<@Nullable SmtpReply> then) {
        mta().open(transfer, opened -> {
            if (closed) {
                return;
            }
            opened.refused().forEach(r -> scope.checks().recipient().learn(r.to(), r.answer(), checks.recipient()));
            then.accept(refusal(opened));
        });
    }

    private @Nullable SmtpReply refusal(MtaTransaction.OpenAnswer opened) {
        SmtpReply late = recipients.lateRefusal(id());
        if (late != null) {
            return late;
        }
        if (!opened.refused().isEmpty()) {
            MtaAnswer answer = opened.refused().get(0).answer();
            return recipients.standing() == 1
                            && answer instanceof MtaAnswer.Replied replied
                            && replied.reply().code() >= 400
                    ? Replies.withId(scope.fromMta(replied.reply()), id())
                    : Replies.owedNotAccepted(id());
        }
        if (!(opened.answer() instanceof MtaAnswer.Replied replied)) {
            return Replies.withoutWord(opened.answer(), id());
        }
        int code = replied.reply().code();
        if (code < 400) {
            return null;
        }
        return Replies.withId(scope.fromMta(replied.reply()), id());
    }
}
