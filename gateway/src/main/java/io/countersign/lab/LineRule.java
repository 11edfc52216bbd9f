package io.countersign.lab;

/** How a {@link LabMta} finds the end of lines and of content. */
public enum LineRule {
    /** RFC 5321 §2.3.8: content ends at CRLF.CRLF alone. Bare CR, bare LF and NUL are content, and are noted. */
    STRICT,
    /**
     * As lax as all careless servers together: CR, LF and CRLF each end a line, NUL is not there, and a line with a dot
     * alone ends the content. What follows is taken as commands: whatever could be smuggled past any server shows here.
     */
    LAX
}
