package io.countersign.config;

/** {@code exempt}: checked before every check. */
public record ExemptSettings(Networks clients, AddressPatterns senders, AddressPatterns recipients) {}
