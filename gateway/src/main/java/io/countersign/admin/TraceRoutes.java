package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.journal.JournalException;
import io.countersign.journal.JournalReader;
import io.countersign.journal.JournalReader.Query;
import io.countersign.journal.Story;
import io.countersign.journal.StoryJson;
import io.countersign.journal.Wanted;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** What became of mail, from the journal. */
public final class TraceRoutes {
    private static final int USUAL = 50;
    private static final Duration LATELY = Duration.ofDays(2);
    private static final Duration WEEK = Duration.ofDays(7);

    private final Optional<JournalReader> journal;

    /** @param journal empty where none is kept on disk */
    public TraceRoutes(Optional<JournalReader> journal) {
        this.journal = journal;
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/trace", TOKEN, THREAD, this::trace),
                new Route("GET", "/api/v1/trace/callouts", TOKEN, THREAD, this::callouts),
                new Route("GET", "/api/v1/trace/extent", TOKEN, THREAD, r -> extent()),
                new Route("GET", "/api/v1/would-have-refused", TOKEN, THREAD, this::wouldHaveRefused));
    }

    private CompletionStage<Response> trace(Request request) throws BadRequest {
        Optional<String> typed = request.parameter("q");
        Wanted wanted = typed.isPresent() ? wanted(typed.get()) : null;
        Instant since = Instant.now().minus(request.span("since", LATELY));
        int limit = request.count("limit", USUAL, JournalReader.MOST);
        if (journal.isEmpty()) {
            return none();
        }
        return guarded(journal.get().find(new Query(wanted, since, 0, limit)).thenApply(found -> {
            Map<String, @Nullable Object> view = new LinkedHashMap<>();
            view.put("understood", wanted == null ? null : wanted.text());
            view.put("stories", found.stories().stream().map(StoryJson::of).toList());
            view.put("more", found.more());
            return Response.json(view);
        }));
    }

    private static Wanted wanted(String typed) throws BadRequest {
        return Wanted.parse(typed)
                .orElseThrow(() -> new BadRequest(
                        "q: an id, a mail address, a domain, an IP address, a Message-ID or a queue id is expected"));
    }

    private CompletionStage<Response> callouts(Request request) throws BadRequest {
        Wanted wanted = wanted(request.required("id"));
        if (journal.isEmpty()) {
            return none();
        }
        JournalReader reader = journal.get();
        return guarded(reader.find(new Query(wanted, Instant.EPOCH, 0, 1))
                .thenCompose(found -> found.stories().isEmpty()
                        ? CompletableFuture.completedFuture(
                                Response.problem(404, "the journal knows no such transaction"))
                        : dialogues(reader, found.stories().get(0))));
    }

    private static CompletableFuture<Response> dialogues(JournalReader reader, Story story) {
        return reader.callouts(story)
                .thenApply(callouts -> Response.json(Map.of(
                        "callouts", callouts.stream().map(StoryJson::callout).toList())));
    }

    private CompletionStage<Response> extent() {
        if (journal.isEmpty()) {
            return none();
        }
        return guarded(journal.get().extent().thenApply(kept -> {
            Map<String, @Nullable Object> view = new LinkedHashMap<>();
            view.put("from", kept.from() == null ? null : kept.from().toString());
            view.put("records", kept.records());
            view.put("octets", kept.octets());
            return Response.json(view);
        }));
    }

    private CompletionStage<Response> wouldHaveRefused(Request request) throws BadRequest {
        Instant since = Instant.now().minus(request.span("since", WEEK));
        int limit = request.count("limit", USUAL, JournalReader.MOST);
        if (journal.isEmpty()) {
            return none();
        }
        return guarded(journal.get()
                .wouldHaveRefused(since)
                .thenApply(groups -> Response.json(Map.of(
                        "groups",
                        groups.stream().limit(limit).map(TraceRoutes::group).toList()))));
    }

    private static Map<String, @Nullable Object> group(JournalReader.WouldHave group) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("rule", group.rule());
        view.put("domain", group.domain());
        view.put("messages", group.messages());
        view.put("senders", group.senders());
        view.put("proved_good", group.provedGood());
        view.put("example", group.example());
        view.put("last", group.last().toString());
        return view;
    }

    private static CompletionStage<Response> none() {
        return completedStage(Response.problem(503, "no journal is kept: journal.dir is empty"));
    }

    private static CompletableFuture<Response> guarded(CompletableFuture<Response> answer) {
        return answer.exceptionally(failure -> {
            Throwable cause = failure.getCause() == null ? failure : failure.getCause();
            if (cause instanceof JournalException) {
                return Response.problem(503, "the journal cannot be read; the log has more");
            }
            if (cause instanceof RejectedExecutionException) {
                return Response.problem(503, "too many questions to the journal at once")
                        .with("Retry-After", "2");
            }
            throw new CompletionException(cause);
        });
    }
}
