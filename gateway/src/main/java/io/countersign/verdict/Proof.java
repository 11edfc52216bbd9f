package io.countersign.verdict;

/** What a refusal would rest on. */
public enum Proof {
    /** The verdict is as good as its kind says. */
    SUFFICIENT,
    /** An earlier refusal is older than its refresh, and asking again brought no new proof: nobody is refused for good on it. */
    OUTDATED
}
