package io.countersign.smtp;

import org.jspecify.annotations.Nullable;

/**
 * The parameters of MAIL that this version knows.
 *
 * @param size declared size in octets (RFC 1870), or -1
 * @param body BODY= (RFC 6152), or null
 * @param smtpUtf8 SMTPUTF8 was given (RFC 6531)
 * @param ret {@code FULL} or {@code HDRS} (RFC 3461 §4.3), or null
 * @param envid the xtext of ENVID as it was given and checked (RFC 3461 §4.4), or null
 */
public record MailParameters(
        long size,
        @Nullable BodyType body,
        boolean smtpUtf8,
        @Nullable String ret,
        @Nullable String envid) {
    public static final MailParameters NONE = new MailParameters(-1, null, false, null, null);
}
