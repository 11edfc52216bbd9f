package io.countersign.smtp;

import org.jspecify.annotations.Nullable;

/**
 * The parameters of RCPT that this version knows (RFC 3461 §4.1, §4.2).
 *
 * @param notifyOn {@code NEVER} or a comma-separated subset of {@code SUCCESS,FAILURE,DELAY} in upper case, or null
 * @param orcpt {@code addr-type;xtext} as it was given and checked, or null
 */
public record RcptParameters(
        @Nullable String notifyOn, @Nullable String orcpt) {
    public static final RcptParameters NONE = new RcptParameters(null, null);
}
