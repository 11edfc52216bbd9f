package io.countersign.smtp;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The argument of MAIL FROM: a mailbox or the null path {@code <>} (RFC 5321 §4.1.2). Source routes are dropped in parsing. */
public record ReversePath(@Nullable MailAddress mailbox) {
    /** {@code <>}: bounces and callouts (RFC 5321 §4.5.5). */
    public static final ReversePath NULL = new ReversePath(null);

    public boolean isNull() {
        return mailbox == null;
    }

    public Optional<MailAddress> address() {
        return Optional.ofNullable(mailbox);
    }

    /** {@code <a@b>} or {@code <>}. */
    @Override
    public String toString() {
        return mailbox == null ? "<>" : "<" + mailbox.text() + ">";
    }
}
