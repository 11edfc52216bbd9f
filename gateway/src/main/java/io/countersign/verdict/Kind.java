package io.countersign.verdict;

/** What a verdict says about an address (product words). */
public enum Kind {
    DELIVERABLE("deliverable"),
    UNDELIVERABLE("undeliverable"),
    UNDETERMINED("undetermined");

    private final String word;

    Kind(String word) {
        this.word = word;
    }

    /** As it stands in configuration, logs, metrics and JSON. */
    public String word() {
        return word;
    }
}
