package io.countersign.journal;

import io.countersign.journal.TransactionRecord.Note;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * A story in plain words: what became of the mail, on whose side the cause lies, and what to do. Holds texts of strangers as the
 * story does; escape it for where it goes.
 *
 * @param what became of it, one or two sentences
 * @param side whose it is
 * @param advice one sentence; empty when there is nothing to do
 */
public record Telling(String what, Side side, String advice) {
    /** Where the cause lies. */
    public enum Side {
        NOBODY("nobody's: all went well"),
        OURS("ours"),
        CLIENT("the sending server's"),
        SENDER("the sender's domain's"),
        MTA("the MTA behind us"),
        RECIPIENT("the recipient address's");

        private final String words;

        Side(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    public static Telling of(Story s) {
        return switch (s.outcome()) {
            case ACCEPTED, TAGGED -> accepted(s);
            case ABANDONED -> abandoned(s);
            case DEFERRED, REJECTED -> refused(s);
        };
    }

    private static Telling accepted(Story s) {
        StringBuilder what = new StringBuilder("The MTA took the message");
        what.append(s.queueId() == null ? "" : " as " + s.queueId());
        long refused =
                s.recipients().stream().filter(r -> !r.reply().startsWith("2")).count();
        what.append(
                refused == 0
                        ? "."
                        : ", but not for all: " + refused + " of "
                                + s.recipients().size() + " recipients were refused.");
        Verdict verdict = s.sender().verdict();
        if (s.outcome() == TransactionRecord.Outcome.TAGGED && verdict != null) {
            what.append(" Its header says that the sender could not be verified: ")
                    .append(cause(s, verdict))
                    .append('.');
        }
        String advice = s.queueId() == null
                ? "If it did not arrive, look for it in the MTA's log."
                : "If it did not arrive, look for " + s.queueId() + " in the MTA's log.";
        if (s.notes().contains(Note.ACCEPTED_UNACKED)) {
            what.append(" The client was gone before it heard so.");
            advice = "The client will probably send it again: it may arrive twice.";
        }
        return new Telling(what.toString(), Side.NOBODY, advice);
    }

    private static Telling abandoned(Story s) {
        if (s.notes().contains(Note.PROBE)) {
            return new Telling(
                    "Another server asked whether the address exists, and got its answer: a callout. There was no message.",
                    Side.NOBODY,
                    "");
        }
        return s.sender().verdict() == null && s.recipients().isEmpty()
                ? new Telling(
                        "The client left before any recipient was answered.",
                        Side.CLIENT,
                        "It will come back if it meant it; if it never does, ask its postmaster.")
                : new Telling(
                        "Its recipients were accepted, and the client left without a message.",
                        Side.CLIENT,
                        "If mail is missing, the sending server's log says why it left.");
    }

    private static Telling refused(Story s) {
        String how = s.outcome() == TransactionRecord.Outcome.REJECTED ? "refused for good" : "put off";
        if (s.notes().contains(Note.NO_TRANSACTION)) {
            return new Telling(
                    "The session was " + how + " before there was a message.",
                    Side.CLIENT,
                    "Our reply says what was wrong.");
        }
        if (s.notes().contains(Note.POSSIBLE_DUPLICATE)) {
            return new Telling(
                    "All of the message went to the MTA, and its answer never came. It may have it; the client was told to"
                            + " try again, so it may arrive twice.",
                    Side.MTA,
                    "Look for " + (s.messageId() == null ? "the sender's address" : s.messageId())
                            + " in the MTA's log.");
        }
        if (s.mtaReply() != null && !s.mtaReply().startsWith("2")) {
            return new Telling(
                    "The MTA did not take the message, and it was " + how + ".", Side.MTA, "Its log says why.");
        }
        String rule = ruleOf(s);
        if (rule == null) {
            return byMta(s, how);
        }
        if (rule.startsWith("checks.reverse-dns")) {
            return new Telling(
                    "It was " + how + " because the client's address has no name in DNS that leads back to it.",
                    Side.CLIENT,
                    "The postmaster of " + s.client().address()
                            + " should have a PTR record set; until then it can stand in exempt.clients.");
        }
        if (rule.startsWith("domains")) {
            return new Telling(
                    "The recipient's domain is not one we take mail for.",
                    Side.RECIPIENT,
                    "If it should be, add it to domains (and to the MTA's configuration).");
        }
        if (rule.startsWith("checks.recipient")) {
            return new Telling(
                    "The MTA has said before that there is no such recipient.",
                    Side.RECIPIENT,
                    "If the mailbox was made a moment ago, countersign cache forget ADDRESS makes us ask again.");
        }
        Verdict verdict = s.sender().verdict();
        return verdict == null
                ? new Telling("It was " + how + ": " + rule + ".", Side.OURS, "")
                : new Telling(
                        "It was " + how + " because the sender could not be verified: " + cause(s, verdict) + ".",
                        side(verdict.reason()),
                        advice(s, verdict));
    }

    private static Telling byMta(Story s, String how) {
        boolean asked = !s.recipients().isEmpty()
                && s.recipients().stream().noneMatch(r -> r.reply().startsWith("2"));
        return asked
                ? new Telling(
                        "The MTA accepted none of the recipients.",
                        Side.MTA,
                        "Each one's reply says why; so does the MTA's log.")
                : new Telling("It was " + how + "; our reply says why.", Side.CLIENT, "");
    }

    /** Why it was refused: the rule of the last recipient that was refused by one. */
    private static @Nullable String ruleOf(Story s) {
        String rule = null;
        for (Story.Recipient r : s.recipients()) {
            if (r.rule() != null) {
                rule = r.rule();
            } else if (!r.reply().startsWith("2")) {
                rule = null;
            }
        }
        if (rule == null && s.reply() != null && s.reply().contains("Sender address rejected")) {
            rule = s.sender().rule(); // a probe address is judged at DATA
        }
        return rule;
    }

    private static String domain(Story s) {
        int at = s.from().lastIndexOf('@');
        return at < 0
                ? "the sender's domain"
                : s.from().substring(at + 1, s.from().length() - 1);
    }

    /** A clause. */
    private static String cause(Story s, Verdict v) {
        Evidence e = v.evidence();
        String server = e.exchanger() == null ? "the mail server of " + domain(s) : e.exchanger();
        String said = e.reply() == null ? "" : " (" + e.reply() + ")";
        return switch (v.reason()) {
            case ACCEPTED -> server + " accepts it";
            case ACCEPTS_ANY -> server + " accepts any address";
            case MAILBOX_FULL -> "its mailbox is full" + said;
            case NO_SUCH_MAILBOX -> server + " says there is no such mailbox" + said;
            case MAILBOX_DISABLED -> server + " says the mailbox is disabled" + said;
            case NO_SUCH_DOMAIN -> "its domain does not exist";
            case NULL_MX -> "its domain takes no mail (null MX)";
            case REFUSES_NULL_SENDER -> server + " refuses bounces, and with them our question" + said;
            case REFUSED_US -> server + " does not talk to us" + said;
            case TRY_LATER -> server + " put us off" + said;
            case NO_ANSWER -> server + " did not answer in time";
            case UNREACHABLE -> server + " cannot be reached";
            case BROKEN_PEER -> server + " does not speak SMTP as it should";
            case DNS_FAILURE -> "DNS gave no answer about its domain";
            case UNUSABLE_EXCHANGER -> "its MX records lead nowhere that may be connected to";
            case RATE_LIMITED, CIRCUIT_OPEN, OVERLOADED ->
                "we chose not to ask just then (" + v.reason().word() + ")";
            case FORGED_SENDER -> "SPF does not allow this client to send for its domain";
            case NOT_ASKED -> "it was not asked about" + (e.detail().isEmpty() ? "" : " (" + e.detail() + ")");
        };
    }

    private static Side side(Reason reason) {
        return switch (reason) {
            case RATE_LIMITED, CIRCUIT_OPEN, OVERLOADED, NOT_ASKED -> Side.OURS;
            case FORGED_SENDER -> Side.CLIENT;
            default -> Side.SENDER;
        };
    }

    private static String advice(Story s, Verdict v) {
        String domain = domain(s);
        return switch (v.reason()) {
            case NO_SUCH_MAILBOX, MAILBOX_DISABLED ->
                "The sender should write from an address that exists; if it does, countersign verify asks again.";
            case NO_SUCH_DOMAIN, NULL_MX -> "The sender should write from an address that can be answered.";
            case REFUSED_US -> "countersign doctor " + domain + " says why they refuse us.";
            case FORGED_SENDER -> "The sender should use the servers that SPF of " + domain + " names.";
            case TRY_LATER, NO_ANSWER, RATE_LIMITED, CIRCUIT_OPEN, OVERLOADED, DNS_FAILURE ->
                "Their server tries again by itself; it is let in after checks.sender.defer-at-most.";
            default -> "countersign doctor " + domain + " looks into it; exempt.senders lets it in meanwhile.";
        };
    }
}
