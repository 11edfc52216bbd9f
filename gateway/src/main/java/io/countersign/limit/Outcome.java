package io.countersign.limit;

/** How the use of a {@link Permit} ended, as far as the peer's health is concerned. */
public enum Outcome {
    /** The peer spoke SMTP to the end of the question; what it said does not matter here. Counts as failed when it was slow. */
    SUCCESS,
    /** Unreachable, lost, silent, not SMTP. */
    PEER_FAILURE,
    /** Says nothing about the peer: our own limit, fault, shutdown; nobody waits for the answer any more. */
    NOT_COUNTED
}
