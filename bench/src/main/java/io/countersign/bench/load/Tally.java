package io.countersign.bench.load;

import org.HdrHistogram.Histogram;

/** What became of the messages of one run. Belongs to the generator's event loop; read when the run is over. */
final class Tally {
    long accepted;
    long rejected;
    long deferred;
    /** Connections that broke, with the messages that were on them. */
    long broken;
    /** Whole messages, from the moment each should have begun, in microseconds, up to a minute. */
    final Histogram micros = new Histogram(60_000_000L, 3);

    long finished() {
        return accepted + rejected + deferred + broken;
    }

    void finished(int code, long startNanos) {
        if (code >= 200 && code < 300) {
            accepted++;
        } else if (code >= 500) {
            rejected++;
        } else {
            deferred++;
        }
        micros.recordValue(Math.min(60_000_000L, Math.max(1, (System.nanoTime() - startNanos) / 1000)));
    }
}
