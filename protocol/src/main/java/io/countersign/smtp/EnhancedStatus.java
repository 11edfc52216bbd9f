package io.countersign.smtp;

import org.jspecify.annotations.Nullable;

/** An enhanced mail system status code (RFC 3463): class 2, 4 or 5; subject and detail 0–999. */
public record EnhancedStatus(int statusClass, int subject, int detail) {
    public EnhancedStatus {
        if ((statusClass != 2 && statusClass != 4 && statusClass != 5)
                || subject < 0
                || subject > 999
                || detail < 0
                || detail > 999) {
            throw new IllegalArgumentException(
                    "not an enhanced status code: " + statusClass + "." + subject + "." + detail);
        }
    }

    public static EnhancedStatus of(int statusClass, int subject, int detail) {
        return new EnhancedStatus(statusClass, subject, detail);
    }

    /**
     * Reads the code that stands at the beginning of a reply's text (RFC 2034 §4): followed by a blank or the end, numbers
     * without leading zeros (RFC 3463 §2).
     *
     * @param text octets; those from {@code offset} (inclusive) to {@code end} (exclusive) are read
     * @return null when there is none; else it takes {@link #printedLength()} octets
     */
    public static @Nullable EnhancedStatus leading(byte[] text, int offset, int end) {
        if (end - offset < 5 || text[offset + 1] != '.') {
            return null;
        }
        int statusClass = text[offset] - '0';
        if (statusClass != 2 && statusClass != 4 && statusClass != 5) {
            return null;
        }
        int subjectAt = offset + 2;
        int dot = endOfNumber(text, subjectAt, end);
        if (dot < 0 || dot >= end || text[dot] != '.') {
            return null;
        }
        int detailAt = dot + 1;
        int last = endOfNumber(text, detailAt, end);
        if (last < 0 || (last < end && text[last] != ' ')) {
            return null;
        }
        return new EnhancedStatus(statusClass, number(text, subjectAt, dot), number(text, detailAt, last));
    }

    private static int endOfNumber(byte[] text, int from, int end) {
        int i = from;
        while (i < end && text[i] >= '0' && text[i] <= '9') {
            i++;
        }
        int digits = i - from;
        return digits == 0 || digits > 3 || (digits > 1 && text[from] == '0') ? -1 : i;
    }

    private static int number(byte[] text, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            value = value * 10 + (text[i] - '0');
        }
        return value;
    }

    /** Characters of {@link #toString()}, 5 to 9. */
    public int printedLength() {
        return 3 + digits(subject) + digits(detail);
    }

    private static int digits(int number) {
        return number < 10 ? 1 : number < 100 ? 2 : 3;
    }

    /** True when subject and detail are these, whatever the class ({@code x.2.2}). */
    public boolean is(int wantedSubject, int wantedDetail) {
        return subject == wantedSubject && detail == wantedDetail;
    }

    /** {@code 5.1.1}. */
    @Override
    public String toString() {
        return statusClass + "." + subject + "." + detail;
    }
}
