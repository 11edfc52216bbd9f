package io.countersign.diagnosis;

import java.util.Locale;

/** All that the doctor can find wrong, and the remedy: one sentence a postmaster can act on. {@code docs/doctor.md} lists them. */
public enum Fault {
    // the domain in DNS
    NO_SUCH_DOMAIN(
            Check.EXCHANGERS,
            Certainty.SEEN,
            Level.FAIL,
            "Register the name or mend its zone: it needs an MX record, or senders there are refused "
                    + "and mail to it bounces."),
    NULL_MX(
            Check.EXCHANGERS,
            Certainty.SEEN,
            Level.FAIL,
            "Replace the null MX (RFC 7505) by a real one if the domain is to send or take mail: with "
                    + "it servers refuse both."),
    NULL_MX_AMONG_OTHERS(
            Check.EXCHANGERS,
            Certainty.SEEN,
            Level.WARN,
            "Delete the MX record that names the root: beside other records it means nothing, and "
                    + "some senders give up at it."),
    IMPLICIT_MX(
            Check.EXCHANGERS,
            Certainty.SEEN,
            Level.WARN,
            "Publish an MX record: without one mail goes to whatever host the name itself leads to."),
    MX_NAMES_NO_HOST(
            Check.EXCHANGERS,
            Certainty.SEEN,
            Level.FAIL,
            "Let each MX record name a host: an IP address or anything else that is no host name "
                    + "cannot be looked up."),
    MX_NAMES_ALIAS(
            Check.EXCHANGERS,
            Certainty.SEEN,
            Level.WARN,
            "Let the MX record name the host itself instead of a CNAME (RFC 2181 section 10.3): some "
                    + "senders refuse aliases."),
    DNS_FAILURE(
            Check.EXCHANGERS,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later; if it stays so, look after the domain's name servers and this machine's " + "resolver."),
    NO_ADDRESS(
            Check.ADDRESSES,
            Certainty.SEEN,
            Level.FAIL,
            "Publish an A or AAAA record for the exchanger, or take it out of the MX records."),
    FORBIDDEN_ADDRESS(
            Check.ADDRESSES,
            Certainty.SEEN,
            Level.FAIL,
            "Publish the public address of the exchanger: nobody outside can reach a private one."),
    ADDRESS_FAILURE(
            Check.ADDRESSES,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later; if it stays so, look after the name servers of the exchanger's name."),
    NO_REVERSE_DNS(
            Check.REVERSE_DNS,
            Certainty.SEEN,
            Level.WARN,
            "Have the owner of the address publish a PTR record: many servers refuse mail from "
                    + "addresses without one."),
    REVERSE_DNS_UNCONFIRMED(
            Check.REVERSE_DNS,
            Certainty.SEEN,
            Level.WARN,
            "Make the PTR name's address records contain the address: servers that check both ways "
                    + "refuse mail from here."),
    REVERSE_DNS_FAILURE(
            Check.REVERSE_DNS,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later; if it stays so, look after the name servers of the reverse zone."),
    // the conversation
    NO_CONNECTION(
            Check.CONNECTION,
            Certainty.SEEN,
            Level.FAIL,
            "Let the exchanger listen on port 25 and its firewall let everybody in, or take it out of "
                    + "the MX records."),
    NO_WAY_FROM_HERE(
            Check.CONNECTION,
            Certainty.OPEN,
            Level.WARN,
            "Mend this machine's network: there is no way from here to any address of the exchanger."),
    OUR_LIMITS(
            Check.CONNECTION,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later: our own limits for callouts kept us from asking now."),
    NOT_SMTP(
            Check.CONNECTION,
            Certainty.SEEN,
            Level.FAIL,
            "Find out what answers on that port: it does not speak SMTP as RFC 5321 has it."),
    NO_ANSWER(
            Check.CONNECTION,
            Certainty.SEEN,
            Level.FAIL,
            "Find out why the exchanger stops answering in mid-session: servers that ask it give up, "
                    + "and refuse or delay mail."),
    HANGS_UP(
            Check.CONNECTION,
            Certainty.SEEN,
            Level.FAIL,
            "Let the exchanger answer with a reply instead of closing the connection: servers that "
                    + "ask it learn nothing."),
    TRY_LATER(
            Check.CONNECTION,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later; if it stays so, the exchanger is overloaded, or defers everybody it " + "does not know."),
    REFUSES_US(
            Check.CONNECTION,
            Certainty.SEEN,
            Level.FAIL,
            "Ask the postmaster there (or the block list named in the reply) why this machine is "
                    + "refused, quoting the reply."),
    GREETING_LATE(
            Check.GREETING,
            Certainty.SEEN,
            Level.WARN,
            "Shorten the pause before the 220: servers that verify senders wait only a few seconds " + "for it."),
    NO_GREETING(
            Check.GREETING,
            Certainty.SEEN,
            Level.FAIL,
            "Find out why no 220 comes after the connection: a full server, a hanging DNS or block " + "list lookup."),
    ONLY_HELO(
            Check.EHLO,
            Certainty.SEEN,
            Level.WARN,
            "Let the server take EHLO, which RFC 5321 demands: without it there is neither TLS nor " + "SIZE."),
    HELO_REFUSED(
            Check.EHLO,
            Certainty.SEEN,
            Level.FAIL,
            "Let the server take the HELO name of any client, or say in its reply what it wants."),
    NO_STARTTLS(
            Check.STARTTLS,
            Certainty.SEEN,
            Level.WARN,
            "Give the server a certificate and let it offer STARTTLS: some senders deliver to nobody " + "without it."),
    STARTTLS_BROKEN(
            Check.STARTTLS,
            Certainty.SEEN,
            Level.FAIL,
            "Mend the certificate, key or protocol settings, or stop offering STARTTLS: senders that "
                    + "need it cannot deliver."),
    NULL_SENDER_REFUSED(
            Check.NULL_SENDER,
            Certainty.SEEN,
            Level.FAIL,
            "Accept MAIL FROM:<> (RFC 5321 section 4.5.5): servers that verify senders refuse mail "
                    + "from this domain, and bounces are lost."),
    GREYLISTING(
            Check.NULL_SENDER,
            Certainty.SEEN,
            Level.WARN,
            "Exempt the null sender from greylisting: a callout cannot come back, so mail from this "
                    + "domain is delayed or refused."),
    POSTMASTER_REFUSED(
            Check.POSTMASTER,
            Certainty.SEEN,
            Level.FAIL,
            "Accept mail to postmaster (RFC 5321 section 4.5.1): some servers refuse mail from "
                    + "domains without it."),
    CATCH_ALL(
            Check.RANDOM_ADDRESS,
            Certainty.SEEN,
            Level.WARN,
            "Refuse unknown recipients at RCPT: whoever accepts them sends bounces to innocent "
                    + "people, and nobody can verify a sender here."),
    SEVERAL_RECIPIENTS_REFUSED(
            Check.SEVERAL_RECIPIENTS,
            Certainty.SEEN,
            Level.WARN,
            "Answer each RCPT by itself, also from the null sender: some servers ask for two "
                    + "addresses in one probe."),
    RSET_NOT_SURVIVED(
            Check.RSET,
            Certainty.SEEN,
            Level.WARN,
            "Keep the session usable after RSET (RFC 5321 section 4.1.1.5): servers that verify "
                    + "several addresses use it."),
    SLOW(
            Check.ANSWER_TIME,
            Certainty.SEEN,
            Level.WARN,
            "Answer probes within a few seconds (no delay for strangers, fast recipient lookups): "
                    + "servers that verify senders do not wait longer."),
    NO_ENHANCED_CODES(
            Check.ENHANCED_CODES,
            Certainty.SEEN,
            Level.WARN,
            "Put enhanced codes (RFC 3463) into refusals: without 5.1.1 servers must guess whether an "
                    + "address or they themselves are refused."),
    // its SPF policy
    NO_SPF(
            Check.SPF,
            Certainty.SEEN,
            Level.WARN,
            "Publish an SPF record (RFC 7208): large providers refuse or file away mail from domains "
                    + "without one."),
    SPF_SEVERAL(
            Check.SPF,
            Certainty.SEEN,
            Level.FAIL,
            "Publish one SPF record only: with two of them the policy counts as broken."),
    SPF_SYNTAX(
            Check.SPF,
            Certainty.SEEN,
            Level.FAIL,
            "Correct the SPF record's syntax: servers treat a broken policy as an error, and many "
                    + "refuse the mail."),
    SPF_TOO_MANY_LOOKUPS(
            Check.SPF,
            Certainty.SEEN,
            Level.FAIL,
            "Bring the SPF record down to ten terms that ask DNS (includes count too) and two that "
                    + "find nothing: beyond it is an error."),
    SPF_BROKEN_REFERENCE(
            Check.SPF,
            Certainty.SEEN,
            Level.FAIL,
            "Take out, or mend, the include or redirect of the SPF record that leads to a domain "
                    + "without a policy."),
    SPF_ALLOWS_EVERYBODY(
            Check.SPF,
            Certainty.SEEN,
            Level.WARN,
            "Replace +all in the SPF record by -all or ~all: it lets everybody send in this domain's "
                    + "name, and receivers distrust it."),
    SPF_FAILURE(
            Check.SPF,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later; if it stays so, look after the name servers that the SPF record leads " + "to."),
    // ourselves
    NO_FULL_NAME(
            Check.OWN_NAME,
            Certainty.SEEN,
            Level.FAIL,
            "Set hostname (or callout.helo) to a full name that leads to this machine: many servers "
                    + "refuse any other HELO."),
    HELO_NO_ADDRESS(
            Check.OWN_NAME,
            Certainty.SEEN,
            Level.FAIL,
            "Publish an A or AAAA record for our HELO name: many servers refuse a name that leads " + "nowhere."),
    HELO_ELSEWHERE(
            Check.OWN_NAME,
            Certainty.SEEN,
            Level.WARN,
            "Make the HELO name lead to the public address this machine sends from; behind address "
                    + "translation that cannot be seen from here."),
    OWN_DNS_FAILURE(
            Check.OWN_NAME,
            Certainty.OPEN,
            Level.WARN,
            "Look after this machine's resolver (dns.servers): our own name cannot be looked up."),
    OWN_NO_REVERSE_DNS(
            Check.OWN_REVERSE_DNS,
            Certainty.SEEN,
            Level.FAIL,
            "Have the owner of our address publish a PTR record with our HELO name: many servers "
                    + "refuse clients without one."),
    OWN_REVERSE_DNS_OTHER(
            Check.OWN_REVERSE_DNS,
            Certainty.SEEN,
            Level.WARN,
            "Make the PTR record of our address name our HELO name, and that name lead back to the " + "address."),
    OWN_REVERSE_DNS_FAILURE(
            Check.OWN_REVERSE_DNS,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later; if it stays so, look after the name servers of the reverse zone of our " + "address."),
    OWN_NO_SPF(
            Check.OWN_SPF,
            Certainty.SEEN,
            Level.WARN,
            "Publish \"v=spf1 a -all\" for our HELO name: with the null sender, SPF looks at that name " + "alone."),
    OWN_SPF_REFUSES(
            Check.OWN_SPF,
            Certainty.SEEN,
            Level.FAIL,
            "Add our address to the SPF record of our HELO name: it refuses our callouts and bounces."),
    OWN_SPF_FAILURE(
            Check.OWN_SPF,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later; if it stays so, look after the name servers of our HELO name."),
    MX_ELSEWHERE(
            Check.OWN_MX,
            Certainty.SEEN,
            Level.WARN,
            "Point the MX records of our domains here, or accept that mail which goes elsewhere is "
                    + "not verified by us."),
    // the MTA behind us
    MTA_UNREACHABLE(
            Check.MTA,
            Certainty.SEEN,
            Level.FAIL,
            "Start the MTA, or correct backend.address: while it is away all mail is deferred."),
    MTA_MISFIT(
            Check.MTA,
            Certainty.SEEN,
            Level.FAIL,
            "Make backend.tls and backend.client-identity agree with what the MTA offers and allows."),
    MTA_TRY_LATER(
            Check.MTA,
            Certainty.OPEN,
            Level.WARN,
            "Ask again later; if it stays so, find out in the MTA's log why it defers our questions."),
    IDENTITY_NOT_PASSED(
            Check.MTA_IDENTITY,
            Certainty.SEEN,
            Level.FAIL,
            "Let the MTA take XCLIENT from us (Postfix: smtpd_authorized_xclient_hosts), or set "
                    + "backend.client-identity: it takes all mail for ours."),
    IDENTITY_NONE(
            Check.MTA_IDENTITY,
            Certainty.SEEN,
            Level.WARN,
            "Use XCLIENT or the PROXY protocol if the MTA can: with client-identity = none it judges "
                    + "every client as ours."),
    MTA_REFUSES_NULL_SENDER(
            Check.MTA_NULL_SENDER,
            Certainty.SEEN,
            Level.FAIL,
            "Let the MTA accept MAIL FROM:<> (RFC 5321 section 4.5.5): other servers' callouts fail "
                    + "and bounces to us are lost."),
    MTA_REFUSES_POSTMASTER(
            Check.MTA_POSTMASTER,
            Certainty.SEEN,
            Level.FAIL,
            "Let the MTA accept mail to postmaster of our domains (RFC 5321 section 4.5.1): some "
                    + "servers refuse mail from domains without it."),
    MTA_CATCH_ALL(
            Check.MTA_UNKNOWN_RECIPIENT,
            Certainty.SEEN,
            Level.FAIL,
            "Let the MTA refuse unknown recipients at RCPT (Postfix: local_recipient_maps, "
                    + "relay_recipient_maps): else it bounces to innocent people."),
    MTA_DENIES_OUR_DOMAIN(
            Check.MTA_UNKNOWN_RECIPIENT,
            Certainty.SEEN,
            Level.FAIL,
            "Make the MTA take mail for every domain in domains, or delete it there: the two "
                    + "configurations disagree."),
    MTA_RELAYS_FOREIGN(
            Check.MTA_RELAYING,
            Certainty.SEEN,
            Level.FAIL,
            "Take our address out of the networks the MTA relays for (Postfix: mynetworks): it relays "
                    + "for strangers that come through us."),
    MTA_RELAYS_ROUTED(
            Check.MTA_RELAYING,
            Certainty.SEEN,
            Level.FAIL,
            "Let the MTA refuse local parts with %, ! or @ (Postfix: allow_untrusted_routing = no): "
                    + "they lead mail on to other places."),
    MTA_SIZE_SMALLER(
            Check.MTA_SIZE,
            Certainty.SEEN,
            Level.WARN,
            "Raise the MTA's message size limit, or lower listen.limits.message-size to it: clients "
                    + "are offered the smaller of both."),
    MTA_SLOW(
            Check.MTA_ANSWER_TIME,
            Certainty.SEEN,
            Level.WARN,
            "Switch off the MTA's delays after errors for us (Postfix: smtpd_error_sleep_time = 0, "
                    + "high soft and hard error limits).");

    private enum Certainty {
        SEEN,
        /** It could not be found out; nothing is held against anybody. */
        OPEN
    }

    private final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');
    private final Check check;
    private final Certainty certainty;
    private final Level level;
    private final String remedy;

    Fault(Check check, Certainty certainty, Level level, String remedy) {
        this.check = check;
        this.certainty = certainty;
        this.level = level;
        this.remedy = remedy;
    }

    /** {@code null-sender-refused}: as it stands in JSON and in the documentation. */
    public String word() {
        return word;
    }

    public Check check() {
        return check;
    }

    public Level level() {
        return level;
    }

    public String remedy() {
        return remedy;
    }

    /** True when it only says that something could not be found out. */
    public boolean isOpen() {
        return certainty == Certainty.OPEN;
    }
}
