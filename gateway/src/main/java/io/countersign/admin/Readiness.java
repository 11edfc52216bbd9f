package io.countersign.admin;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether new mail should come here. A missing MTA says nothing about it: other servers' callouts are answered all the same. Any
 * thread.
 */
public final class Readiness {
    /** How far the process is. */
    public enum Phase {
        STARTING,
        RUNNING,
        DRAINING
    }

    private final Supplier<@Nullable String> overload;
    private volatile Phase phase = Phase.STARTING;

    /** @param overload in words, or null while there is none; cheap */
    public Readiness(Supplier<@Nullable String> overload) {
        this.overload = overload;
    }

    public void enter(Phase next) {
        phase = next;
    }

    public Phase phase() {
        return phase;
    }

    /** What keeps us from being ready, in words for people; null when nothing does. */
    public @Nullable String obstacle() {
        return switch (phase) {
            case STARTING -> "starting";
            case DRAINING -> "draining";
            case RUNNING -> overload.get();
        };
    }
}
