package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.relay.Mta;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How it goes now. What is counted is read from the meters, so that page and Prometheus cannot disagree. */
public final class StatusRoutes {
    /** What runs. */
    public record Program(String version, String hostname, Instant started) {}

    /** What is looked at beside the meters. @param degraded parts that do less than they should, in words */
    public record Watched(Readiness readiness, Mta mta, Supplier<Duration> lag, Supplier<List<String>> degraded) {}

    private final Program program;
    private final Watched watched;
    private final MeterRegistry meters;
    private final Map<String, Latencies> latencies;

    public StatusRoutes(Program program, Watched watched, MeterRegistry meters, Traffic traffic) {
        this.program = program;
        this.watched = watched;
        this.meters = meters;
        this.latencies = traffic.latencies();
    }

    public List<Route> routes() {
        return List.of(new Route("GET", "/api/v1/status", TOKEN, THREAD, r -> completedStage(status())));
    }

    private Response status() {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("version", program.version());
        view.put("java", Runtime.version().toString());
        view.put("hostname", program.hostname());
        view.put("started", program.started().toString());
        view.put(
                "uptime_seconds",
                Duration.between(program.started(), Instant.now()).toSeconds());
        view.put("phase", Views.word(watched.readiness().phase()));
        view.put("obstacle", watched.readiness().obstacle());
        view.put("degraded", watched.degraded().get());
        view.put("mta", mta());
        view.put(
                "sessions", Map.of("open", gauge("countersign.sessions.open"), "total", count("countersign.sessions")));
        view.put("messages", byTag("countersign.transactions", "decision"));
        view.put("probes", count("countersign.probes"));
        view.put("callouts", callouts());
        Map<String, Object> times = new LinkedHashMap<>();
        latencies.forEach((name, latency) -> times.put(name, latency.view()));
        view.put("latencies", times);
        view.put("loop_lag_milliseconds", watched.lag().get().toNanos() / 1e6);
        view.put("memory", memory());
        return Response.json(view);
    }

    private Map<String, Object> mta() {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("health", Views.word(watched.mta().health()));
        view.put("connections_open", gauge("countersign.mta.connections.open"));
        view.put("connections_idle", gauge("countersign.mta.connections.idle"));
        view.put("transactions_waiting", gauge("countersign.mta.transactions.waiting"));
        view.put(
                "capabilities",
                watched.mta()
                        .capabilities()
                        .map(c -> List.copyOf(c.keywords().keySet()))
                        .orElse(List.of()));
        return view;
    }

    private Map<String, Object> callouts() {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("in_flight", gauge("countersign.callouts.in.flight"));
        view.put("idle_connections", gauge("countersign.callout.connections.idle"));
        view.put("verdicts", byTag("countersign.callouts", "reason"));
        view.put("refused_by_limit", byTag("countersign.callout.refusals", "limit"));
        view.put("breakers_open", gauge("countersign.callout.limit.keys", "open-breaker"));
        return view;
    }

    private static Map<String, Object> memory() {
        Runtime runtime = Runtime.getRuntime();
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("heap_used_octets", runtime.totalMemory() - runtime.freeMemory());
        view.put("heap_most_octets", runtime.maxMemory());
        return view;
    }

    private long count(String name) {
        return Math.round(meters.find(name).counters().stream()
                .mapToDouble(Counter::count)
                .sum());
    }

    private Map<String, Object> byTag(String name, String tag) {
        Map<String, Object> counts = new TreeMap<>();
        for (Counter counter : meters.find(name).counters()) {
            counts.put(String.valueOf(counter.getId().getTag(tag)), Math.round(counter.count()));
        }
        return counts;
    }

    private long gauge(String name) {
        Gauge gauge = meters.find(name).gauge();
        return gauge == null ? 0 : Math.round(gauge.value());
    }

    private long gauge(String name, String table) {
        Gauge gauge = meters.find(name).tag("table", table).gauge();
        return gauge == null ? 0 : Math.round(gauge.value());
    }
}
