package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.limit.CalloutLimits;
import java.util.List;
import java.util.Map;

/** The limits of callouts and the breakers, with their state. */
public final class LimitRoutes {
    private static final int USUAL = 50;
    private static final int MOST = 1000;

    private final CalloutLimits limits;

    public LimitRoutes(CalloutLimits limits) {
        this.limits = limits;
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/limits", TOKEN, THREAD, r -> completedStage(busiest(r))),
                new Route("POST", "/api/v1/limits/unblock", TOKEN, THREAD, r -> completedStage(unblock(r))));
    }

    private Response busiest(Request request) throws BadRequest {
        return Response.json(Map.of("keys", Views.keys(limits.snapshot(request.count("limit", USUAL, MOST)))));
    }

    private Response unblock(Request request) throws BadRequest {
        return Response.json(Map.of("unblocked", limits.unblock(request.field("name"))));
    }
}
