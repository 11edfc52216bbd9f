package io.countersign.limit;

import java.time.Duration;

/**
 * One line of what the limits hold, for people.
 *
 * @param table {@code domain exchanger address network breaker blocked}
 * @param key whose
 * @param state in words
 * @param inUse callouts under way
 * @param available permits that could be had at once; 0 where it does not apply
 * @param remaining how long a breaker stays open or a block lasts; otherwise zero
 */
public record KeyState(String table, String key, String state, int inUse, int available, Duration remaining) {}
