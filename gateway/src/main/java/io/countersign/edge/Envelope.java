package io.countersign.edge;

import io.countersign.check.RecipientCheck;
import io.countersign.check.SenderFinding;
import io.countersign.check.SenderInquiry;
import io.countersign.check.SenderQuestion;
import io.countersign.config.ChecksSettings;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.config.Settings;
import io.countersign.decision.Decision;
import io.countersign.decision.PeerText;
import io.countersign.decision.Replies;
import io.countersign.decision.ReverseDnsRules;
import io.countersign.decision.SenderRules;
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
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
    private final MtaTransaction mta;
    private final EnvelopeRecord record;
    private final @Nullable SenderInquiry inquiry;
    private final boolean clientExempt;
    private final List<Recipient> recipients = new ArrayList<>(2);
    private @Nullable Decision senderDecision;
    private @Nullable SenderFinding senderFinding;
    private @Nullable List<Runnable> waitingForSender;
    private boolean senderAsked;
    private boolean closed;

    /** One recipient's way. */
    private static final class Recipient {
        final ForwardPath path;
        final @Nullable RememberedRecipient memory;
        final Consumer<SmtpReply> answer;
        boolean answered;
        boolean answeredFromMemory;
        boolean withdrawn;

        @Nullable
        SmtpReply lateRefusal;

        Recipient(ForwardPath path, @Nullable RememberedRecipient memory, Consumer<SmtpReply> answer) {
            this.path = path;
            this.memory = memory;
            this.answer = answer;
        }
    }

    Envelope(SessionContext scope, SmtpCommand.Mail mail, MtaTransaction mta) {
        this.scope = scope;
        this.settings = scope.settings();
        this.mail = mail;
        this.mta = mta;
        MailAddress sender = mail.from().mailbox();
        this.checks = settings.overrides()
                .checks(scope.facts().address.getAddress(), sender == null ? null : sender.domain(), null);
        this.clientExempt =
                settings.exempt().clients().contains(scope.facts().address.getAddress());
        this.record = new EnvelopeRecord(scope.id(), scope.sessionId(), scope.facts(), mail.from());
        this.inquiry = sender == null
                ? null
                : scope.checks()
                        .sender()
                        .begin(scope.question(
                                sender,
                                checks.sender(),
                                clientExempt ? SenderQuestion.Exemption.CLIENT : SenderQuestion.Exemption.NONE));
        mta.mail(mail.from(), mail.parameters());
    }

    String id() {
        return record.id();
    }

    EnvelopeRecord record() {
        return record;
    }

    MtaTransaction mta() {
        return mta;
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

    @Nullable
    SenderInquiry inquiry() {
        return inquiry;
    }

    /** The finding a decision was made on, or would have been; null while there is none. */
    @Nullable
    SenderFinding senderFinding() {
        return senderFinding != null ? senderFinding : inquiry == null ? null : inquiry.known();
    }

    /** The only accepted recipient as a path, or null when there are several. */
    @Nullable
    String onlyRecipient() {
        Recipient only = null;
        for (Recipient r : recipients) {
            if (!r.withdrawn) {
                if (only != null) {
                    return null;
                }
                only = r;
            }
        }
        return only == null ? null : only.path.toString();
    }

    /** The session left this transaction: answers that come later go nowhere. */
    void close() {
        closed = true;
    }

    // --- one recipient ---

    /** {@code answer} is called once, on the loop, at once or later. */
    void recipient(SmtpCommand.Rcpt rcpt, Consumer<SmtpReply> answer) {
        ForwardPath path = rcpt.to();
        Consumer<SmtpReply> told = reply -> {
            record.recipient(path, reply);
            answer.accept(reply);
        };
        if (recipients.size() >= settings.listen().limits().recipients()) {
            scope.struck(Limits.RECIPIENTS);
            told.accept(Replies.tooManyRecipients(id()));
            return;
        }
        MailAddress address = path.mailbox();
        if (address != null && !isOurs(address)) {
            record.rule("domains: not ours");
            told.accept(Replies.relayDenied(PeerText.printable(path.toString(), 256), id()));
            return;
        }
        RememberedRecipient memory = scope.checks().recipient().remembered(address, checks.recipient());
        Recipient recipient = new Recipient(path, memory, told);
        if (isExempt(address) || mail.from().isNull()) {
            askMta(recipient, rcpt);
        } else {
            reverseDns(recipient, rcpt);
        }
    }

    private boolean isOurs(MailAddress address) {
        // MTAs re-route local parts with these (RFC 5321 §F.2 and the percent hack): relaying in disguise.
        String local = address.localPart();
        return local.indexOf('@') < 0
                && local.indexOf('%') < 0
                && local.indexOf('!') < 0
                && settings.domains().matches(address.domain());
    }

    private boolean isExempt(@Nullable MailAddress recipient) {
        return clientExempt
                || recipient == null
                || settings.exempt().recipients().matches(recipient);
    }

    private void reverseDns(Recipient recipient, SmtpCommand.Rcpt rcpt) {
        if (checks.reverseDns().mode() == Mode.OFF) {
            askMta(recipient, rcpt);
            return;
        }
        if (checks.reverseDns().mode() == Mode.MONITOR) {
            scope.facts().whenNamed(name -> {
                Decision would = ReverseDnsRules.decide(
                        name, checks.reverseDns(), SenderRules.Deferral.ALLOWED, scope.facts().ip, id());
                record.wouldHave(would, scope.journal());
            });
            askMta(recipient, rcpt);
            return;
        }
        scope.facts().whenNamed(name -> {
            if (closed) {
                return;
            }
            Decision first = ReverseDnsRules.decide(
                    name, checks.reverseDns(), SenderRules.Deferral.ALLOWED, scope.facts().ip, id());
            Decision decision = first.action() == ChecksSettings.Action.DEFER
                    ? ReverseDnsRules.decide(
                            name, checks.reverseDns(), scope.deferral(mail.from(), checks), scope.facts().ip, id())
                    : first;
            if (decision.reply() != null) {
                record.rule(decision.rule());
                recipient.answer.accept(decision.reply());
            } else {
                askMta(recipient, rcpt);
            }
        });
    }

    private void askMta(Recipient recipient, SmtpCommand.Rcpt rcpt) {
        if (closed) {
            return;
        }
        RememberedRecipient memory = recipient.memory;
        if (memory != null && memory.mayRefuse() && checks.recipient().mode() == Mode.ENFORCE) {
            record.rule("checks.recipient: remembered as unknown");
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
                mta.recipient(rcpt.to(), rcpt.parameters(), answer -> mtaAnswered(recipient, rcpt, answer));
            } else {
                mta.owe(rcpt.to(), rcpt.parameters());
            }
            fromMemory(recipient);
            return;
        }
        if (memory != null && memory.standsIn()) {
            scope.loop()
                    .schedule(
                            () -> {
                                if (!closed && !recipient.answered) {
                                    fromMemory(recipient);
                                }
                            },
                            checks.recipient().waitFor().toNanos(),
                            TimeUnit.NANOSECONDS);
        }
        mta.recipient(rcpt.to(), rcpt.parameters(), answer -> mtaAnswered(recipient, rcpt, answer));
    }

    private void mtaAnswered(Recipient recipient, SmtpCommand.Rcpt rcpt, RecipientAnswer answered) {
        if (closed) {
            return;
        }
        MtaAnswer answer = answered.answer();
        RecipientCheck.Learned learned = answered.at() == RecipientAnswer.At.RCPT
                ? scope.checks().recipient().learn(recipient.path, answer, checks.recipient())
                : RecipientCheck.Learned.NOTHING;
        recipient.answered = true;
        if (recipient.answeredFromMemory) {
            lateAnswer(recipient, rcpt, answer);
            return;
        }
        if (!(answer instanceof MtaAnswer.Replied replied)) {
            if (recipient.memory != null && recipient.memory.standsIn()) {
                mta.owe(rcpt.to(), rcpt.parameters());
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
            mta.owe(rcpt.to(), rcpt.parameters());
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
        if (inquiry == null
                || checks.sender().mode() == Mode.OFF
                || isExempt(recipient.path.mailbox())
                || isProbeAddress()) {
            recipient.answer.accept(reply);
            return;
        }
        askSender(() -> {
            Decision decision = senderDecision;
            if (checks.sender().mode() == Mode.ENFORCE && decision != null && decision.reply() != null) {
                recipient.withdrawn = true;
                mta.withdraw(recipient.path);
                recipient.answer.accept(decision.reply());
            } else {
                recipient.answer.accept(reply);
            }
        });
    }

    /** Local parts other servers probe with (product.md §8): their sender check waits until DATA. */
    private boolean isProbeAddress() {
        MailAddress sender = mail.from().mailbox();
        return sender != null && ProbeAddresses.contains(sender.localPart());
    }

    /** Runs {@code then} when the decision about the sender is there; in monitor mode at once. */
    private void askSender(Runnable then) {
        SenderInquiry asked = inquiry;
        if (asked == null || senderDecision != null) {
            then.run();
            return;
        }
        SenderFinding known = senderAsked ? null : asked.known();
        if (known != null) {
            senderAsked = true;
            decide(known);
            then.run();
            return;
        }
        if (checks.sender().mode() == Mode.MONITOR) {
            then.run();
        } else {
            if (waitingForSender == null) {
                waitingForSender = new ArrayList<>(1);
            }
            waitingForSender.add(then);
        }
        if (!senderAsked) {
            senderAsked = true;
            asked.finding()
                    .subscribe(finding -> scope.onLoop(() -> {
                        decide(finding);
                        List<Runnable> waiting = waitingForSender;
                        waitingForSender = null;
                        if (!closed && waiting != null) {
                            waiting.forEach(Runnable::run);
                        }
                    }));
        }
    }

    private void decide(SenderFinding finding) {
        MailAddress sender = mail.from().mailbox();
        if (sender == null) {
            return;
        }
        senderFinding = finding;
        Decision decision = SenderRules.decide(
                sender, finding.verdict(), finding.proof(), checks.sender(), SenderRules.Deferral.ALLOWED, id());
        if (checks.sender().mode() == Mode.MONITOR) {
            senderDecision = decision;
            record.sender(finding.verdict(), decision);
            record.wouldHave(decision, scope.journal());
            return;
        }
        if (decision.action() == ChecksSettings.Action.DEFER) {
            decision = SenderRules.decide(
                    sender,
                    finding.verdict(),
                    finding.proof(),
                    checks.sender(),
                    scope.deferral(mail.from(), checks),
                    id());
        }
        senderDecision = decision;
        record.sender(finding.verdict(), decision);
    }

    // --- before the content ---

    /**
     * Settles everything that must be known before content may come, then opens the MTA's side. {@code then} gets null when the
     * content may come, otherwise the reply to DATA or BDAT; then the transaction is over.
     */
    void open(MtaTransaction.Transfer transfer, Consumer<@Nullable SmtpReply> then) {
        if (isProbeAddress() && checks.sender().mode() != Mode.OFF && !onlyExemptRecipients()) {
            askSender(() -> {
                Decision decision = senderDecision;
                if (checks.sender().mode() == Mode.ENFORCE && decision != null && decision.reply() != null) {
                    then.accept(decision.reply());
                } else {
                    openMta(transfer, then);
                }
            });
        } else {
            openMta(transfer, then);
        }
    }

    private boolean onlyExemptRecipients() {
        return recipients.stream().allMatch(r -> isExempt(r.path.mailbox()));
    }

    private void openMta(MtaTransaction.Transfer transfer, Consumer<@Nullable SmtpReply> then) {
        mta.open(transfer, opened -> {
            if (closed) {
                return;
            }
            opened.refused().forEach(r -> scope.checks().recipient().learn(r.to(), r.answer(), checks.recipient()));
            then.accept(refusal(opened));
        });
    }

    private @Nullable SmtpReply refusal(MtaTransaction.OpenAnswer opened) {
        List<Recipient> standing = recipients.stream().filter(r -> !r.withdrawn).toList();
        for (Recipient r : standing) {
            if (r.lateRefusal != null) {
                return standing.size() == 1 ? Replies.withId(r.lateRefusal, id()) : Replies.owedNotAccepted(id());
            }
        }
        if (!opened.refused().isEmpty()) {
            MtaAnswer answer = opened.refused().get(0).answer();
            return standing.size() == 1
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
