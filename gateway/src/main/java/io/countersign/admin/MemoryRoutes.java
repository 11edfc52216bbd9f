package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import io.countersign.verdict.Remembered;
import io.countersign.verdict.RememberedRecipient;
import io.countersign.verdict.VerdictCache;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is remembered of an address, and forgetting it. */
public final class MemoryRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryRoutes.class);

    private final VerdictCache cache;
    private final ToIntFunction<MailDomain> forgetFacts;

    /** @param forgetFacts drops what is known of a domain beside verdicts, and says how much it was */
    public MemoryRoutes(VerdictCache cache, ToIntFunction<MailDomain> forgetFacts) {
        this.cache = cache;
        this.forgetFacts = forgetFacts;
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/verdict", TOKEN, THREAD, r -> completedStage(verdict(r))),
                new Route("POST", "/api/v1/verdict/forget", TOKEN, THREAD, r -> completedStage(forget(r))),
                new Route("GET", "/api/v1/cache", TOKEN, THREAD, r -> completedStage(stats())));
    }

    private Response verdict(Request request) throws BadRequest {
        MailAddress address = address(request.required("address"));
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("address", address.text());
        Remembered sender = cache.peekSender(address);
        view.put("sender", sender == null ? null : sender(sender));
        RememberedRecipient recipient = cache.peekRecipient(address);
        view.put("recipient", recipient == null ? null : recipient(recipient));
        return Response.json(view);
    }

    private static Map<String, @Nullable Object> sender(Remembered remembered) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>(Views.verdict(remembered.verdict()));
        view.put("standing", Views.word(remembered.standing()));
        view.put("last_attempt", remembered.lastAttempt() == null ? null : Views.verdict(remembered.lastAttempt()));
        return view;
    }

    private static Map<String, @Nullable Object> recipient(RememberedRecipient remembered) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("answer", Views.word(remembered.answer()));
        view.put("freshness", Views.word(remembered.freshness()));
        view.put("age_milliseconds", remembered.age().toMillis());
        view.put("reply", remembered.reply() == null ? null : remembered.reply().toString());
        return view;
    }

    private Response forget(Request request) throws BadRequest {
        Optional<String> address = request.optionalField("address");
        Optional<String> domain = request.optionalField("domain");
        if (address.isPresent() == domain.isPresent()) {
            throw new BadRequest("either address or domain is expected");
        }
        int gone;
        int facts = 0;
        if (address.isPresent()) {
            gone = cache.forget(address(address.get()));
        } else {
            MailDomain name = domain(domain.get());
            gone = cache.forget(name);
            facts = forgetFacts.applyAsInt(name);
        }
        LOG.info("{} remembered verdict(s) and {} fact(s) forgotten over the admin interface", gone, facts);
        return Response.json(Map.of("forgotten", gone, "facts", facts));
    }

    private Response stats() {
        return Response.json(
                Map.of("senders", stats(cache.senderStats()), "recipients", stats(cache.recipientStats())));
    }

    private static Map<String, Object> stats(VerdictCache.Stats stats) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("entries", stats.entries());
        view.put("octets", stats.weight());
        view.put("hits", stats.hits());
        view.put("misses", stats.misses());
        view.put("evictions", stats.evictions());
        return view;
    }

    static MailAddress address(String text) throws BadRequest {
        return MailAddress.parse(text).orElseThrow(() -> new BadRequest("this is no mail address"));
    }

    static MailDomain domain(String text) throws BadRequest {
        return MailDomain.parse(text).orElseThrow(() -> new BadRequest("this is no domain"));
    }
}
