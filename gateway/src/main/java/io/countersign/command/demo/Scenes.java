package io.countersign.command.demo;

import static io.countersign.command.demo.Expect.arrivesWith;
import static io.countersign.command.demo.Expect.lastReply;
import static io.countersign.command.demo.Expect.nobodyIsAsked;
import static io.countersign.command.demo.Expect.nothingArrives;
import static io.countersign.command.demo.Expect.nullSenderOnly;
import static io.countersign.command.demo.Expect.oneQuestion;
import static io.countersign.command.demo.Expect.quickerThan;
import static io.countersign.command.demo.Expect.recipientReply;

import io.countersign.lab.Act;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabStage;
import io.countersign.lab.MtaBehaviour;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The story, in its order: later scenes rely on what earlier ones left in the gateway's memory. */
final class Scenes {
    private static final String UNKNOWN = "nobody@" + Town.OURS;

    private Scenes() {}

    static List<Scene> all() {
        return List.of(
                new Scene(
                        "Alice writes, and her server knows her",
                        "Before Alice's letter is let in, her own mail server is asked whether she exists: MAIL FROM:<>, RCPT,"
                                + " and no content.",
                        "The same, as long as everything works.",
                        "delivered",
                        letter(Town.FRIENDLY, "alice", "Lunch?"),
                        List.of(
                                oneQuestion(Town.FRIENDLY, Town.FRIENDLY.address("alice")),
                                arrivesWith("pass", "accepted"))),
                new Scene(
                        "Alice writes again, and nobody is asked twice",
                        "The answer is remembered for a week, and asked for again once a day at most.",
                        "Mostly the same. Where nothing is remembered, her server is asked for each letter, and blocks the asker.",
                        "delivered",
                        letter(Town.FRIENDLY, "alice", "Lunch at one, then"),
                        List.of(nobodyIsAsked(), arrivesWith("pass", "accepted"))),
                new Scene(
                        "Bob's server ignores our question",
                        "It takes the connection, and when it is asked about Bob it says nothing more. Bob is real, and his letter"
                                + " is good.",
                        "\"451 Could not complete sender verify callout\", at every try, until Bob's server gives up. White lists do"
                                + " not help: the question comes before them.",
                        "451 until it is lost",
                        letter(Town.SILENT, "bob", "The contract"),
                        List.of(
                                oneQuestion(Town.SILENT, Town.SILENT.address("bob")),
                                arrivesWith("temperror", "no-answer"))),
                new Scene(
                        "Carol's server takes no mail from the null sender",
                        "Somebody there was afraid of bounces. It refuses MAIL FROM:<>, so that it cannot even be asked about Carol.",
                        "\"550 Sender verify failed\": Carol's letter comes back to her.",
                        "550 Sender verify failed",
                        letter(Town.NO_BOUNCES, "carol", "Minutes of the meeting"),
                        List.of(nullSenderOnly(Town.NO_BOUNCES), arrivesWith("permerror", "refuses-null-sender"))),
                new Scene(
                        "Dave's server greylists our question",
                        "\"Come back later\", it says to everybody it does not know. Also to somebody who only wants to ask.",
                        "450, and again 450 from each of several machines in turn: late by hours, or never.",
                        "450, hours late or lost",
                        letter(Town.GREYLISTING, "dave", "Train times"),
                        List.of(
                                oneQuestion(Town.GREYLISTING, Town.GREYLISTING.address("dave")),
                                arrivesWith("temperror", "try-later"))),
                new Scene(
                        "Erin's server has us on a block list",
                        "554 5.7.1 says something about us. It says nothing about Erin.",
                        "\"550 Sender verify failed\", as though there were no Erin.",
                        "550 Sender verify failed",
                        letter(Town.BLOCKING, "erin", "Invoice 17"),
                        List.of(
                                oneQuestion(Town.BLOCKING, Town.BLOCKING.address("erin")),
                                arrivesWith("permerror", "refused-us"))),
                new Scene(
                        "Frank's mail server is down for the night",
                        "His domain has one exchanger, and connections to it are refused. Frank writes from somewhere else.",
                        "451, until morning or until it is given up.",
                        "451 while it is down",
                        letter(Town.DOWN, "frank", "Call me"),
                        List.of(nobodyIsAsked(), arrivesWith("temperror", "unreachable"))),
                new Scene(
                        "Grace's name servers are broken",
                        "SERVFAIL is not \"no such domain\".",
                        "\"450 Sender address rejected: Domain not found\".",
                        "450 Domain not found",
                        letter(Town.BROKEN_DNS, "grace", "Photographs"),
                        List.of(nobodyIsAsked(), arrivesWith("temperror", "dns-failure"))),
                new Scene(
                        "Mallory forges the bank",
                        "SPF says that this machine may not use the bank's name. Asking would only bother the bank: a thousand"
                                + " forgeries would be a thousand questions. The verdict goes into the header, for the filter behind us.",
                        "The bank's server is asked each time, and sooner or later blocks the asker.",
                        "the bank is bothered",
                        forgery(Town.BANK.address("service"), "Your account"),
                        List.of(nobodyIsAsked(), arrivesWith("none", "forged-sender"))),
                new Scene(
                        "Somebody pretends to be at Alice's",
                        "Her server says that there is no such person: that is proof, and the refusal quotes it. The id leads to the"
                                + " whole conversation.",
                        "Refused as well.",
                        "refused",
                        letter(Town.FRIENDLY, "winner", "You have won"),
                        List.of(
                                oneQuestion(Town.FRIENDLY, Town.FRIENDLY.address("winner")),
                                lastReply(
                                        "550 5.1.7 <winner@friendly.test>: Sender address rejected: undeliverable address: 550 5.1.1 "),
                                nothingArrives())),
                new Scene(
                        "The sender's domain does not exist",
                        "The resolver says so, and the resolver can be trusted: it still finds a name of ours.",
                        "450 by default, and tried again for days; refused where somebody was bold.",
                        "450 for days",
                        forgery("sales@no-such-domain.test", "Cheap watches"),
                        List.of(
                                nobodyIsAsked(),
                                lastReply(
                                        "550 5.1.8 <sales@no-such-domain.test>: Sender address rejected: Domain not found"),
                                nothingArrives())),
                new Scene(
                        "The sender's domain takes no mail, and says so",
                        "A null MX (RFC 7505): no answer could ever reach the sender.",
                        "Refused where null MX is known, delivered elsewhere.",
                        "refused or delivered",
                        letter(Town.SEND_ONLY, "noreply", "Newsletter"),
                        List.of(nobodyIsAsked(), lastReply("550 5.7.27 <noreply@sendonly.test>"), nothingArrives())),
                new Scene(
                        "Ivan's server has no name",
                        "No reverse DNS. He is told what is wrong and may try again, and four hours later he is let in all the same."
                                + " And postmaster hears him at once.",
                        "Refused or dropped, to postmaster too: whom could he ask?",
                        "dropped, nobody to ask",
                        Scenes::withoutName,
                        List.of(
                                recipientReply(
                                        0, "450 4.7.25 Client host rejected: cannot find your hostname, [127.9.0.77]"),
                                recipientReply(1, "250 "),
                                nobodyIsAsked(),
                                nothingArrives())),
                new Scene(
                        "Another site asks us whether Rita exists",
                        "It does to us what we do to others. Its users' letters from Rita depend on our answer.",
                        "Null senders refused, greylisted or tarpitted: and Rita's letters disappear over there.",
                        "Rita's mail is lost there",
                        Scenes::question,
                        answersAboutOurUsers()),
                new Scene(
                        "It asks again, and our MTA is stopped",
                        "The MTA gets a new kernel. What it said about Rita, and about nobody, is remembered.",
                        "Connection refused: for as long as the MTA is away, Rita's letters are not taken.",
                        "connection refused",
                        Scenes::questionWithoutMta,
                        answersWithoutMta()),
                new Scene(
                        "Our MTA dies between the final dot and its answer",
                        "Did it take the letter? Nobody can know. So Alice's server is told to keep it and to try again.",
                        "A proxy that answers too early has said 250 by now, and the letter is gone.",
                        "250, and it is gone",
                        Scenes::mtaDies,
                        List.of(lastReply("451 4.4.2 "), nothingArrives())),
                new Scene(
                        "A letter with another one hidden in it",
                        "A line that ends with LF alone, a dot, and LF again: some servers take that for the end, and what follows"
                                + " for commands (SMTP smuggling).",
                        "Two letters, and the second is from whomever the attacker wants.",
                        "two letters, one forged",
                        Scenes::smuggle,
                        List.of(lastReply("550 5.5.2 bare <LF> received"), nothingArrives())));
    }

    private static List<Scene.Expectation> answersAboutOurUsers() {
        return List.of(
                recipientReply(0, "250 "),
                recipientReply(1, "550 5.1.1 "),
                nobodyIsAsked(),
                nothingArrives(),
                quickerThan(Duration.ofSeconds(1)));
    }

    private static List<Scene.Expectation> answersWithoutMta() {
        List<Scene.Expectation> all = new ArrayList<>(answersAboutOurUsers());
        all.add(Expect.mtaIsDown());
        return all;
    }

    /** From the neighbour's own server to Rita. */
    private static Play letter(Neighbour from, String localPart, String subject) {
        return stage -> stage.mail(from, from.address(localPart), Town.RITA, subject);
    }

    /** From a machine that has nothing to do with the sender. */
    private static Play forgery(String sender, String subject) {
        return stage -> stage.mail(Town.SPAMMER, sender, Town.RITA, subject);
    }

    private static void withoutName(Performance stage) {
        LabClient client = stage.from(Town.NAMELESS);
        stage.say(client, "MAIL FROM:<" + Town.NAMELESS.address("ivan") + ">");
        stage.say(client, "RCPT TO:<" + Town.RITA + ">");
        stage.say(client, "RCPT TO:<postmaster@" + Town.OURS + ">");
    }

    private static void question(Performance stage) {
        LabClient client = stage.from(Town.CURIOUS);
        stage.say(client, "MAIL FROM:<>");
        stage.say(client, "RCPT TO:<" + Town.RITA + ">");
        stage.say(client, "RCPT TO:<" + UNKNOWN + ">");
    }

    private static void questionWithoutMta(Performance stage) {
        stage.stopMta();
        try {
            question(stage);
        } finally {
            stage.mta().start();
        }
    }

    private static void mtaDies(Performance stage) {
        MtaBehaviour usual = stage.mta().behaviour();
        stage.mta().behaviour(usual.at(LabStage.END_OF_DATA, Act.close()));
        try {
            stage.mail(Town.FRIENDLY, Town.FRIENDLY.address("alice"), Town.RITA, "Lunch tomorrow?");
        } finally {
            stage.mta().behaviour(usual);
        }
    }

    private static void smuggle(Performance stage) {
        LabClient client = stage.from(Town.FRIENDLY);
        stage.say(client, "MAIL FROM:<" + Town.FRIENDLY.address("alice") + ">");
        stage.say(client, "RCPT TO:<" + Town.RITA + ">");
        stage.say(client, "DATA");
        client.send("Subject: one\r\n\r\none\r\n.\nMAIL FROM:<" + Town.BANK.address("service") + ">\r\nRCPT TO:<"
                + Town.RITA + ">\r\nDATA\r\nSubject: two\r\n\r\ntwo\r\n.\r\n");
        client.read();
    }
}
