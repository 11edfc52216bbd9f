package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.THREAD;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.BadRequest;
import io.countersign.admin.http.Request;
import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import io.countersign.callout.DomainFacts;
import io.countersign.config.CalloutSettings.Rate;
import io.countersign.config.Settings;
import io.countersign.dns.ExchangerAddresses;
import io.countersign.dns.ExchangerSet;
import io.countersign.dns.Exchangers;
import io.countersign.limit.CalloutLimits;
import io.countersign.smtp.MailDomain;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What we know of a domain, and what its DNS says now. */
public final class DomainRoutes {
    /** Of how many exchangers the addresses are looked up. */
    private static final int MOST_EXCHANGERS = 10;

    private static final Duration LONGEST = Duration.ofSeconds(20);

    private record Exchanger(String name, ExchangerAddresses addresses) {}

    private final Supplier<Settings> settings;
    private final Supplier<Exchangers> exchangers;
    private final DomainFacts facts;
    private final CalloutLimits limits;

    /** @param exchangers those of now */
    public DomainRoutes(
            Supplier<Settings> settings, Supplier<Exchangers> exchangers, DomainFacts facts, CalloutLimits limits) {
        this.settings = settings;
        this.exchangers = exchangers;
        this.facts = facts;
        this.limits = limits;
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/domain", TOKEN, THREAD, this::domain),
                new Route("GET", "/api/v1/domain/known", TOKEN, THREAD, r -> completedStage(known(r))));
    }

    /** Asks nobody: it also answers while DNS does not. */
    private Response known(Request request) throws BadRequest {
        MailDomain domain = MemoryRoutes.domain(request.required("name"));
        List<DomainFacts.Known> ofDomain = facts.known(domain);
        Set<String> exchangers = new TreeSet<>();
        ofDomain.forEach(fact -> exchangers.addAll(List.of(fact.exchangers().split(" ", -1))));
        Set<String> names = new HashSet<>(exchangers);
        names.add(domain.key());
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("domain", domain.text());
        view.put("ours", settings.get().domains().matches(domain));
        view.put("facts", facts(ofDomain, exchangers));
        view.put("limits", rates(domain));
        view.put("state", Views.keys(limits.about(names)));
        return Response.json(view);
    }

    private CompletionStage<Response> domain(Request request) throws BadRequest {
        MailDomain domain = MemoryRoutes.domain(request.required("name"));
        Exchangers now = exchangers.get();
        return now.of(domain)
                .flatMap(set -> resolve(now, set).map(found -> Response.json(view(domain, set, found))))
                .timeout(LONGEST, Mono.just(Response.problem(503, "DNS did not answer in time")))
                .toFuture();
    }

    private static Mono<List<Exchanger>> resolve(Exchangers now, ExchangerSet set) {
        if (!(set instanceof ExchangerSet.Found found)) {
            return Mono.just(List.of());
        }
        return Flux.fromIterable(found.exchangers())
                .take(MOST_EXCHANGERS)
                .flatMapSequential(name -> now.addresses(name).map(addresses -> new Exchanger(name, addresses)))
                .collectList();
    }

    private Map<String, @Nullable Object> view(MailDomain domain, ExchangerSet set, List<Exchanger> found) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("domain", domain.text());
        view.put("ours", settings.get().domains().matches(domain));
        view.put("dns", Views.word(set.kind()));
        view.put("detail", detail(set));
        view.put("exchangers", found.stream().map(DomainRoutes::exchanger).toList());
        view.put(
                "facts",
                facts(facts.known(domain), found.stream().map(Exchanger::name).toList()));
        view.put("limits", rates(domain));
        view.put("state", Views.keys(limits.about(names(domain, found))));
        return view;
    }

    private static Map<String, @Nullable Object> exchanger(Exchanger exchanger) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        ExchangerAddresses addresses = exchanger.addresses();
        view.put("name", exchanger.name());
        view.put("dns", Views.word(addresses.kind()));
        view.put("addresses", texts(addresses));
        view.put("detail", detail(addresses));
        return view;
    }

    private static List<String> texts(ExchangerAddresses addresses) {
        return addresses instanceof ExchangerAddresses.Found found
                ? found.addresses().stream().map(InetAddress::getHostAddress).toList()
                : List.of();
    }

    private List<Map<String, @Nullable Object>> facts(List<DomainFacts.Known> ofDomain, Collection<String> exchangers) {
        List<DomainFacts.Known> known = new ArrayList<>(ofDomain);
        for (String exchanger : exchangers) {
            MailDomain.parse(exchanger).ifPresent(name -> known.addAll(facts.known(name)));
        }
        return known.stream().distinct().map(DomainRoutes::fact).toList();
    }

    private static Map<String, @Nullable Object> fact(DomainFacts.Known known) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("exchangers", known.exchangers());
        view.put("fact", known.fact());
        view.put("reply", known.reply().isEmpty() ? null : known.reply());
        view.put("age_milliseconds", known.age().toMillis());
        return view;
    }

    private Map<String, Object> rates(MailDomain domain) {
        var given = settings.get().overrides().calloutLimits(domain, null);
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("per_domain", rate(given.perDomain()));
        view.put("per_exchanger", rate(given.perExchanger()));
        view.put("per_network", rate(given.perNetwork()));
        return view;
    }

    private static Map<String, Object> rate(Rate rate) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("permits", rate.permits());
        view.put("per_milliseconds", rate.per().toMillis());
        view.put("burst", rate.burst());
        view.put("concurrent", rate.concurrent());
        return view;
    }

    private static Set<String> names(MailDomain domain, List<Exchanger> found) {
        Set<String> names = new HashSet<>(Set.of(domain.key()));
        for (Exchanger exchanger : found) {
            names.add(exchanger.name());
            names.addAll(new ArrayList<>(texts(exchanger.addresses())));
        }
        return names;
    }

    private static @Nullable String detail(ExchangerSet set) {
        if (set instanceof ExchangerSet.NoSuchDomain none) {
            return none.detail();
        }
        if (set instanceof ExchangerSet.Unusable unusable) {
            return unusable.detail();
        }
        return set instanceof ExchangerSet.Failed failed ? failed.why() : null;
    }

    private static @Nullable String detail(ExchangerAddresses addresses) {
        if (addresses instanceof ExchangerAddresses.None none) {
            return none.detail();
        }
        if (addresses instanceof ExchangerAddresses.Refused refused) {
            return refused.detail();
        }
        return addresses instanceof ExchangerAddresses.Failed failed ? failed.why() : null;
    }
}
