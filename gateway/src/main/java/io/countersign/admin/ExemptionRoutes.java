package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Exempting a sender or its domain for a while. */
public final class ExemptionRoutes {
    private static final Duration LONGEST = Duration.ofDays(366);

    private final Exemptions exemptions;
    private final Supplier<Instant> clock;

    public ExemptionRoutes(Exemptions exemptions, Supplier<Instant> clock) {
        this.exemptions = exemptions;
        this.clock = clock;
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/exemptions", TOKEN, THREAD, r -> completedStage(all())),
                new Route("POST", "/api/v1/exemptions", TOKEN, THREAD, r -> completedStage(add(r))),
                new Route("POST", "/api/v1/exemptions/end", TOKEN, THREAD, r -> completedStage(end(r))));
    }

    private Response all() {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("file", exemptions.file().map(Path::toString).orElse(null));
        view.put(
                "exemptions",
                exemptions.all().stream().map(ExemptionRoutes::view).toList());
        return Response.json(view);
    }

    private static Map<String, Object> view(Exemptions.Entry entry) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("sender", entry.sender());
        view.put("until", entry.until().toString());
        view.put("note", entry.note());
        return view;
    }

    private Response add(Request request) throws BadRequest {
        Duration span = Request.span("for", request.field("for"));
        if (span.compareTo(LONGEST) > 0) {
            throw new BadRequest("for: at most " + LONGEST.toDays() + "d; what is to last belongs into exempt.senders");
        }
        Optional<String> note = request.optionalField("note");
        String sender = request.field("sender");
        try {
            return Response.json(view(exemptions.add(
                    sender,
                    clock.get().plus(span).truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                    note.orElse(""))));
        } catch (IllegalArgumentException wrong) {
            throw new BadRequest(String.valueOf(wrong.getMessage()));
        } catch (IOException failed) {
            return unwritten(failed);
        }
    }

    private Response end(Request request) throws BadRequest {
        String sender = request.field("sender");
        try {
            return Response.json(Map.of("ended", exemptions.end(sender)));
        } catch (IllegalArgumentException wrong) {
            throw new BadRequest(String.valueOf(wrong.getMessage()));
        } catch (IOException failed) {
            return unwritten(failed);
        }
    }

    private static Response unwritten(IOException failed) {
        return Response.problem(
                503,
                "the file of exemptions cannot be written (" + failed.getClass().getSimpleName()
                        + "); nothing has changed");
    }
}
