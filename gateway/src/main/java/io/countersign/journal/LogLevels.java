package io.countersign.journal;

import java.util.Map;

/**
 * How much is logged, while the gateway runs. What is set here ends with a restart, and with a reload of the configuration. Any
 * thread; never blocks.
 */
public interface LogLevels {
    /** Loggers that have a level of their own, by name; {@code ""} is the level of all others and is always there. */
    Map<String, String> levels();

    /**
     * @param logger {@code ""} for all that have none of their own, {@code io.countersign}, or a name below it
     * @param level {@code off error warn info debug trace}
     * @throws IllegalArgumentException for another logger or level, in words for the operator
     */
    void set(String logger, String level);
}
