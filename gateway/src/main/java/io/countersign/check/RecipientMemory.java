package io.countersign.check;

/**
 * What we remember of a recipient.
 *
 * @param text the MTA's words when it refused the address; empty otherwise
 */
public record RecipientMemory(State state, String text) {
    public static final RecipientMemory NONE = new RecipientMemory(State.NONE, "");

    public enum State {
        NONE,
        /** Accepted, and fresh enough to answer a probe at once. */
        ACCEPTED,
        /** Accepted some time ago: good for an answer only while the MTA has none. */
        ACCEPTED_STALE,
        /** Refused as unknown, and recently enough to refuse again without asking. */
        UNKNOWN
    }

    public boolean isPositive() {
        return state == State.ACCEPTED || state == State.ACCEPTED_STALE;
    }
}
