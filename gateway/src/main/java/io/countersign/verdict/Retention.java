package io.countersign.verdict;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How long verdicts are kept ({@code cache} of the configuration).
 *
 * @param octets most memory the cache may hold, by weight
 * @param file where it is kept over restarts; empty for memory only
 * @param sender life per reason of a sender verdict; a reason that is missing lives as long as its next of kin (see {@code Lives})
 * @param senderRefresh age from which a sender verdict is asked again (missing: at its end)
 * @param recipient lives and refreshes of the recipient cache
 */
public record Retention(
        long octets,
        Optional<Path> file,
        Map<Reason, Duration> sender,
        Map<Reason, Duration> senderRefresh,
        Recipient recipient) {
    public Retention {
        sender = Map.copyOf(sender);
        senderRefresh = Map.copyOf(senderRefresh);
    }

    /** {@code recipient-accepted, recipient-stale, recipient-unknown} and their refreshes. */
    public record Recipient(
            Duration accepted, Duration stale, Duration unknown, Duration acceptedRefresh, Duration unknownRefresh) {}
}
