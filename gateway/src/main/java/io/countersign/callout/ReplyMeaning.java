package io.countersign.callout;

import io.countersign.callout.PhraseBook.Topic;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a reply that ended a callout means: (stage, reply, who was asked) to a reason. Pure; the words it knows are data
 * ({@code reply-phrases.txt}, {@code provider-rules.txt}). Where a reply may be read in two ways it is read as
 * {@linkplain io.countersign.verdict.Kind#UNDETERMINED undetermined}: only proof refuses mail.
 */
public final class ReplyMeaning {
    private static final Logger LOG = LoggerFactory.getLogger(ReplyMeaning.class);
    private static final PhraseBook BOOK = PhraseBook.SHIPPED;
    private static final ProviderRules PROVIDERS = ProviderRules.SHIPPED;

    private ReplyMeaning() {}

    /**
     * Reads the rules, which lie in files: to be called before the first reply, and not on an event loop.
     *
     * @throws IllegalStateException when they are not packaged
     */
    public static void prepare() {
        LOG.debug("rules for replies: {}, {}", BOOK, PROVIDERS);
    }

    /**
     * Who was asked what.
     *
     * @param exchanger host name of the exchanger; empty when it is not known
     * @param from what stood in MAIL FROM
     * @param address what stood in RCPT TO, or null when it is not known
     */
    public record Asked(
            String exchanger, ReversePath from, @Nullable MailAddress address) {
        /** A reply of which nothing else is known: a line out of a log, asked with the null sender. */
        public static final Asked UNKNOWN = new Asked("", ReversePath.NULL, null);
    }

    /**
     * Reads the reply that ended the question at this stage.
     *
     * @param stage where the reply came: GREETING, HELO, STARTTLS, MAIL or RCPT
     * @param reply at RCPT any reply; at other stages one that does not let the dialogue go on (a positive one there is out of
     *     place: broken-peer)
     */
    public static Reason of(Stage stage, SmtpReply reply, Asked asked) {
        return switch (stage) {
            case RCPT -> atRcpt(reply, asked);
            case MAIL -> atMail(reply, asked);
            case DNS, CONNECT, GREETING, HELO, STARTTLS -> beforeMail(reply);
        };
    }

    /** Whether the words are about our address or host, or a block list; those of the address asked, which they quote, are not theirs. */
    public static boolean namesUs(SmtpReply reply, Asked asked) {
        String text = withoutAsked(reply, asked);
        MailAddress address = asked.address();
        String theirs = address == null ? text : ReplyText.withoutWord(text, address.localPart());
        return BOOK.mentions(Topic.ABOUT_US, ReplyText.words(theirs));
    }

    private static Reason beforeMail(SmtpReply reply) {
        if (reply.isTransient()) {
            return Reason.TRY_LATER;
        }
        return reply.isPermanent() ? Reason.REFUSED_US : Reason.BROKEN_PEER;
    }

    private static Reason atMail(SmtpReply reply, Asked asked) {
        if (reply.code() < 400) {
            return Reason.BROKEN_PEER;
        }
        String words = ReplyText.words(ReplyText.of(reply));
        if (reply.isTransient() && BOOK.mentions(Topic.GREYLISTING, words)) {
            return Reason.TRY_LATER;
        }
        if (BOOK.mentions(Topic.ABOUT_US, words)) {
            return Reason.REFUSED_US;
        }
        if (reply.isTransient()) {
            return Reason.TRY_LATER;
        }
        return asked.from().isNull() ? Reason.REFUSES_NULL_SENDER : Reason.REFUSED_US;
    }

    private static Reason atRcpt(SmtpReply reply, Asked asked) {
        if (reply.code() < 400) {
            // 220 or 221 here answers another question; 250, 251 and 252 answer ours (RFC 5321 §3.3, §3.4, §3.5.3).
            return reply.code() / 10 == 25 ? Reason.ACCEPTED : Reason.BROKEN_PEER;
        }
        String text = withoutAsked(reply, asked);
        String words = ReplyText.words(text);
        List<EnhancedStatus> codes = EnhancedCodes.of(reply);
        boolean greylisting = BOOK.mentions(Topic.GREYLISTING, words);
        if (reply.isTransient() && greylisting) {
            return Reason.TRY_LATER;
        }
        if (codes.stream().anyMatch(c -> c.statusClass() == 5 && c.subject() == 7)
                || BOOK.mentions(Topic.ABOUT_US, words)
                || (reply.isPermanent() && BOOK.mentions(Topic.ABOUT_SENDER, words))) {
            return Reason.REFUSED_US;
        }
        if (reply.code() >= 500 && reply.code() <= 504) {
            return Reason.BROKEN_PEER;
        }
        EnhancedStatus code = codes.isEmpty() ? null : codes.get(0);
        if (code != null && code.is(2, 2)) {
            return Reason.MAILBOX_FULL;
        }
        if (reply.isTransient()) {
            return Reason.TRY_LATER;
        }
        return permanentAtRcpt(reply, asked, code, text);
    }

    private static Reason permanentAtRcpt(SmtpReply reply, Asked asked, @Nullable EnhancedStatus code, String text) {
        String words = ReplyText.words(text);
        if (BOOK.mentions(Topic.GREYLISTING, words)) {
            return Reason.TRY_LATER;
        }
        if (code != null && isAboutAddress(code)) {
            return Reason.NO_SUCH_MAILBOX;
        }
        if (code != null && code.is(2, 1)) {
            return Reason.MAILBOX_DISABLED;
        }
        Reason known = PROVIDERS.meaning(asked.exchanger(), reply, words);
        if (known != null) {
            return known;
        }
        if (code != null && !leavesItToTheText(code)) {
            return Reason.REFUSED_US;
        }
        return switch (reply.code()) {
            case 550, 551, 553, 554 -> byText(text, words, code, asked);
            // RFC 5321 §4.5.3.1.10: 552 is how old servers say "too many recipients".
            case 552 -> Reason.TRY_LATER;
            default -> Reason.REFUSED_US;
        };
    }

    /** The words decide: no code does. */
    private static Reason byText(String text, String words, @Nullable EnhancedStatus code, Asked asked) {
        if (BOOK.mentions(Topic.MAILBOX_FULL, words)) {
            return Reason.MAILBOX_FULL;
        }
        if (BOOK.mentions(Topic.ABOUT_POLICY, words)) {
            return Reason.REFUSED_US;
        }
        String bare = ReplyText.withoutAddresses(text);
        String bareWords = ReplyText.words(bare);
        if (BOOK.mentions(Topic.MAILBOX_DISABLED, bareWords)) {
            return Reason.MAILBOX_DISABLED;
        }
        boolean about = BOOK.mentions(Topic.ABOUT_ADDRESS, bareWords)
                || (asked.address() != null
                        && BOOK.mentions(
                                Topic.ABOUT_ADDRESS,
                                ReplyText.words(ReplyText.withoutWord(
                                        bare, asked.address().localPart()))))
                || (code != null && code.is(1, 0) && BOOK.mentions(Topic.ABOUT_ADDRESS_BESIDE_510, bareWords));
        return about ? Reason.NO_SUCH_MAILBOX : Reason.REFUSED_US;
    }

    /** RFC 3463 §3.2: bad mailbox, bad mailbox syntax, mailbox has moved; RFC 7505 §4.2: null MX. */
    private static boolean isAboutAddress(EnhancedStatus code) {
        return code.is(1, 1) || code.is(1, 3) || code.is(1, 6) || code.is(1, 10);
    }

    /** "Other", "other address status", "other protocol status": the code says nothing. */
    private static boolean leavesItToTheText(EnhancedStatus code) {
        return code.is(0, 0) || code.is(1, 0) || code.is(5, 0);
    }

    private static String withoutAsked(SmtpReply reply, Asked asked) {
        String text = ReplyText.of(reply);
        MailAddress address = asked.address();
        return address == null ? text : ReplyText.without(text, address.text());
    }
}
