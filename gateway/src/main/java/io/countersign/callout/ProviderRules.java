package io.countersign.callout;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The rules of {@code provider-rules.txt}: what known providers mean by replies that would mean something else elsewhere. */
final class ProviderRules {
    static final ProviderRules SHIPPED = new ProviderRules(PhraseBook.shippedLines("provider-rules.txt"));

    private final List<Rule> rules = new ArrayList<>();

    /** @throws IllegalArgumentException naming the line that is no rule */
    ProviderRules(List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                rules.add(rule(line, i + 1));
            }
        }
    }

    /**
     * @param exchanger the exchanger's host name
     * @param words of the reply's text, made by {@link ReplyText#words}
     * @return what this provider means, or null when no rule knows
     */
    @Nullable
    Reason meaning(String exchanger, SmtpReply reply, String words) {
        String host = exchanger.toLowerCase(Locale.ROOT);
        for (Rule rule : rules) {
            if (rule.fits(host, reply, words)) {
                return rule.reason;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return rules.size() + " rules for providers";
    }

    private static Rule rule(String line, int number) {
        String[] fields = line.split("\\|", -1);
        if (fields.length != 6 || fields[5].isBlank()) {
            throw new IllegalArgumentException("line " + number + ": six fields, the last one a source");
        }
        for (int i = 0; i < fields.length; i++) {
            fields[i] = fields[i].strip();
        }
        return new Rule(
                List.of(fields[0].split(" +")),
                Integer.parseInt(fields[1]),
                fields[2],
                fields[3].startsWith("="),
                ReplyText.words(fields[3]),
                reason(fields[4], number));
    }

    private static Reason reason(String word, int line) {
        for (Reason reason : Reason.values()) {
            if (reason.word().equals(word)) {
                return reason;
            }
        }
        throw new IllegalArgumentException("line " + line + ": no reason is called " + word);
    }

    private record Rule(
            List<String> exchangers, int code, String enhanced, boolean whole, String phrase, Reason reason) {
        boolean fits(String host, SmtpReply reply, String words) {
            int at = words.indexOf(phrase);
            if (at < 0 || reply.code() != code || !enhanced.equals(text(reply.enhanced())) || !runs(host)) {
                return false;
            }
            if (whole) {
                return words.equals(phrase);
            }
            String rest = words.substring(0, at + 1) + words.substring(at + phrase.length() - 1);
            return !PhraseBook.SHIPPED.mentions(PhraseBook.Topic.ABOUT_POLICY, rest);
        }

        private boolean runs(String host) {
            return exchangers.stream().anyMatch(name -> host.equals(name) || host.endsWith("." + name));
        }

        private static String text(@Nullable EnhancedStatus status) {
            return status == null ? "-" : status.toString();
        }
    }
}
