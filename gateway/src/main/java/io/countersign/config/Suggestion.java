package io.countersign.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** What the operator may have meant. */
final class Suggestion {
    private Suggestion() {}

    /** {@code " (did you mean x?)"} for the nearest of {@code known}, or nothing where none is near. */
    static String among(Collection<String> known, String written) {
        return nearest(known, written).map(Suggestion::of).orElse("");
    }

    static String of(String meant) {
        return " (did you mean " + meant + "?)";
    }

    /** The word that takes the fewest changes, at most a third of its length. */
    static Optional<String> nearest(Collection<String> known, String written) {
        String word = plain(written);
        String best = null;
        int least = Integer.MAX_VALUE;
        for (String candidate : known) {
            String plain = plain(candidate);
            int distance = isCutShort(word, plain) || isCutShort(plain, word) ? 1 : distance(plain, word);
            if (distance < least && distance <= Math.max(1, candidate.length() / 3)) {
                best = candidate;
                least = distance;
            }
        }
        return Optional.ofNullable(best);
    }

    /** {@code sender} for {@code sender-domain}, {@code information} for {@code info}. */
    private static boolean isCutShort(String shorter, String longer) {
        return shorter.length() >= 4 && longer.startsWith(shorter) && !longer.equals(shorter);
    }

    /** {@code deferAtMost}, {@code defer_at_most} and {@code defer-at-most} are one word to whoever writes them. */
    private static String plain(String word) {
        String shortened = word.length() > 64 ? word.substring(0, 64) : word;
        return shortened.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
    }

    /** Optimal string alignment: insertion, deletion, change, and the exchange of neighbours cost 1 each. */
    static int distance(String a, String b) {
        int[] beforePrevious = new int[b.length() + 1];
        int[] previous = new int[b.length() + 1];
        int[] current = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(change, Math.min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    current[j] = Math.min(current[j], beforePrevious[j - 2] + 1);
                }
            }
            int[] spare = beforePrevious;
            beforePrevious = previous;
            previous = current;
            current = spare;
        }
        return previous[b.length()];
    }
}
