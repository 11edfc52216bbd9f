package io.countersign.smtp.codec;

/** What happens to a bare LF in content ({@code listen.bare-newline}). A bare CR is refused in both. */
public enum BareNewline {
    REJECT,
    /** LF becomes CRLF; the end is found only at CRLF.CRLF all the same. */
    NORMALIZE
}
