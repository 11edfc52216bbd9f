package io.countersign.verdict;

/** Why: each reason belongs to one kind. Only reasons of {@link Kind#UNDELIVERABLE} may ever lead to a 5xx about an address. */
public enum Reason {
    ACCEPTED("accepted", Kind.DELIVERABLE),
    ACCEPTS_ANY("accepts-any", Kind.DELIVERABLE),
    MAILBOX_FULL("mailbox-full", Kind.DELIVERABLE),

    NO_SUCH_MAILBOX("no-such-mailbox", Kind.UNDELIVERABLE),
    MAILBOX_DISABLED("mailbox-disabled", Kind.UNDELIVERABLE),
    NO_SUCH_DOMAIN("no-such-domain", Kind.UNDELIVERABLE),
    NULL_MX("null-mx", Kind.UNDELIVERABLE),

    REFUSES_NULL_SENDER("refuses-null-sender", Kind.UNDETERMINED),
    REFUSED_US("refused-us", Kind.UNDETERMINED),
    TRY_LATER("try-later", Kind.UNDETERMINED),
    NO_ANSWER("no-answer", Kind.UNDETERMINED),
    UNREACHABLE("unreachable", Kind.UNDETERMINED),
    BROKEN_PEER("broken-peer", Kind.UNDETERMINED),
    DNS_FAILURE("dns-failure", Kind.UNDETERMINED),
    UNUSABLE_EXCHANGER("unusable-exchanger", Kind.UNDETERMINED),
    RATE_LIMITED("rate-limited", Kind.UNDETERMINED),
    CIRCUIT_OPEN("circuit-open", Kind.UNDETERMINED),
    OVERLOADED("overloaded", Kind.UNDETERMINED),
    FORGED_SENDER("forged-sender", Kind.UNDETERMINED),
    NOT_ASKED("not-asked", Kind.UNDETERMINED);

    private final String word;
    private final Kind kind;

    Reason(String word, Kind kind) {
        this.word = word;
        this.kind = kind;
    }

    /** As it stands in configuration, headers, logs, metrics and JSON. */
    public String word() {
        return word;
    }

    public Kind kind() {
        return kind;
    }
}
