package io.countersign.edge;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.countersign.config.ListenSettings.UnknownRecipients;
import java.net.InetAddress;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Counts the unknown recipients each client network (/24, /48) asks for in a sliding window, so that nobody reads our address
 * book by asking. Bounded: the 100,000 networks seen last. Thread-safe.
 */
final class Harvesters {
    private static final long MAX_NETWORKS = 100_000;

    private final Cache<ClientNetwork, Window> windows;
    private final LongSupplier nanoTime;

    enum Answer {
        AT_ONCE,
        SLOWLY,
        NOT_AT_ALL
    }

    Harvesters(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.windows = Caffeine.newBuilder()
                .maximumSize(MAX_NETWORKS)
                .expireAfterAccess(Duration.ofHours(2))
                .ticker(nanoTime::getAsLong)
                .build();
    }

    /** Two buckets of one {@code per} each: the count is this one's and the share of the last one still inside the window. */
    private static final class Window {
        private long bucket;
        private int now;
        private int before;

        synchronized double add(long nanos, long per) {
            long current = Math.floorDiv(nanos, per);
            if (current != bucket) {
                before = current == bucket + 1 ? now : 0;
                now = 0;
                bucket = current;
            }
            now++;
            double passed = (double) Math.floorMod(nanos, per) / per;
            return now + before * (1 - passed);
        }
    }

    Answer unknown(InetAddress client, UnknownRecipients limits) {
        Window window = windows.get(ClientNetwork.wide(client), k -> new Window());
        double asked = window.add(nanoTime.getAsLong(), limits.per().toNanos());
        return asked > limits.refuse() ? Answer.NOT_AT_ALL : asked > limits.delay() ? Answer.SLOWLY : Answer.AT_ONCE;
    }
}
