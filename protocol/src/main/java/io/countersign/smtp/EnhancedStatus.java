package io.countersign.smtp;

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
