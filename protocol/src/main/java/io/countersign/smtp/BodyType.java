package io.countersign.smtp;

/** The BODY parameter of MAIL (RFC 6152 §3). BINARYMIME is not offered and never parsed into a value. */
public enum BodyType {
    SEVEN_BIT("7BIT"),
    EIGHT_BIT_MIME("8BITMIME");

    private final String word;

    BodyType(String word) {
        this.word = word;
    }

    /** As it stands on the wire. */
    public String word() {
        return word;
    }
}
