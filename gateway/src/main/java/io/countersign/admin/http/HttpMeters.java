package io.countersign.admin.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/** What the server counts. Labels are words of ours. Thread-safe. */
final class HttpMeters {
    /** Why somebody was cut off. */
    enum Cut {
        TOO_MANY_CONNECTIONS,
        TOO_SLOW,
        TOO_MANY_REQUESTS
    }

    private static final int CLASSES = 6;

    private final Counter[] answers = new Counter[CLASSES];
    private final Map<Gatekeeper.Refusal, Counter> refusals = new EnumMap<>(Gatekeeper.Refusal.class);
    private final Map<Cut, Counter> cuts = new EnumMap<>(Cut.class);
    private final AtomicInteger open = new AtomicInteger();

    HttpMeters(MeterRegistry registry) {
        for (int i = 2; i < CLASSES; i++) {
            answers[i] = Counter.builder("countersign.admin.responses")
                    .description("Responses of the admin interface, by class of their status")
                    .tag("status", i + "xx")
                    .register(registry);
        }
        for (Gatekeeper.Refusal refusal : Gatekeeper.Refusal.values()) {
            refusals.put(
                    refusal,
                    Counter.builder("countersign.admin.refusals")
                            .description("Requests that the admin interface turned away, by what was wrong with them")
                            .tag("reason", word(refusal))
                            .register(registry));
        }
        for (Cut cut : Cut.values()) {
            cuts.put(
                    cut,
                    Counter.builder("countersign.admin.cuts")
                            .description("Connections that the admin interface cut off, by why")
                            .tag("reason", word(cut))
                            .register(registry));
        }
        Gauge.builder("countersign.admin.connections.open", open, AtomicInteger::get)
                .description("Connections to the admin interface that are open")
                .register(registry);
    }

    void answered(int status) {
        answers[Math.min(CLASSES - 1, Math.max(2, status / 100))].increment();
    }

    void refused(Gatekeeper.Refusal refusal) {
        Objects.requireNonNull(refusals.get(refusal), "made for all").increment();
    }

    void cut(Cut cut) {
        Objects.requireNonNull(cuts.get(cut), "made for all").increment();
    }

    /** @return how many are open now, this one included */
    int opened() {
        return open.incrementAndGet();
    }

    void closed() {
        open.decrementAndGet();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
