package io.countersign.diagnosis;

import java.util.Locale;

/** What the doctor looks at; {@code docs/doctor.md} says why. */
public enum Check {
    EXCHANGERS,
    ADDRESSES,
    REVERSE_DNS,
    CONNECTION,
    GREETING,
    EHLO,
    STARTTLS,
    NULL_SENDER,
    POSTMASTER,
    RANDOM_ADDRESS,
    SEVERAL_RECIPIENTS,
    RSET,
    ANSWER_TIME,
    ENHANCED_CODES,
    SPF,
    OWN_NAME,
    OWN_REVERSE_DNS,
    OWN_SPF,
    OWN_MX,
    MTA,
    MTA_IDENTITY,
    MTA_NULL_SENDER,
    MTA_POSTMASTER,
    MTA_UNKNOWN_RECIPIENT,
    MTA_RELAYING,
    MTA_SIZE,
    MTA_ANSWER_TIME;

    private final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** {@code null-sender}: as it is printed. */
    public String word() {
        return word;
    }
}
