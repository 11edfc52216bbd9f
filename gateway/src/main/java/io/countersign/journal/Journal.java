package io.countersign.journal;

/** Takes records; never blocks, never throws, never slows mail: what cannot be kept is dropped and counted. */
public interface Journal {
    void record(TransactionRecord transaction);

    /** A verdict that arrived after its session had gone on (monitor mode): what enforcing would have done. */
    default void wouldHave(String transactionId, String rule) {}
}
