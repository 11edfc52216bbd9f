package io.countersign.decision;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;

/** Why an address could not be verified, whose side it is on, and what to do: the words of a deferral. */
final class Causes {
    private Causes() {}

    static String of(MailAddress sender, Verdict verdict) {
        String domain = PeerText.printable(sender.domain().text(), 100);
        String exchanger = verdict.evidence().exchanger();
        String server = exchanger == null ? "the mail server of " + domain : PeerText.printable(exchanger, 100);
        String said = verdict.evidence().reply() == null
                ? ""
                : ": " + PeerText.printable(verdict.evidence().reply(), PeerText.EXCHANGER_LIMIT);
        return switch (verdict.reason()) {
            case ACCEPTED, ACCEPTS_ANY -> "accepted by " + server;
            case MAILBOX_FULL -> "the mailbox is full" + said + "; its owner should make room";
            case NO_SUCH_MAILBOX -> server + " says there is no such mailbox" + said + "; correct the sender address";
            case MAILBOX_DISABLED ->
                server + " says the mailbox is disabled" + said + "; ask the postmaster of " + domain;
            case NO_SUCH_DOMAIN -> "domain " + domain + " not found; correct the sender address";
            case NULL_MX -> "domain " + domain + " does not accept mail (nullMX); use a sender that can be answered";
            case REFUSES_NULL_SENDER ->
                server + " refuses the null sender <>" + said + "; the postmaster of " + domain
                        + " should let it accept MAIL FROM:<> (RFC 5321 4.5.5)";
            case REFUSED_US -> server + " does not talk to us" + said + "; its postmaster and ours should find out why";
            case TRY_LATER -> server + " asked us to come back later" + said + "; your server will try again by itself";
            case NO_ANSWER -> server + " did not answer our question in time; your server will try again by itself";
            case UNREACHABLE -> server + " cannot be reached; the postmaster of " + domain + " should look at it";
            case BROKEN_PEER ->
                server + " does not speak SMTP as it should; the postmaster of " + domain + " should look at it";
            case DNS_FAILURE -> "the DNS of " + domain + " could not be asked; your server will try again by itself";
            case UNUSABLE_EXCHANGER ->
                "the MX records of " + domain + " name no usable mail server; its postmaster should mend them";
            case RATE_LIMITED, CIRCUIT_OPEN, OVERLOADED ->
                "we do not ask " + server + " just now (" + verdict.reason().word()
                        + "); your server will try again by itself";
            case FORGED_SENDER ->
                "SPF of " + domain + " does not allow your address to send for it; send through its own servers";
            case NOT_ASKED -> "the address was not verified";
        };
    }
}
