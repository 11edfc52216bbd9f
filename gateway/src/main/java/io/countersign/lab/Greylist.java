package io.countersign.lab;

import java.time.Duration;

/**
 * Refuses a triple of client, sender and recipient with 450 until it was tried {@code tries} times before and
 * {@code delay} has passed since its first try. {@code 0} and zero: no greylisting.
 */
public record Greylist(int tries, Duration delay) {
    public static final Greylist NONE = new Greylist(0, Duration.ZERO);
}
