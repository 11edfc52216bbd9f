package io.countersign.callout;

import io.countersign.smtp.SmtpReply;
import java.text.Normalizer;
import java.util.Locale;

/**
 * Text as {@link PhraseBook} compares it: words in lower case, without accents and punctuation, one blank between, one at
 * either end. Linear in the input, of which no more than {@value #MOST} characters are read.
 */
final class ReplyText {
    static final int MOST = 512;

    private ReplyText() {}

    /** The beginning of the reply's text. */
    static String of(SmtpReply reply) {
        StringBuilder text = new StringBuilder();
        for (String line : reply.lines()) {
            if (text.length() >= MOST) {
                break;
            }
            text.append(line, 0, Math.min(line.length(), MOST - text.length())).append(' ');
        }
        return text.toString();
    }

    /** {@code "User <a@b> doesn't exist"} to {@code " user a b doesnt exist "}. */
    static String words(String text) {
        String cut = text.length() <= MOST ? text : text.substring(0, MOST);
        String plain = Normalizer.normalize(cut, Normalizer.Form.NFD).toLowerCase(Locale.ROOT);
        StringBuilder words = new StringBuilder(plain.length() + 2).append(' ');
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            if (Character.isLetterOrDigit(c)) {
                append(words, c);
            } else if (!isSilent(c) && words.charAt(words.length() - 1) != ' ') {
                words.append(' ');
            }
        }
        if (words.charAt(words.length() - 1) != ' ') {
            words.append(' ');
        }
        return words.toString();
    }

    /** The text without each occurrence of {@code address}, whatever its case: what we asked about is no word of the peer's. */
    static String without(String text, String address) {
        if (address.isEmpty() || address.length() > text.length()) {
            return text;
        }
        StringBuilder rest = new StringBuilder(text.length());
        int from = 0;
        for (int i = 0; i + address.length() <= text.length(); ) {
            if (text.regionMatches(true, i, address, 0, address.length())) {
                rest.append(text, from, i).append(' ');
                i += address.length();
                from = i;
            } else {
                i++;
            }
        }
        return rest.append(text, from, text.length()).toString();
    }

    /** The text without anything that looks like a mail address, so that {@code User <a@b> unknown} reads {@code user unknown}. */
    static String withoutAddresses(String text) {
        StringBuilder rest = new StringBuilder(text.length());
        int start = 0;
        boolean address = false;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ' ';
            if (c == '@') {
                address = true;
            } else if (isBoundary(c)) {
                rest.append(address ? " " : text.substring(start, i)).append(c);
                start = i + 1;
                address = false;
            }
        }
        return rest.toString();
    }

    /** The text without that word where it stands alone: a local part that the peer repeats ({@code user jdoe unknown}). */
    static String withoutWord(String text, String word) {
        StringBuilder rest = new StringBuilder(text.length());
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ' ';
            if (isBoundary(c)) {
                String piece = text.substring(start, i);
                rest.append(piece.equalsIgnoreCase(word) ? " " : piece).append(c);
                start = i + 1;
            }
        }
        return rest.toString();
    }

    private static boolean isBoundary(char c) {
        return c <= ' ' || "<>()[]\"',;:".indexOf(c) >= 0;
    }

    /** Marks that stand inside a word: combining accents, apostrophes of all kinds. */
    private static boolean isSilent(char c) {
        return c == '\''
                || c == '\u2019'
                || c == '\u2018'
                || c == '\u00b4'
                || c == '`'
                || Character.getType(c) == Character.NON_SPACING_MARK;
    }

    /** Letters that have no decomposition are written as people do without them. */
    private static void append(StringBuilder words, char c) {
        switch (c) {
            case '\u00df' -> words.append("ss");
            case '\u0142' -> words.append('l');
            case '\u00f8' -> words.append('o');
            case '\u0111' -> words.append('d');
            case '\u00e6' -> words.append("ae");
            case '\u0131' -> words.append('i');
            default -> words.append(c);
        }
    }
}
