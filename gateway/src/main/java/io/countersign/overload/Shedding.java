package io.countersign.overload;

/** What is given up while memory is short; each stage includes those before it. */
public enum Shedding {
    NOTHING,
    /** Caches shrink. */
    CACHES,
    /** No callout is begun. */
    CALLOUTS,
    /** No session is begun. */
    SESSIONS;

    boolean includes(Shedding other) {
        return compareTo(other) >= 0;
    }
}
