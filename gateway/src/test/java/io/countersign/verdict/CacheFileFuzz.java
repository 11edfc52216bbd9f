package io.countersign.verdict;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** Fuzz target: a cache file whose checksum fits is read or refused, in bounded memory, and nothing of it refuses anybody at once. */
public final class CacheFileFuzz {
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

    private CacheFileFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        VerdictCache cache = new VerdictCache(Samples.retention(1 << 20), new FakeTicker());
        DeferralClock clocks = new DeferralClock(1_000);
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(data))) {
            CacheCodec.read(in, data.length, cache, List.of(clocks), NOON);
        } catch (IOException refused) {
            // As it should be.
        }
        cache.tidy();
        if (cache.senderStats().weight() > 2 << 20) {
            throw new AssertionError(cache.senderStats().weight() + " octets of senders");
        }
        for (String key : cache.senderEntries().keySet()) {
            io.countersign.smtp.MailAddress.parse(key).ifPresent(address -> {
                Remembered known = cache.sender(address);
                if (known != null && known.mayRefuse()) {
                    throw new AssertionError(key + " would be refused without being asked again");
                }
            });
        }
    }
}
