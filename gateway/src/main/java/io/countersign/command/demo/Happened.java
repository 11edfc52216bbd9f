package io.countersign.command.demo;

import io.countersign.command.demo.Talk.Exchange;
import io.countersign.lab.MtaMessage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What became of a scene, as its witnesses saw it: the clients, the exchangers, the MTA.
 *
 * @param clients one for each client, in the order in which they came
 * @param asked one for each exchanger that was asked something meanwhile
 * @param arrived the messages that the MTA took meanwhile
 * @param notes what was seen beside
 * @param slowest the longest that a client waited for a reply
 */
record Happened(
        List<Witness> clients, List<Witness> asked, List<MtaMessage> arrived, List<String> notes, Duration slowest) {
    private static final Pattern RESULTS =
            Pattern.compile("^Authentication-Results:(?:[^\r\n]|\r\n[ \t])*", Pattern.CASE_INSENSITIVE);
    private static final Pattern CALLOUT = Pattern.compile("x-sender-callout=(\\S+)(?:\\s+reason=\"([^\"]*)\")?");

    /** One side of a conversation. */
    record Witness(String name, String address, List<Exchange> talk) {}

    /** What our field says about the sender. */
    record Tag(String result, String reason) {
        @Override
        public String toString() {
            return reason.isEmpty() ? result : result + " (" + reason + ")";
        }
    }

    /** The last word of the gateway in the last client's session but for QUIT; empty where nothing was said. */
    Exchange lastWord() {
        List<Exchange> talk = clients.isEmpty()
                ? List.of()
                : Talk.essence(clients.get(clients.size() - 1).talk());
        return talk.isEmpty() ? new Exchange("", List.of()) : talk.get(talk.size() - 1);
    }

    /** All replies to RCPT, in order. */
    List<Exchange> recipients() {
        return clients.stream()
                .flatMap(c -> c.talk().stream())
                .filter(e -> e.is("RCPT"))
                .toList();
    }

    /** Our Authentication-Results field as it stands in the message, its lines joined by CRLF. */
    static Optional<String> results(MtaMessage message) {
        Matcher field = RESULTS.matcher(message.content().text());
        return field.find() ? Optional.of(field.group()) : Optional.empty();
    }

    /** What the first message that arrived says about its sender. */
    Optional<Tag> tag() {
        return arrived.stream()
                .findFirst()
                .flatMap(Happened::results)
                .map(CALLOUT::matcher)
                .filter(Matcher::find)
                .map(m -> new Tag(m.group(1), m.group(2) == null ? "" : m.group(2)));
    }

    /** What happened, in a few words that hold whatever it was. */
    String inShort() {
        if (!arrived.isEmpty()) {
            String what = arrived.size() == 1 ? "delivered" : arrived.size() + " delivered";
            return what + tag().map(t -> ", " + t).orElse("");
        }
        Exchange last = lastWord();
        boolean content = clients.stream().flatMap(c -> c.talk().stream()).anyMatch(e -> e.is("DATA"));
        List<Exchange> recipients = recipients();
        if (!content && recipients.size() > 1) {
            return "answered " + recipients.stream().map(e -> e.codes()).collect(Collectors.joining(", "));
        }
        return switch (last.reply().isEmpty() ? '-' : last.reply().charAt(0)) {
            case '2', '3' -> "answered " + last.codes();
            case '4' -> "deferred: " + last.codes();
            case '5' -> "refused: " + last.codes();
            default -> "no answer";
        };
    }
}
