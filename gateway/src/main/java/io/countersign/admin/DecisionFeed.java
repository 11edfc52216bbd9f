package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.LOOP;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.Answer;
import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.EventStream;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.journal.TransactionRecord;
import io.countersign.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The last decisions, and a stream of those that come. A session hands its record over in constant time: one slot is written, and
 * only while somebody listens a task is given to the admin loop, at most {@value #MOST_PENDING} of them. Any thread.
 */
public final class DecisionFeed {
    static final int MOST_LISTENERS = 16;

    private static final int KEPT = 512;
    /** Records on their way to listeners; more are left out of the stream. */
    private static final int MOST_PENDING = 256;

    private final AtomicReferenceArray<TransactionRecord> last = new AtomicReferenceArray<>(KEPT);
    private final AtomicLong count = new AtomicLong();
    private final AtomicInteger pending = new AtomicInteger();
    private final List<EventStream.Listener> listeners = new CopyOnWriteArrayList<>();
    private volatile Executor loop = Runnable::run;

    /** @param executor where JSON is made for listeners: not an event loop of the mail */
    public void use(Executor executor) {
        loop = executor;
    }

    void record(TransactionRecord transaction) {
        last.set((int) (count.getAndIncrement() % KEPT), transaction);
        if (listeners.isEmpty()) {
            return;
        }
        if (pending.incrementAndGet() > MOST_PENDING) {
            pending.decrementAndGet();
            return;
        }
        loop.execute(() -> {
            pending.decrementAndGet();
            String json = Json.of(Views.decision(transaction));
            listeners.forEach(listener -> listener.send("decision", json));
        });
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/decisions", TOKEN, THREAD, r -> completedStage(recent(r))),
                new Route("GET", "/api/v1/decisions/stream", TOKEN, LOOP, r -> completedStage(stream())));
    }

    private Response recent(Request request) throws BadRequest {
        int limit = request.count("limit", 50, KEPT);
        List<Object> decisions = new ArrayList<>(limit);
        long newest = count.get() - 1;
        for (long i = newest; i >= 0 && i > newest - Math.min(limit, KEPT); i--) {
            TransactionRecord transaction = last.get((int) (i % KEPT));
            if (transaction != null) {
                decisions.add(Views.decision(transaction));
            }
        }
        return Response.json(Map.of("decisions", decisions));
    }

    private Answer stream() {
        if (listeners.size() >= MOST_LISTENERS) {
            return Response.problem(503, "too many are listening already").with("Retry-After", "30");
        }
        return new EventStream(listener -> {
            listeners.add(listener);
            listener.whenGone(() -> listeners.remove(listener));
        });
    }
}
