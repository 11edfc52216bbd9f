package io.countersign.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What somebody looks for, as it was typed or pasted: an id (also within a bounce's {@code (id ABC…)}), a mail address, a domain or
 * host name, an IP address, a Message-ID, or the MTA's queue id. Where a text can be several of these, all are looked for.
 *
 * @param text as understood, for people
 */
public record Wanted(String text, List<Term> terms) {
    private static final int LONGEST = 1000;
    private static final Pattern IN_BOUNCE = Pattern.compile("\\(id ([0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{13})\\)");
    private static final Pattern ID = Pattern.compile("[0-9A-HJKMNP-TV-Z]{13}");
    private static final Pattern QUEUE_ID = Pattern.compile("[0-9A-Za-z-]{4,40}");
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}_.-]{1,253}");

    /** The kinds of things the journal is indexed by. */
    public enum What {
        ID("id"),
        ADDRESS("address"),
        DOMAIN("domain or host name"),
        CLIENT("client address"),
        MESSAGE_ID("Message-ID"),
        QUEUE_ID("queue id");

        private final String words;

        What(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    /** @param text in the form that is indexed */
    public record Term(What what, String text) {}

    public Wanted {
        terms = List.copyOf(terms);
    }

    /** Empty when the text can be none of these. */
    public static Optional<Wanted> parse(String typed) {
        if (typed.length() > LONGEST) {
            return Optional.empty();
        }
        Matcher bounce = IN_BOUNCE.matcher(typed);
        if (bounce.find()) {
            String id = bounce.group(1).toUpperCase(Locale.ROOT);
            return Optional.of(new Wanted(id, List.of(new Term(What.ID, id))));
        }
        String text = typed.strip();
        String bare = withoutBrackets(text);
        if (bare.startsWith("(id ")) {
            bare = bare.substring(4).replace(")", "").strip();
        }
        List<Term> terms = new ArrayList<>(3);
        if (bare.indexOf('@') >= 0) {
            if (bare.startsWith("@")) {
                terms.add(new Term(What.DOMAIN, Terms.domain(bare.substring(1))));
            } else {
                terms.add(new Term(What.ADDRESS, Terms.address(bare)));
                terms.add(new Term(What.MESSAGE_ID, Terms.messageId(bare)));
            }
        } else {
            Optional<String> client = Terms.client(bare);
            client.ifPresent(ip -> terms.add(new Term(What.CLIENT, ip)));
            if (client.isEmpty()) {
                guess(bare, terms);
            }
        }
        return terms.isEmpty() ? Optional.empty() : Optional.of(new Wanted(bare, terms));
    }

    private static void guess(String bare, List<Term> terms) {
        String upper = bare.toUpperCase(Locale.ROOT);
        if (ID.matcher(upper).matches()) {
            terms.add(new Term(What.ID, upper));
        }
        if (NAME.matcher(bare).matches()) {
            terms.add(new Term(What.DOMAIN, Terms.domain(bare)));
        }
        if (QUEUE_ID.matcher(bare).matches()) {
            terms.add(new Term(What.QUEUE_ID, bare));
        }
    }

    private static String withoutBrackets(String text) {
        boolean pair = text.length() > 2
                && (text.charAt(0) == '<' && text.endsWith(">") || text.charAt(0) == '[' && text.endsWith("]"));
        return pair ? text.substring(1, text.length() - 1) : text;
    }
}
