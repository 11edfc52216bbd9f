package io.countersign.diagnosis;

import io.countersign.diagnosis.Explanation.Code;
import io.countersign.diagnosis.Explanation.Known;
import io.countersign.diagnosis.Explanation.Side;
import io.countersign.smtp.EnhancedStatus;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Explains bounces and log lines of any mail server by {@code explanations.txt}: the first entry that fits, and what the codes mean by
 * themselves. Knows or says that it does not; never guesses. Linear in the text, of which {@value #MOST} characters are read.
 * Immutable; any thread.
 */
public final class Explanations {
    /** Characters of a text that are read: a bounce with its report, without the message it returns. */
    public static final int MOST = 16 * 1024;

    private static final String GAP = "...";
    private static final int FIELDS = 7;
    /** As edge.TransactionIds makes them: Crockford's base 32. */
    private static final int ID_LENGTH = 13;

    private static final String ID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final String CODE = "550-";
    private static final String ID_MARK = "(id ";

    /** @param alternatives each a list of word groups that follow one another; empty when the code alone decides */
    private record Entry(Known known, String code, List<List<String>> alternatives) {}

    private static final Explanations SHIPPED = new Explanations(DataFile.rows("explanations.txt", FIELDS));

    private final List<Entry> entries = new ArrayList<>();

    private Explanations(List<String[]> rows) {
        Set<String> names = new LinkedHashSet<>();
        for (String[] row : rows) {
            if (!names.add(row[0])) {
                throw new IllegalArgumentException("explanations.txt: " + row[0] + " twice");
            }
            Side side = Side.valueOf(row[3].toUpperCase(Locale.ROOT));
            entries.add(new Entry(new Known(row[0], side, row[4], row[5], row[6]), row[1], alternatives(row)));
        }
    }

    public static Explanations shipped() {
        return SHIPPED;
    }

    /** All entries, in their order. */
    public List<Known> entries() {
        return entries.stream().map(Entry::known).toList();
    }

    public Explanation explain(String given) {
        String text = given.length() <= MOST ? given : given.substring(0, MOST);
        Codes codes = Codes.in(text);
        String words = words(text);
        Known found = null;
        for (Entry entry : entries) {
            if (fits(entry, codes, words)) {
                found = entry.known();
                break;
            }
        }
        List<Code> meanings = new ArrayList<>();
        for (int basic : codes.basic()) {
            meanings.add(new Code(Integer.toString(basic), StatusCodes.meaning(basic)));
        }
        for (EnhancedStatus enhanced : codes.enhanced()) {
            meanings.add(new Code(enhanced.toString(), StatusCodes.meaning(enhanced)));
        }
        return new Explanation(Optional.ofNullable(found), meanings, Optional.ofNullable(id(text)));
    }

    private static boolean fits(Entry entry, Codes codes, String words) {
        if (!codeFits(entry.code(), codes)) {
            return false;
        }
        return entry.alternatives().isEmpty()
                || entry.alternatives().stream().anyMatch(groups -> follow(groups, words));
    }

    private static boolean codeFits(String wanted, Codes codes) {
        return switch (wanted) {
            case "-" -> true;
            case "4", "5" -> codes.isEmpty() || codes.hasClass(wanted.charAt(0) - '0');
            default ->
                codes.enhanced().stream()
                        .anyMatch(c -> wanted.equals("x." + c.subject() + "." + c.detail()) && c.statusClass() != 2);
        };
    }

    private static boolean follow(List<String> groups, String words) {
        int from = 0;
        for (String group : groups) {
            int at = words.indexOf(group, from);
            if (at < 0) {
                return false;
            }
            from = at + group.length() - 1;
        }
        return true;
    }

    private static List<List<String>> alternatives(String[] row) {
        if (row[2].equals("-")) {
            if (row[1].equals("-")) {
                throw new IllegalArgumentException("explanations.txt: " + row[0] + " fits everything");
            }
            return List.of();
        }
        List<List<String>> all = new ArrayList<>();
        for (String alternative : row[2].split(" / ", -1)) {
            List<String> groups = new ArrayList<>();
            for (String group : alternative.split(GAP.replace(".", "\\."), -1)) {
                String words = words(group);
                if (words.isBlank()) {
                    throw new IllegalArgumentException("explanations.txt: " + row[0] + ": not words: " + alternative);
                }
                groups.add(words);
            }
            all.add(List.copyOf(groups));
        }
        return List.copyOf(all);
    }

    /** Words in lower case with one blank between and one at either end; apostrophes vanish, mail addresses too: they are no words. */
    static String words(String text) {
        StringBuilder words = new StringBuilder(text.length() + 2).append(' ');
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || text.charAt(i) <= ' ') {
                if (text.substring(start, i).indexOf('@') < 0) {
                    append(words, text, start, i);
                }
                start = i + 1;
            }
        }
        return words.toString();
    }

    /** Without the code that each line of a reply repeats ({@code 552-5.7.0}): in a log it stands in the middle of the sentence. */
    private static void append(StringBuilder words, String text, int from, int to) {
        boolean repeated = to - from >= CODE.length()
                && text.charAt(from + 3) == '-'
                && text.substring(from, from + 3).chars().allMatch(c -> c >= '0' && c <= '9');
        int begin = repeated ? from + CODE.length() : from;
        if (repeated && text.substring(begin, to).chars().allMatch(c -> c == '.' || c >= '0' && c <= '9')) {
            return;
        }
        for (int i = begin; i < to; i++) {
            char c = text.charAt(i);
            if (Character.isLetterOrDigit(c) || c == '_') {
                words.append(Character.toLowerCase(c));
            } else if (c != '\'' && c != '\u2019' && words.charAt(words.length() - 1) != ' ') {
                words.append(' ');
            }
        }
        if (words.charAt(words.length() - 1) != ' ') {
            words.append(' ');
        }
    }

    private static @Nullable String id(String text) {
        int mark = text.indexOf(ID_MARK);
        while (mark >= 0) {
            int from = mark + ID_MARK.length();
            int to = from + ID_LENGTH;
            if (to < text.length() && text.charAt(to) == ')' && isId(text.substring(from, to))) {
                return text.substring(from, to);
            }
            mark = text.indexOf(ID_MARK, from);
        }
        return null;
    }

    private static boolean isId(String text) {
        return text.chars().allMatch(c -> ID_DIGITS.indexOf(c) >= 0);
    }
}
