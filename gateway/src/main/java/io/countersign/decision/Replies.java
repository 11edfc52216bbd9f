package io.countersign.decision;

import io.countersign.relay.MtaAnswer;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpReply;
import java.util.ArrayList;
import java.util.List;

/**
 * The gateway's own replies (product.md §4). Wording follows Postfix where it has words. Every 4xx and 5xx carries the
 * transaction's id; replies about syntax and order come from the protocol module and get theirs through {@link #withId}.
 */
public final class Replies {
    private Replies() {}

    /** The same reply with {@code (id …)} at the end of its last line; positive replies are returned as they are. */
    public static SmtpReply withId(SmtpReply reply, String id) {
        if (reply.code() < 400) {
            return reply;
        }
        List<String> lines = new ArrayList<>(reply.lines());
        int last = lines.size() - 1;
        String text = lines.get(last);
        lines.set(last, text.isEmpty() ? "(id " + id + ")" : text + " (id " + id + ")");
        return new SmtpReply(reply.code(), reply.enhanced(), lines);
    }

    /** Longest line of a reply without its CRLF (RFC 5321 §4.5.3.1.5), in characters. */
    private static final int LINE = 510;

    /** Whatever strangers contributed to {@code text}, the line keeps within its limit and the id at its end. */
    static SmtpReply reply(int code, EnhancedStatus status, String text, String id) {
        String end = " (id " + id + ")";
        int room = LINE - "550 ".length() - status.toString().length() - 1 - end.length();
        return SmtpReply.of(code, status, (text.length() > room ? text.substring(0, room) : text) + end);
    }

    private static EnhancedStatus status(int statusClass, int subject, int detail) {
        return EnhancedStatus.of(statusClass, subject, detail);
    }

    // --- the connection ---

    public static SmtpReply tooManyConnections(String limit, String id) {
        return reply(421, status(4, 7, 0), "Error: too many connections (" + limit + ")", id);
    }

    /** @param wall what was struck, such as {@code overload.memory.sessions} */
    public static SmtpReply overloaded(String hostname, String wall, String id) {
        return reply(421, status(4, 3, 2), hostname + " Service overloaded, try again later (" + wall + ")", id);
    }

    public static SmtpReply shuttingDown(String hostname, String id) {
        return reply(421, status(4, 3, 2), hostname + " Service shutting down, try again later", id);
    }

    /** The MTA was never seen: we cannot say what we offer. */
    public static SmtpReply mtaNeverSeen(String hostname, String id) {
        return reply(
                421,
                status(4, 3, 2),
                hostname + " Service not ready: the mail server behind has not been reached yet, try again later",
                id);
    }

    public static SmtpReply timeout(String hostname, String limit, String id) {
        return reply(421, status(4, 4, 2), hostname + " Error: timeout exceeded (" + limit + ")", id);
    }

    public static SmtpReply tooManyErrors(String limit, String id) {
        return reply(421, status(4, 7, 0), "Error: too many errors (" + limit + ")", id);
    }

    public static SmtpReply tooManyTransactions(String id) {
        return reply(
                421, status(4, 7, 0), "Error: too many transactions in one session (listen.limits.transactions)", id);
    }

    public static SmtpReply tooManyUnknownRecipients(String id) {
        return reply(421, status(4, 7, 0), "Error: too many unknown recipients (listen.limits.unknown-recipients)", id);
    }

    public static SmtpReply synchronization(String id) {
        return reply(554, status(5, 5, 0), "SMTP protocol synchronization error: you spoke before your turn", id);
    }

    public static SmtpReply foreignProtocol(String id) {
        return reply(521, status(5, 5, 1), "This is SMTP; what you sent is another protocol", id);
    }

    // --- the envelope ---

    public static SmtpReply relayDenied(String path, String id) {
        return reply(550, status(5, 7, 1), path + ": Relay access denied", id);
    }

    public static SmtpReply tooManyRecipients(String id) {
        return reply(452, status(4, 5, 3), "Error: too many recipients (listen.limits.recipients)", id);
    }

    public static SmtpReply messageTooBig(String id) {
        return reply(552, status(5, 3, 4), "Message size exceeds fixed limit (listen.limits.message-size)", id);
    }

    /** @param text the MTA's words when it refused the address, already cut */
    public static SmtpReply unknownRecipient(String path, String text, String id) {
        return reply(550, status(5, 1, 1), path + ": Recipient address rejected: undeliverable address: " + text, id);
    }

    /** The MTA denies relaying for a domain of ours: the two configurations disagree. */
    public static SmtpReply relayingDisagreement(String path, String id) {
        return reply(
                451,
                status(4, 3, 5),
                path
                        + ": Server configuration problem: the mail server behind does not accept this domain; our postmaster has been told, try again later",
                id);
    }

    // --- reverse DNS ---

    /** Whether coming back may help. */
    public enum Lasting {
        TEMPORARY,
        PERMANENT
    }

    public static SmtpReply noReverseDns(Lasting lasting, String ip, String id) {
        return lasting == Lasting.PERMANENT
                ? reply(550, status(5, 7, 25), "Client host rejected: cannot find your hostname, [" + ip + "]", id)
                : reply(450, status(4, 7, 25), "Client host rejected: cannot find your hostname, [" + ip + "]", id);
    }

    // --- the content ---

    /** @param words e.g. {@code bare <LF> received} */
    public static SmtpReply badContent(String words, String id) {
        return reply(550, status(5, 5, 2), words, id);
    }

    public static SmtpReply nulInContent(String id) {
        return reply(550, status(5, 6, 0), "NUL octet received", id);
    }

    public static SmtpReply lineTooLong(String id) {
        return reply(550, status(5, 6, 0), "line too long", id);
    }

    /** @param most {@code Received:} fields that one message may have */
    public static SmtpReply loop(int most, String id) {
        return reply(
                554,
                status(5, 4, 6),
                "Error: too many hops: more than " + most + " Received fields, this mail goes round in a loop",
                id);
    }

    public static SmtpReply headerTooBig(String id) {
        return reply(552, status(5, 3, 4), "Message header size exceeds fixed limit (listen.limits.header-size)", id);
    }

    // --- the MTA ---

    /**
     * Why there is no word of the MTA.
     *
     * @throws IllegalArgumentException for {@link MtaAnswer.Replied}
     */
    public static SmtpReply withoutWord(MtaAnswer answer, String id) {
        return switch (answer.kind()) {
            case UNREACHABLE ->
                reply(451, status(4, 4, 1), "The mail server behind cannot be reached, try again later", id);
            case BUSY -> reply(451, status(4, 3, 2), "The mail server behind is busy, try again later", id);
            case LOST ->
                reply(451, status(4, 4, 2), "Lost connection with the mail server behind, try again later", id);
            case SILENT ->
                reply(451, status(4, 4, 2), "The mail server behind did not answer in time, try again later", id);
            case MISCONFIGURED ->
                reply(
                        451,
                        status(4, 3, 5),
                        "Server configuration problem: our postmaster has been told, try again later",
                        id);
            case REPLIED -> throw new IllegalArgumentException("the MTA did answer");
        };
    }

    /** The end of the content was sent and no answer came: the MTA may have it. */
    public static SmtpReply resultUnknown(String id) {
        return reply(
                451,
                status(4, 4, 2),
                "The mail server behind did not confirm the message: result unknown, try again later",
                id);
    }

    /** Recipients answered from memory were not all accepted when it counted. */
    public static SmtpReply owedNotAccepted(String id) {
        return reply(
                451, status(4, 4, 1), "The mail server behind does not accept all recipients now, try again later", id);
    }

    /**
     * The MTA refused something up to MAIL: the recipients get its class and enhanced code as 451 or 550 (product.md §3).
     *
     * @param refusal the MTA's reply, its text already cut
     */
    public static SmtpReply mailRefused(SmtpReply refusal, String id) {
        boolean permanent = refusal.isPermanent();
        EnhancedStatus status = refusal.enhanced() != null ? refusal.enhanced() : status(permanent ? 5 : 4, 0, 0);
        return reply(permanent ? 550 : 451, status, refusal.text(), id);
    }

    /** A reply that cannot be an answer to what was asked (RP09): never passed on. */
    public static SmtpReply unexpected(String id) {
        return reply(451, status(4, 3, 0), "The mail server behind gave an unexpected answer, try again later", id);
    }
}
