package io.countersign.diagnosis;

import io.countersign.smtp.EnhancedStatus;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The reply codes in a text: a basic code where one may stand (at the beginning, behind a colon, a bracket or an arrow, or before an
 * enhanced code or a hyphen), an enhanced one wherever three numbers with dots are no part of more. At most {@value #MOST} of each.
 */
record Codes(Set<Integer> basic, Set<EnhancedStatus> enhanced) {
    private static final int MOST = 4;

    boolean isEmpty() {
        return basic.isEmpty() && enhanced.isEmpty();
    }

    boolean hasClass(int wanted) {
        return basic.stream().anyMatch(code -> code / 100 == wanted)
                || enhanced.stream().anyMatch(code -> code.statusClass() == wanted);
    }

    static Codes in(String text) {
        Set<Integer> basic = new LinkedHashSet<>();
        Set<EnhancedStatus> enhanced = new LinkedHashSet<>();
        int at = 0;
        while (at < text.length()) {
            if (!isDigit(text, at)) {
                at++;
                continue;
            }
            int end = at;
            while (isDigit(text, end) || (end < text.length() && text.charAt(end) == '.' && isDigit(text, end + 1))) {
                end++;
            }
            if (at == 0 || !isWordPart(text.charAt(at - 1))) {
                EnhancedStatus code = enhanced(text, at, end);
                if (code != null && enhanced.size() < MOST) {
                    enhanced.add(code);
                } else if (basic.size() < MOST && isBasic(text, at, end)) {
                    basic.add(Integer.parseInt(text.substring(at, end)));
                }
            }
            at = end;
        }
        return new Codes(basic, enhanced);
    }

    private static boolean isBasic(String text, int from, int to) {
        if (to - from != 3
                || "245".indexOf(text.charAt(from)) < 0
                || !isDigit(text, from + 1)
                || text.charAt(from + 1) > '5'
                || (to < text.length() && isWordPart(text.charAt(to)))) {
            return false;
        }
        char behind = to < text.length() ? text.charAt(to) : ' ';
        int next = to + 1;
        int end = next;
        while (isDigit(text, end) || (end < text.length() && text.charAt(end) == '.' && isDigit(text, end + 1))) {
            end++;
        }
        if (behind == '-' || enhanced(text, next, end) != null || behind == '#') {
            return true;
        }
        int before = from - 1;
        while (before >= 0 && text.charAt(before) == ' ') {
            before--;
        }
        return behind == ' ' && (before < 0 || ":<>([\"'=\n".indexOf(text.charAt(before)) >= 0);
    }

    private static @Nullable EnhancedStatus enhanced(String text, int from, int to) {
        int dots = 0;
        for (int i = from; i < to; i++) {
            dots += text.charAt(i) == '.' ? 1 : 0;
        }
        if (dots != 2 || to - from > 9 || "245".indexOf(text.charAt(from)) < 0 || text.charAt(from + 1) != '.') {
            return null;
        }
        int second = text.indexOf('.', from + 2);
        if (second - from > 5 || to - second > 4) {
            return null;
        }
        return EnhancedStatus.of(
                text.charAt(from) - '0',
                Integer.parseInt(text.substring(from + 2, second)),
                Integer.parseInt(text.substring(second + 1, to)));
    }

    private static boolean isDigit(String text, int at) {
        return at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9';
    }

    private static boolean isWordPart(char c) {
        return Character.isLetterOrDigit(c) || c == '.' || c == '_';
    }
}
