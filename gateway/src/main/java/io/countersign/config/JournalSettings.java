package io.countersign.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What became of each message, on disk.
 *
 * @param dir its folder; empty when none is kept
 * @param keep how long
 * @param octets most it may take on disk, in octets; the oldest goes first
 */
public record JournalSettings(Optional<Path> dir, Duration keep, long octets) {}
