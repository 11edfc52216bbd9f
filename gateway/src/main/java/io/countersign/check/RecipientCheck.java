package io.countersign.check;

import io.countersign.config.ChecksSettings;
import io.countersign.relay.MtaAnswer;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;

/** What the MTA said about our recipients: remembered, and what its answers mean. */
public interface RecipientCheck {
    RecipientMemory remembered(MailAddress recipient);

    /** Takes in the MTA's answer to a RCPT. With {@code checks.recipient.mode = off} nothing is kept. */
    Learned learn(ForwardPath recipient, MtaAnswer answer, ChecksSettings.Recipient rules);

    /** What an answer said. */
    enum Learned {
        ACCEPTED,
        /** There is no such mailbox. */
        UNKNOWN,
        /** The MTA says it does not take mail for a domain of ours. */
        RELAYING_DENIED,
        /** Nothing about the address. */
        NOTHING
    }
}
