package io.countersign.command.demo;

import io.countersign.command.demo.Happened.Tag;
import io.countersign.command.demo.Scene.Expectation;
import io.countersign.command.demo.Talk.Exchange;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** What may be expected of a scene. */
final class Expect {
    private static final Pattern ID = Pattern.compile("\\(id [0-9A-Za-z]+\\)$");

    private Expect() {}

    /** The letter has arrived, once, and our field says that of its sender. */
    static Expectation arrivesWith(String result, String reason) {
        Tag tag = new Tag(result, reason);
        return new Expectation(
                "one message arrives, its sender tagged " + tag,
                h -> h.arrived().size() == 1 && h.tag().filter(tag::equals).isPresent());
    }

    static Expectation nothingArrives() {
        return new Expectation("the MTA gets no message", h -> h.arrived().isEmpty());
    }

    /** The last reply, whose text is followed by an id. */
    static Expectation lastReply(String beginning) {
        return new Expectation(
                "the last reply is " + beginning + "... with an id",
                h -> h.lastWord().reply().startsWith(beginning)
                        && ID.matcher(h.lastWord().reply()).find());
    }

    /** The reply to RCPT number {@code index}. */
    static Expectation recipientReply(int index, String beginning) {
        return new Expectation(
                "RCPT number " + (index + 1) + " is answered " + beginning,
                h -> h.recipients().size() > index
                        && h.recipients().get(index).reply().startsWith(beginning));
    }

    /** That exchanger and no other was asked once about that address, as the null sender. */
    static Expectation oneQuestion(Neighbour neighbour, String address) {
        return new Expectation(
                "mx." + neighbour.domain() + " alone is asked, once, about " + address,
                h -> h.asked().size() == 1
                        && h.asked().get(0).name().equals("mx." + neighbour.domain())
                        && count(h, "RCPT TO:<" + address + ">") == 1);
    }

    /** The null sender was offered to that exchanger and to no other, which did not want it. */
    static Expectation nullSenderOnly(Neighbour neighbour) {
        return new Expectation(
                "mx." + neighbour.domain() + " alone is asked, and hears MAIL FROM:<> and no RCPT",
                h -> h.asked().size() == 1 && count(h, "MAIL FROM:<>") == 1 && count(h, "RCPT") == 0);
    }

    static Expectation nobodyIsAsked() {
        return new Expectation("no exchanger is bothered", h -> h.asked().isEmpty());
    }

    /** Whatever the scene: a question is never more than a question. */
    static Expectation politeQuestions() {
        return new Expectation(
                "exchangers hear MAIL FROM:<> alone, and never DATA",
                h -> h.asked().stream()
                        .flatMap(w -> w.talk().stream())
                        .noneMatch(e -> e.is("DATA") || e.is("BDAT") || e.is("MAIL") && !e.is("MAIL FROM:<>")));
    }

    static Expectation playedToItsEnd() {
        return new Expectation(
                "nothing breaks off", h -> h.notes().stream().noneMatch(n -> n.startsWith(Performance.BROKE_OFF)));
    }

    static Expectation mtaIsDown() {
        return new Expectation(
                "the MTA refuses connections meanwhile",
                h -> h.notes().stream().anyMatch(n -> n.contains(Performance.MTA_IS_DOWN)));
    }

    static Expectation quickerThan(Duration limit) {
        return new Expectation(
                "every reply comes within " + limit.toMillis() + " ms",
                h -> h.slowest().compareTo(limit) < 0);
    }

    private static long count(Happened happened, String beginning) {
        List<Exchange> talk =
                happened.asked().stream().flatMap(w -> w.talk().stream()).toList();
        return talk.stream().filter(e -> e.said().startsWith(beginning)).count();
    }
}
