package io.countersign.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * How a server of the lab behaves: a proper one to begin with, and what is different about this one. Each method gives a
 * new description. {@link Exchangers} has the usual suspects.
 *
 * <pre>{@code
 * Behaviour.proper().mailboxes(Mailboxes.users("alice@b.test"))
 *     .at(LabStage.RSET, Act.reply("503 5.5.1 what?").then(Act.close()))
 *     .hook(heard -> heard.session() == 1 && heard.stage() == LabStage.RCPT
 *         ? Optional.of(Act.reset()) : Optional.empty())
 *     .pace(Duration.ofMillis(200));
 * }</pre>
 *
 * @param hostname in the greeting and the reply to EHLO; {@link Lab#exchanger} fills it in where it is empty
 * @param keywords lines of the reply to EHLO after the first; {@code PIPELINING} and {@code STARTTLS} are also acted on
 * @param pace passes before each reply
 */
public record Behaviour(
        String hostname, List<String> keywords, Mailboxes mailboxes, Greylist greylist, Duration pace, Script script) {

    public Behaviour {
        keywords = List.copyOf(keywords);
    }

    /** PIPELINING, SIZE, 8BITMIME and ENHANCEDSTATUSCODES are offered; no mailboxes but {@code postmaster}. */
    public static Behaviour proper() {
        return new Behaviour(
                "",
                List.of("PIPELINING", "SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES"),
                Mailboxes.users(),
                Greylist.NONE,
                Duration.ZERO,
                Script.PROPER);
    }

    public Behaviour hostname(String name) {
        return new Behaviour(name, keywords, mailboxes, greylist, pace, script);
    }

    public Behaviour keywords(String... lines) {
        return new Behaviour(hostname, List.of(lines), mailboxes, greylist, pace, script);
    }

    /** Offers {@code line} as well. */
    public Behaviour keyword(String line) {
        List<String> more = new ArrayList<>(keywords);
        more.add(line);
        return new Behaviour(hostname, more, mailboxes, greylist, pace, script);
    }

    /** Does not offer a keyword such as {@code PIPELINING}. */
    public Behaviour withoutKeyword(String word) {
        List<String> fewer = keywords.stream().filter(k -> !isKeyword(k, word)).toList();
        return new Behaviour(hostname, fewer, mailboxes, greylist, pace, script);
    }

    public Behaviour mailboxes(Mailboxes others) {
        return new Behaviour(hostname, keywords, others, greylist, pace, script);
    }

    public Behaviour greylist(int tries, Duration delay) {
        return new Behaviour(hostname, keywords, mailboxes, new Greylist(tries, delay), pace, script);
    }

    public Behaviour pace(Duration eachReply) {
        return new Behaviour(hostname, keywords, mailboxes, greylist, eachReply, script);
    }

    /** Does {@code act} at {@code stage} instead of answering properly. */
    public Behaviour at(LabStage stage, Act act) {
        return new Behaviour(hostname, keywords, mailboxes, greylist, pace, script.at(stage, act));
    }

    /** Asks {@code hook} first, at each stage; see {@link Script#hook}. */
    public Behaviour hook(Function<Heard, Optional<Act>> hook) {
        return new Behaviour(hostname, keywords, mailboxes, greylist, pace, script.hook(hook));
    }

    boolean offers(String word) {
        return keywords.stream().anyMatch(k -> isKeyword(k, word));
    }

    /** The proper reply to EHLO. */
    Act ehloReply(LabStage stage, List<String> offered) {
        if (stage == LabStage.HELO || offered.isEmpty()) {
            return Act.reply("250 " + hostname);
        }
        StringBuilder reply = new StringBuilder("250-").append(hostname);
        for (int i = 0; i < offered.size(); i++) {
            reply.append(i == offered.size() - 1 ? "\r\n250 " : "\r\n250-").append(offered.get(i));
        }
        return Act.reply(reply.toString());
    }

    static boolean isKeyword(String line, String word) {
        String upper = line.toUpperCase(Locale.ROOT);
        return upper.equals(word) || upper.startsWith(word + " ");
    }
}
