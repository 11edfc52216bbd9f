package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.config.Shown;
import io.countersign.journal.LogLevels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The configuration in effect, and how much is logged. */
public final class SettingsRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(SettingsRoutes.class);

    private final Supplier<List<Shown>> effective;
    private final LogLevels levels;

    /** @param effective of now */
    public SettingsRoutes(Supplier<List<Shown>> effective, LogLevels levels) {
        this.effective = effective;
        this.levels = levels;
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
        view.put("value", shown.value());
        view.put("origin", shown.origin());
        view.put("default", shown.isDefault());
        return view;
    }

    /** {@code level} is that of all loggers without one of their own. */
    private Response logging() {
        Map<String, String> all = levels.levels();
        return Response.json(Map.of("level", String.valueOf(all.get("")), "levels", all));
    }

    /** Until the next reload or start. */
    private Response change(Request request) throws BadRequest {
        String wanted = request.field("level");
        String logger = request.optionalField("logger").orElse("");
        try {
            levels.set(logger, wanted);
        } catch (IllegalArgumentException wrong) {
            throw new BadRequest(String.valueOf(wrong.getMessage()));
        }
        LOG.warn(
                "the log's level is {}{} from now on, until the next reload: asked for over the admin interface",
                wanted,
                logger.isEmpty() ? "" : " for " + logger);
        return logging();
    }
}
