package io.countersign.smtp;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The argument of RCPT TO: a mailbox, or {@code <Postmaster>} without a domain (RFC 5321 §4.1.1.3), then {@code mailbox} is null. */
public record ForwardPath(@Nullable MailAddress mailbox) {
    /** {@code <Postmaster>}: the only recipient without a domain. */
    public static final ForwardPath POSTMASTER = new ForwardPath(null);

    public Optional<MailAddress> address() {
        return Optional.ofNullable(mailbox);
    }

    /** {@code <a@b>} or {@code <Postmaster>}. */
    @Override
    public String toString() {
        return mailbox == null ? "<Postmaster>" : "<" + mailbox.text() + ">";
    }
}
