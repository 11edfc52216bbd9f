package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.config.Shown;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The configuration in effect, and how much is logged. */
public final class SettingsRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(SettingsRoutes.class);

    private static final Set<String> LEVELS = Set.of("error", "warn", "info", "debug", "trace");

    /** A key with one of these at its end holds a secret itself; file names are none. */
    private static final Set<String> SECRETS = Set.of("password", "secret", "token", "redis");

    static final String MASK = "\"****\"";

    /** How much is logged. */
    public interface LogLevel {
        /** One of error, warn, info, debug, trace. */
        String get();

        void set(String level);
    }

    private final Supplier<List<Shown>> effective;
    private final LogLevel level;

    /** @param effective of now */
    public SettingsRoutes(Supplier<List<Shown>> effective, LogLevel level) {
        this.effective = effective;
        this.level = level;
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/settings", TOKEN, THREAD, r -> completedStage(settings())),
                new Route("GET", "/api/v1/log", TOKEN, THREAD, r -> completedStage(logging())),
                new Route("POST", "/api/v1/log", TOKEN, THREAD, r -> completedStage(change(r))));
    }

    private Response settings() {
        return Response.json(Map.of(
                "settings", effective.get().stream().map(SettingsRoutes::view).toList()));
    }

    private static Map<String, Object> view(Shown shown) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("key", shown.key());
        view.put("value", masked(shown));
        view.put("origin", shown.origin());
        view.put("default", shown.isDefault());
        return view;
    }

    /** Secrets show whether they are set, and nothing else. */
    static String masked(Shown shown) {
        String last = shown.key().substring(shown.key().lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return SECRETS.contains(last) && !shown.value().equals("\"\"") ? MASK : shown.value();
    }

    private Response logging() {
        return Response.json(Map.of("level", level.get()));
    }

    /** Until the next reload or start. */
    private Response change(Request request) throws BadRequest {
        String wanted = request.field("level");
        if (!LEVELS.contains(wanted)) {
            throw new BadRequest("level: one of error, warn, info, debug, trace is expected");
        }
        level.set(wanted);
        LOG.warn(
                "the log's level is {} from now on, until the next reload: asked for over the admin interface", wanted);
        return logging();
    }
}
