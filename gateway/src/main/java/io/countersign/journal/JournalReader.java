package io.countersign.journal;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Looks up what became of mail. Any thread: the disk is read on a thread of the reader's own, one question after the other; every
 * answer is bounded. A future fails with {@link JournalException} when the journal cannot be read, or with {@link
 * java.util.concurrent.RejectedExecutionException} when too many questions wait.
 */
public interface JournalReader extends AutoCloseable {
    /** Most stories that one question gets. */
    int MOST = 1000;

    /**
     * @param wanted what is looked for; null for everything
     * @param since only what was written at or after it
     * @param after only what was written after this {@link Story#position}; 0 for all
     * @param limit most stories, 1 to {@link #MOST}
     */
    record Query(@Nullable Wanted wanted, Instant since, long after, int limit) {
        public Query {
            if (limit < 1 || limit > MOST) {
                throw new IllegalArgumentException("limit is " + limit + ", not 1 to " + MOST);
            }
        }
    }

    /** @param stories newest first @param more whether there are older ones beyond the limit */
    record Found(List<Story> stories, boolean more) {}

    /** One callout. Its verdict's evidence has the dialogue. */
    record CalloutStory(long position, String address, io.countersign.verdict.Verdict verdict) {}

    /**
     * What enforcing would have refused, by rule and sender domain.
     *
     * @param messages how many transactions
     * @param senders how many different addresses
     * @param provedGood of these, how many were found deliverable afterwards: enforcing would have hurt them
     * @param example the id of the newest one
     */
    record WouldHave(
            String rule, String domain, int messages, int senders, int provedGood, String example, Instant last) {}

    /**
     * How far back the journal goes.
     *
     * @param from the oldest record's time; null when there is none
     * @param octets on disk
     */
    record Extent(@Nullable Instant from, long records, long octets) {}

    /** Newest first. */
    CompletableFuture<Found> find(Query query);

    /** The callouts a story's verdicts rest on, with their dialogues; empty when none was made or it is no longer kept. */
    CompletableFuture<List<CalloutStory>> callouts(Story story);

    /** Most messages first; at most {@link #MOST} groups. */
    CompletableFuture<List<WouldHave>> wouldHaveRefused(Instant since);

    CompletableFuture<Extent> extent();

    @Override
    void close();
}
