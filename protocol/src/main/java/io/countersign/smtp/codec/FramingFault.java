package io.countersign.smtp.codec;

/** What can be wrong with octets before they have a meaning. */
public enum FramingFault {
    BARE_CR("bare <CR> received"),
    BARE_LF("bare <LF> received"),
    NUL("NUL octet received"),
    LINE_TOO_LONG("line too long");

    private final String words;

    FramingFault(String words) {
        this.words = words;
    }

    /** As it stands in replies and logs. */
    public String words() {
        return words;
    }
}
