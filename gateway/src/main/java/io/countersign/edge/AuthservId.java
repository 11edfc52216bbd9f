package io.countersign.edge;

import io.countersign.edge.HeaderFilter.Framing;

/**
 * Reads the authserv-id behind {@code Authentication-Results} (RFC 8601 §2.2: {@code [CFWS] authserv-id [CFWS version] *(";" …)})
 * octet by octet and says whose it is: skips blanks, folds and nested comments, takes off quotes. One instance serves one field
 * after the other.
 */
final class AuthservId {
    enum Match {
        UNDECIDED,
        OURS,
        OTHER,
        /** The field ended with the line before this octet, and was ours. */
        OURS_AND_NEXT_LINE,
        /** The field ended with the line before this octet, and was not ours. */
        OTHER_AND_NEXT_LINE
    }

    private final String ours;
    private final StringBuilder seen = new StringBuilder();
    private int comment;
    private boolean quoted;
    private boolean escaped;
    private boolean begun;
    /** The colon was seen; before it only blanks and folds may stand (RFC 5322 §4.5). */
    private boolean colon;

    private boolean atLineStart;
    private boolean dot;

    /** @param ours in lower case */
    AuthservId(String ours) {
        this.ours = ours;
    }

    void begin() {
        seen.setLength(0);
        comment = 0;
        quoted = false;
        escaped = false;
        begun = false;
        colon = false;
        atLineStart = false;
        dot = false;
    }

    /** Whether the line that ended the field began with a dot (DOT_STUFFED only). */
    boolean dotBefore() {
        return dot;
    }

    /** What it is if the field ends here. */
    Match decide() {
        return seen.toString().equals(ours) ? Match.OURS : Match.OTHER;
    }

    Match next(byte octet, Framing framing) {
        if (atLineStart) {
            if (framing == Framing.DOT_STUFFED && octet == '.' && !dot) {
                dot = true;
                return Match.UNDECIDED;
            }
            if (octet != ' ' && octet != '\t') {
                return decide() == Match.OURS ? Match.OURS_AND_NEXT_LINE : Match.OTHER_AND_NEXT_LINE;
            }
            atLineStart = false;
            dot = false;
        }
        if (octet == '\n') {
            atLineStart = true;
            return Match.UNDECIDED;
        }
        if (octet == '\r') {
            return Match.UNDECIDED;
        }
        if (!colon) {
            colon = octet == ':';
            return colon || octet == ' ' || octet == '\t' ? Match.UNDECIDED : Match.OTHER;
        }
        if (escaped) {
            escaped = false;
            return comment > 0 ? Match.UNDECIDED : add(octet);
        }
        if (octet == '\\' && (comment > 0 || quoted)) {
            escaped = true;
            return Match.UNDECIDED;
        }
        if (quoted) {
            if (octet == '"') {
                quoted = false;
                return Match.UNDECIDED;
            }
            return add(octet);
        }
        return outsideQuotes(octet);
    }

    private Match outsideQuotes(byte octet) {
        if (octet == '(') {
            comment++;
            return Match.UNDECIDED;
        }
        if (comment > 0) {
            if (octet == ')') {
                comment--;
            }
            return Match.UNDECIDED;
        }
        return switch (octet) {
            case ' ', '\t' -> begun ? decide() : Match.UNDECIDED;
            case ';' -> decide();
            case '"' -> {
                quoted = true;
                begun = true;
                yield Match.UNDECIDED;
            }
            default -> add(octet);
        };
    }

    private Match add(byte octet) {
        begun = true;
        if (seen.length() == ours.length()) {
            return Match.OTHER;
        }
        seen.append((char) (octet >= 'A' && octet <= 'Z' ? octet + 32 : octet & 0xff));
        return Match.UNDECIDED;
    }
}
