package io.countersign.journal;

import io.countersign.journal.Folder.File;
import io.countersign.verdict.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the files of a journal while its writer, in this process or another, goes on. Opens them for each question and keeps none:
 * old ones may be deleted at any time. A damaged file is passed over.
 */
public final class SqliteReader implements JournalReader {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteReader.class);

    /** Questions that wait while one is answered. */
    private static final int QUESTIONS = 32;

    /** A question that takes longer is answered with what was found. */
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** Most transactions that are weighed for "would have been refused". */
    private static final int MOST_WEIGHED = 200_000;

    private final Folder folder;
    private final ThreadPoolExecutor reading;

    public SqliteReader(Path dir) {
        folder = new Folder(dir);
        reading = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUESTIONS), task -> {
            Thread thread = new Thread(task, "journal-reader");
            thread.setDaemon(true);
            return thread;
        });
        reading.allowCoreThreadTimeOut(true);
    }

    @Override
    public void close() {
        reading.shutdownNow();
    }

    private <T> CompletableFuture<T> off(Callable<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            reading.execute(() -> {
                try {
                    answer.complete(question.call());
                } catch (IOException | SQLException e) {
                    answer.completeExceptionally(new JournalException(
                            "the journal in " + folder.path() + " cannot be read: " + e.getMessage(), e));
                } catch (Exception | LinkageError e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException busy) {
            answer.completeExceptionally(busy);
        }
        return answer;
    }

    @FunctionalInterface
    private interface Visit {
        void in(SegmentReader open) throws SQLException;
    }

    /** A file that is gone, damaged or of another version is passed over: the others still have an answer. */
    private static void visit(File file, Visit visit) throws SQLException {
        try (SegmentReader open = SegmentReader.open(file)) {
            if (open != null) {
                visit.in(open);
            }
        } catch (SQLException e) {
            if (!Sqlite.isDamage(e)) {
                throw e;
            }
            LOG.warn("the journal's file {} is damaged: {}", file.path(), e.getMessage());
        }
    }

    // --- finding ---

    @Override
    public CompletableFuture<Found> find(Query query) {
        return off(() -> findNow(query));
    }

    private Found findNow(Query query) throws IOException, SQLException {
        long least = Math.max(Folder.micros(query.since()), query.after() + 1);
        long end = System.nanoTime() + LONGEST_NANOS;
        List<Story> stories = new ArrayList<>();
        Map<String, List<Story.Late>> late = new HashMap<>();
        for (File file : newestFirst(least)) {
            if (System.nanoTime() > end) {
                return new Found(List.copyOf(stories), true);
            }
            visit(file, open -> {
                List<Story> here = open.find(query.wanted(), least, query.limit() + 1 - stories.size());
                // What came late stands in the same file, or in a newer one that was looked through before.
                for (Story story : here) {
                    List<Story.Late> more = new ArrayList<>(open.late(story.id()));
                    more.addAll(late.getOrDefault(story.id(), List.of()));
                    stories.add(more.isEmpty() ? story : open.with(story, more));
                }
                late.putAll(open.lateOfOtherFiles());
            });
            if (stories.size() > query.limit()) {
                return new Found(List.copyOf(stories.subList(0, query.limit())), true);
            }
        }
        return new Found(List.copyOf(stories), false);
    }

    /** Files that may hold something at or after {@code least}. */
    private List<File> newestFirst(long least) throws IOException {
        List<File> files = folder.files();
        List<File> wanted = new ArrayList<>();
        for (int i = files.size() - 1; i >= 0; i--) {
            wanted.add(files.get(i));
            if (files.get(i).begin() <= least) {
                break;
            }
        }
        return wanted;
    }

    // --- callouts ---

    @Override
    public CompletableFuture<List<CalloutStory>> callouts(Story story) {
        return off(() -> {
            List<CalloutStory> found = new ArrayList<>();
            List<Verdict> verdicts = new ArrayList<>();
            if (story.sender().verdict() != null) {
                verdicts.add(story.sender().verdict());
            }
            story.late().forEach(l -> {
                if (l.verdict() != null) {
                    verdicts.add(l.verdict());
                }
            });
            Instant oldest = verdicts.stream()
                    .map(Verdict::at)
                    .filter(at -> at.isBefore(story.at()))
                    .min(Comparator.naturalOrder())
                    .orElse(story.at());
            long least = Folder.micros(oldest) - TimeUnit.MINUTES.toMicros(1);
            // One that was still asking when the transaction ended finished within callout.timeouts.total.
            long most = story.position() + TimeUnit.MINUTES.toMicros(5);
            for (File file : newestFirst(least)) {
                if (file.begin() > most) {
                    continue;
                }
                visit(file, open -> open.callouts(story, verdicts, least, most, found));
            }
            found.sort(Comparator.comparingLong(CalloutStory::position));
            return List.copyOf(found);
        });
    }

    // --- would have been refused ---

    /** @param domain of the sender, in lower case */
    record Refusal(String rule, String domain, String address, long position, String id) {}

    private record Group(String rule, String domain) {}

    @Override
    public CompletableFuture<List<WouldHave>> wouldHaveRefused(Instant since) {
        return off(() -> {
            long least = Folder.micros(since);
            long end = System.nanoTime() + LONGEST_NANOS;
            List<File> files = newestFirst(least);
            List<Refusal> refusals = new ArrayList<>();
            for (File file : files) {
                if (refusals.size() < MOST_WEIGHED) {
                    visit(file, open -> open.refusals(least, MOST_WEIGHED - refusals.size(), refusals));
                }
            }
            Map<String, Long> firstRefused = new HashMap<>();
            refusals.forEach(r -> firstRefused.merge(r.address(), r.position(), Math::min));
            Set<String> good = new HashSet<>();
            for (File file : files) {
                visit(file, open -> {
                    for (Map.Entry<String, Long> sender : firstRefused.entrySet()) {
                        if (!good.contains(sender.getKey())
                                && System.nanoTime() < end
                                && open.provedGood(sender.getKey(), sender.getValue())) {
                            good.add(sender.getKey());
                        }
                    }
                });
            }
            return grouped(refusals, good);
        });
    }

    private static List<WouldHave> grouped(List<Refusal> refusals, Set<String> good) {
        Map<Group, List<Refusal>> groups = new HashMap<>();
        refusals.forEach(r -> groups.computeIfAbsent(new Group(r.rule(), r.domain()), g -> new ArrayList<>())
                .add(r));
        List<WouldHave> result = new ArrayList<>();
        groups.forEach((group, all) -> {
            Refusal newest = all.stream()
                    .max(Comparator.comparingLong(Refusal::position))
                    .orElseThrow();
            List<String> senders = all.stream().map(Refusal::address).distinct().toList();
            result.add(new WouldHave(
                    group.rule(),
                    group.domain(),
                    (int) all.stream().map(Refusal::id).distinct().count(),
                    senders.size(),
                    (int) senders.stream().filter(good::contains).count(),
                    newest.id(),
                    Folder.time(newest.position())));
        });
        result.sort(Comparator.comparingInt(WouldHave::messages).reversed().thenComparing(WouldHave::domain));
        return List.copyOf(result.subList(0, Math.min(MOST, result.size())));
    }

    // --- how much there is ---

    @Override
    public CompletableFuture<Extent> extent() {
        return off(() -> {
            List<Long> counts = new ArrayList<>();
            List<Long> firsts = new ArrayList<>();
            for (File file : folder.files()) {
                visit(file, open -> {
                    counts.add(open.count());
                    Long first = open.firstPosition();
                    if (first != null) {
                        firsts.add(first);
                    }
                });
            }
            return new Extent(
                    firsts.isEmpty() ? null : Folder.time(firsts.get(0)),
                    counts.stream().mapToLong(Long::longValue).sum(),
                    folder.octets());
        });
    }
}
