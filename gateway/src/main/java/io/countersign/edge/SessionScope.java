package io.countersign.edge;

import io.countersign.check.Checks;
import io.countersign.check.SenderQuestion;
import io.countersign.config.ChecksSettings;
import io.countersign.config.Settings;
import io.countersign.decision.SenderRules;
import io.countersign.journal.Journal;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/** What an envelope needs of its session. All on the session's event loop. */
interface SessionScope {
    Settings settings();

    SessionFacts facts();

    String sessionId();

    Checks checks();

    Journal journal();

    EdgeMetrics metrics();

    EventLoop loop();

    /** Runs on the loop: now when already there, otherwise as soon as it can. */
    void onLoop(Runnable task);

    SenderQuestion question(MailAddress sender, ChecksSettings.Sender rules, boolean clientExempt);

    /** Asks (and thereby starts) the deferral clock of the sender's domain. */
    SenderRules.Deferral deferral(ReversePath from, ChecksSettings checks);

    /** The MTA's reply, as a client may see it. */
    SmtpReply fromMta(SmtpReply reply);

    /** Answers about an unknown recipient: slower, or not at all, for a network that asks for many. */
    void unknownRecipient(SmtpReply reply, Consumer<SmtpReply> answer);
}
