package io.countersign.lab;

import java.time.Duration;
import java.util.Optional;

/**
 * The exchangers one meets, by name. {@code users} are the addresses that exist there; each is a {@link Behaviour} that
 * can be refined further.
 *
 * <pre>{@code
 * lab.domain("b.test", Exchangers.wellBehaved("alice@b.test"));
 * lab.domain("grey.test", Exchangers.greylists(1, "bob@grey.test").pace(Duration.ofMillis(20)));
 * }</pre>
 */
public final class Exchangers {
    private static final String PLEASE_GO = "554 5.7.1 Service unavailable; client host blocked using bl.lab.test";

    private Exchangers() {}

    /** Knows its users, says 550 5.1.1 to all others, is quick. */
    public static Behaviour wellBehaved(String... users) {
        return Behaviour.proper().mailboxes(Mailboxes.users(users));
    }

    /** 250 to every address, also one made up. */
    public static Behaviour acceptsAny() {
        return Behaviour.proper().mailboxes(Mailboxes.any());
    }

    /** 550 5.1.1 to every address. */
    public static Behaviour saysNoSuchUser() {
        return Behaviour.proper().mailboxes(Mailboxes.all(Mailboxes.UNKNOWN));
    }

    /** 452 4.2.2 to every address. */
    public static Behaviour mailboxFull() {
        return Behaviour.proper().mailboxes(Mailboxes.all(Mailboxes.FULL));
    }

    /** 550 5.2.1 to every address. */
    public static Behaviour mailboxDisabled() {
        return Behaviour.proper().mailboxes(Mailboxes.all(Mailboxes.DISABLED));
    }

    /** {@code reply}, such as {@code 550 go away}, to every address; {@code {}} in it is the path. */
    public static Behaviour saysToAll(String reply) {
        return Behaviour.proper().mailboxes(Mailboxes.all(reply));
    }

    /** 553 to {@code MAIL FROM:<>}, as sites do that fear bounces. */
    public static Behaviour refusesNullSender(String... users) {
        return wellBehaved(users)
                .hook(heard ->
                        heard.stage() == LabStage.MAIL && heard.argument().isEmpty()
                                ? Optional.of(Act.reply("553 5.1.7 Null senders are not accepted here"))
                                : Optional.empty());
    }

    /** 450 to each triple until it was tried {@code tries} times. */
    public static Behaviour greylists(int tries, String... users) {
        return wellBehaved(users).greylist(tries, Duration.ZERO);
    }

    /** 450 to each triple until {@code delay} has passed since its first try. */
    public static Behaviour greylists(Duration delay, String... users) {
        return wellBehaved(users).greylist(0, delay);
    }

    /** 554 5.7.1 about our address, to each RCPT. */
    public static Behaviour blocksUs() {
        return Behaviour.proper().at(LabStage.RCPT, Act.reply(PLEASE_GO));
    }

    /** 554 instead of 220. */
    public static Behaviour blocksUsAtOnce() {
        return Behaviour.proper().at(LabStage.GREETING, Act.reply(PLEASE_GO));
    }

    /** 521 instead of 220, and closes: a host that takes no mail (RFC 7504). */
    public static Behaviour takesNoMail() {
        return Behaviour.proper()
                .at(
                        LabStage.GREETING,
                        Act.reply("521 5.3.2 no mail is taken here").then(Act.close()));
    }

    /** 421 instead of 220, and closes. */
    public static Behaviour tooBusy() {
        return Behaviour.proper()
                .at(
                        LabStage.GREETING,
                        Act.reply("421 4.3.2 too many connections").then(Act.close()));
    }

    /** Proper up to {@code stage}, where no answer ever comes. */
    public static Behaviour neverAnswers(LabStage stage) {
        return Behaviour.proper().mailboxes(Mailboxes.any()).at(stage, Act.never());
    }

    /** Closes instead of answering at {@code stage}. */
    public static Behaviour hangsUp(LabStage stage) {
        return Behaviour.proper().mailboxes(Mailboxes.any()).at(stage, Act.close());
    }

    /** Resets the connection instead of answering at {@code stage}. */
    public static Behaviour resets(LabStage stage) {
        return Behaviour.proper().mailboxes(Mailboxes.any()).at(stage, Act.reset());
    }

    /** Answers each command {@code eachReply} late. */
    public static Behaviour slow(Duration eachReply, String... users) {
        return wellBehaved(users).pace(eachReply);
    }

    /** A minute for each reply. */
    public static Behaviour tarpit() {
        return Behaviour.proper().mailboxes(Mailboxes.any()).pace(Duration.ofMinutes(1));
    }

    /** Knows no EHLO. */
    public static Behaviour knowsOnlyHelo(String... users) {
        return wellBehaved(users).at(LabStage.EHLO, Act.reply("500 5.5.1 Command unrecognized"));
    }

    /** Octets that are no SMTP instead of the reply at {@code stage}. */
    public static Behaviour garbage(LabStage stage) {
        return Behaviour.proper().mailboxes(Mailboxes.any()).at(stage, Act.garbage());
    }

    /** A reply at {@code stage} that goes on as long as somebody reads it. */
    public static Behaviour endlessReply(LabStage stage) {
        return Behaviour.proper().mailboxes(Mailboxes.any()).at(stage, Act.endless("250-and another thing\r\n"));
    }

    /** A reply at {@code stage} that is one endless line. */
    public static Behaviour endlessLine(LabStage stage) {
        return Behaviour.proper()
                .mailboxes(Mailboxes.any())
                .at(stage, Act.octets("250 ").then(Act.endless("and so on ")));
    }

    /** {@code 250} at {@code stage}, one octet each {@code pause}. */
    public static Behaviour octetByOctet(LabStage stage, Duration pause) {
        return Behaviour.proper().mailboxes(Mailboxes.any()).at(stage, Act.slowly("250 2.0.0 Ok\r\n", pause));
    }

    /** Ends the reply at {@code stage} with LF alone. */
    public static Behaviour bareLf(LabStage stage) {
        return Behaviour.proper().mailboxes(Mailboxes.any()).at(stage, Act.octets("250 2.0.0 Ok\n"));
    }

    /** Two replies to one command. */
    public static Behaviour twoReplies(LabStage stage) {
        return Behaviour.proper()
                .mailboxes(Mailboxes.any())
                .at(stage, Act.octets("250 2.0.0 Ok\r\n250 2.0.0 Ok again\r\n"));
    }

    /** Says 250 to RCPT unasked, together with its reply to MAIL: whoever pairs replies by order takes it for the answer. */
    public static Behaviour answersUnasked() {
        return saysNoSuchUser().at(LabStage.MAIL, Act.octets("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n"));
    }

    /** Offers STARTTLS, and it works. */
    public static Behaviour withStartTls(String... users) {
        return wellBehaved(users).keyword("STARTTLS");
    }

    /** Offers STARTTLS, says 220, and then speaks no TLS. */
    public static Behaviour brokenTls(String... users) {
        return withStartTls(users)
                .at(LabStage.STARTTLS, Act.reply("220 2.0.0 Ready to start TLS").then(Act.garbage()));
    }

    /** Offers STARTTLS, says 220, and then nothing. */
    public static Behaviour silentTls(String... users) {
        return withStartTls(users)
                .at(LabStage.STARTTLS, Act.reply("220 2.0.0 Ready to start TLS").then(Act.never()));
    }

    /** A reply in clear behind the 220 to STARTTLS, for a client that keeps it for later (TL02). */
    public static Behaviour injectsBeforeTls(String... users) {
        return withStartTls(users)
                .at(
                        LabStage.STARTTLS,
                        Act.octets("220 2.0.0 Ready to start TLS\r\n250 injected\r\n")
                                .then(Act.startTls()));
    }
}
