package io.countersign.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@code exempt}: checked before every check.
 *
 * @param overlay where exemptions that end by themselves are kept; empty means nowhere
 */
public record ExemptSettings(
        Networks clients, AddressPatterns senders, AddressPatterns recipients, Optional<Path> overlay) {
    /** With further senders. @param more patterns that {@link AddressPatterns#of} takes */
    ExemptSettings withSenders(List<String> more) {
        return new ExemptSettings(clients, senders.plus(more), recipients, overlay);
    }
}
