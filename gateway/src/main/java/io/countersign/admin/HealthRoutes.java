package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.ANYBODY;
import static io.countersign.admin.http.Route.Access.NO_TOKEN;
import static io.countersign.admin.http.Route.Work.LOOP;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.relay.Mta;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /health/…} and {@code /metrics}. 200 means yes, 503 no. */
public final class HealthRoutes {
    private final Readiness readiness;
    private final Mta mta;
    private final MeterRegistry meters;

    public HealthRoutes(Readiness readiness, Mta mta, MeterRegistry meters) {
        this.readiness = readiness;
        this.mta = mta;
        this.meters = meters;
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", "/health/live", ANYBODY, LOOP, r -> completedStage(state(true, "up", null))),
                new Route("GET", "/health/ready", ANYBODY, LOOP, r -> completedStage(ready())),
                new Route("GET", "/health/backend", ANYBODY, LOOP, r -> completedStage(backend())),
                new Route("GET", "/metrics", NO_TOKEN, THREAD, r -> completedStage(metrics())));
    }

    private Response ready() {
        String obstacle = readiness.obstacle();
        return state(obstacle == null, obstacle == null ? "ready" : "not ready", obstacle);
    }

    private Response backend() {
        Mta.Health health = mta.health();
        return state(health == Mta.Health.UP, health.name().toLowerCase(Locale.ROOT), null);
    }

    private static Response state(boolean good, String word, @Nullable String why) {
        Map<String, String> body = new LinkedHashMap<>();
        body.put("status", word);
        if (why != null) {
            body.put("reason", why);
        }
        return Response.json(good ? 200 : 503, body);
    }

    private Response metrics() {
        String text = Metrics.scrape(meters);
        return text == null
                ? Response.problem(503, "this process collects no metrics")
                : Response.text(Metrics.TEXT, text);
    }
}
