package io.countersign.verdict;

import java.util.Locale;

/** How far the question came before the verdict was reached. */
public enum Stage {
    DNS,
    CONNECT,
    GREETING,
    HELO,
    STARTTLS,
    MAIL,
    RCPT;

    private final String word = name().toLowerCase(Locale.ROOT);

    public String word() {
        return word;
    }
}
