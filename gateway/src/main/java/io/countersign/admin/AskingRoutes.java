package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Asking about an address as the gateway would, within its limits. */
public final class AskingRoutes {
    private static final int MOST_AT_ONCE = 16;

    private final Function<MailAddress, CompletableFuture<Verdict>> ask;
    private final AtomicInteger asking = new AtomicInteger();

    /** @param ask never fails because of a peer, and ends in bounded time */
    public AskingRoutes(Function<MailAddress, CompletableFuture<Verdict>> ask) {
        this.ask = ask;
    }

    public List<Route> routes() {
        return List.of(new Route("POST", "/api/v1/verify", TOKEN, THREAD, this::verify));
    }

    private CompletionStage<Response> verify(Request request) throws BadRequest {
        MailAddress address = MemoryRoutes.address(request.field("address"));
        if (asking.incrementAndGet() > MOST_AT_ONCE) {
            asking.decrementAndGet();
            return CompletableFuture.completedStage(
                    Response.problem(503, "too many questions at once").with("Retry-After", "5"));
        }
        long start = System.nanoTime();
        return ask.apply(address)
                .whenComplete((verdict, failure) -> asking.decrementAndGet())
                .thenApply(verdict ->
                        Response.json(Views.verdict(address, verdict, Duration.ofNanos(System.nanoTime() - start))));
    }
}
