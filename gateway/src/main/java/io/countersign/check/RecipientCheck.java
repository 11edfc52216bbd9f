package io.countersign.check;

import io.countersign.callout.ReplyMeaning;
import io.countersign.config.ChecksSettings;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.relay.MtaAnswer;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Reason;
import io.countersign.verdict.RememberedRecipient;
import io.countersign.verdict.Stage;
import io.countersign.verdict.VerdictCache;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the MTA said about our recipients: remembered, and what its answers mean. Any thread. */
public final class RecipientCheck {
    private final VerdictCache cache;

    /** What an answer said. */
    public enum Learned {
        ACCEPTED,
        /** There is no such mailbox. */
        UNKNOWN,
        /** The MTA says it does not take mail for a domain of ours. */
        RELAYING_DENIED,
        /** Nothing about the address. */
        NOTHING
    }

    public RecipientCheck(VerdictCache cache) {
        this.cache = cache;
    }

    /** Null when nothing is known, or {@code checks.recipient.mode} is off. */
    public @Nullable RememberedRecipient remembered(@Nullable MailAddress recipient, ChecksSettings.Recipient rules) {
        return recipient == null || rules.mode() == Mode.OFF ? null : cache.recipient(recipient);
    }

    /** Takes in the MTA's answer to a RCPT. With mode off nothing is kept. */
    public Learned learn(ForwardPath recipient, MtaAnswer answer, ChecksSettings.Recipient rules) {
        if (!(answer instanceof MtaAnswer.Replied replied)) {
            return Learned.NOTHING;
        }
        SmtpReply reply = replied.reply();
        MailAddress address = recipient.mailbox();
        boolean kept = rules.mode() != Mode.OFF;
        if (reply.isPositive()) {
            if (kept && address != null) {
                cache.recipientAccepted(address);
            }
            return Learned.ACCEPTED;
        }
        if (!reply.isPermanent()) {
            return Learned.NOTHING;
        }
        if (deniesRelaying(reply)) {
            return Learned.RELAYING_DENIED;
        }
        Reason reason = ReplyMeaning.of(Stage.RCPT, reply, new ReplyMeaning.Asked("", ReversePath.NULL, address));
        if (reason != Reason.NO_SUCH_MAILBOX) {
            return Learned.NOTHING;
        }
        if (kept && address != null) {
            cache.recipientUnknown(address, reply);
        }
        return Learned.UNKNOWN;
    }

    /** {@code 554 5.7.1 … Relay access denied} (Postfix), {@code 550 relay not permitted} (Exim) and their like. */
    private static boolean deniesRelaying(SmtpReply reply) {
        if (reply.enhanced() != null && !reply.enhanced().is(7, 1)) {
            return false;
        }
        String text = reply.text().toLowerCase(Locale.ROOT);
        return text.contains("relay access denied")
                || text.contains("relay not permitted")
                || text.contains("relaying denied")
                || text.contains("not permitted to relay")
                || text.contains("unable to relay");
    }
}
