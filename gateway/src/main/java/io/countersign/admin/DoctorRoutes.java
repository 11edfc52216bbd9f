package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.diagnosis.Doctor;
import io.countersign.diagnosis.Explanation;
import io.countersign.diagnosis.Explanations;
import io.countersign.diagnosis.Report;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What is wrong with a domain or with us, and what a bounce means. The doctor asks others, so it is no GET. */
public final class DoctorRoutes {
    /** One examination asks many questions, and may take as long as {@link Doctor#LONGEST}. */
    private static final int MOST_AT_ONCE = 4;

    private final Doctor doctor;
    private final AtomicInteger examining = new AtomicInteger();
    private final Explanations explanations = Explanations.shipped();

    public DoctorRoutes(Doctor doctor) {
        this.doctor = doctor;
    }

    public List<Route> routes() {
        return List.of(
                new Route("POST", "/api/v1/doctor", TOKEN, THREAD, this::examine),
                new Route("POST", "/api/v1/explain", TOKEN, THREAD, r -> completedStage(explain(r))));
    }

    private CompletionStage<Response> examine(Request request) throws BadRequest {
        Optional<String> domain = request.optionalField("domain");
        Mono<Report> examination =
                domain.isPresent() ? doctor.examine(MemoryRoutes.domain(domain.get())) : doctor.examineOurselves();
        if (examining.incrementAndGet() > MOST_AT_ONCE) {
            examining.decrementAndGet();
            return completedStage(
                    Response.problem(503, "too many examinations at once").with("Retry-After", "30"));
        }
        return examination
                .map(report -> Response.json(report.view()))
                .doFinally(end -> examining.decrementAndGet())
                .toFuture();
    }

    private Response explain(Request request) throws BadRequest {
        Explanation explanation = explanations.explain(request.field("text"));
        Explanation.Known known = explanation.known().orElse(null);
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("name", known == null ? null : known.name());
        view.put("side", known == null ? null : known.side().name().toLowerCase(Locale.ROOT));
        view.put("happened", known == null ? null : known.happened());
        view.put("remedy", known == null ? null : known.remedy());
        view.put("source", known == null ? null : known.source());
        Map<String, Object> codes = new LinkedHashMap<>();
        explanation.codes().forEach(code -> codes.put(code.code(), code.meaning()));
        view.put("codes", codes);
        view.put("id", explanation.id().orElse(null));
        return Response.json(view);
    }
}
