package io.countersign.check;

import io.countersign.config.ChecksSettings;
import io.countersign.relay.ClientIdentity;
import io.countersign.smtp.MailAddress;
import io.netty.channel.EventLoop;

/**
 * Who says what about the sender.
 *
 * @param exemption whether the client is exempt from checks
 * @param client for SPF, and for asking the MTA about senders in our own domains
 * @param loop the session's
 */
public record SenderQuestion(
        MailAddress sender, ChecksSettings.Sender rules, Exemption exemption, ClientIdentity client, EventLoop loop) {
    public enum Exemption {
        NONE,
        CLIENT
    }
}
