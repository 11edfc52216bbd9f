package io.countersign.check;

/** Is there someone behind the sender address? */
@FunctionalInterface
public interface SenderCheck {
    /** At MAIL: looks into memory, starts DNS and SPF. Dials nobody. */
    SenderInquiry begin(SenderQuestion question);
}
