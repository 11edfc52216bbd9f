package io.countersign.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How long something takes: as a histogram for Prometheus, and as the percentiles of the last minute for people. Any thread, a
 * fraction of a microsecond.
 */
public final class Latencies {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(20),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(2),
        Duration.ofSeconds(8),
        Duration.ofSeconds(30),
        Duration.ofMinutes(2)
    };

    private final Timer kept;
    private final RecentTimes lately = new RecentTimes(System::nanoTime);

    /** @param name as {@code countersign.callout.duration} */
    public Latencies(MeterRegistry registry, String name, String description) {
        kept = Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    public void took(Duration time) {
        kept.record(time);
        lately.record(time.toNanos());
    }

    /** How many in all, and the percentiles of the last minute in milliseconds (0 where there was none). */
    Map<String, Object> view() {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("count", kept.count());
        double[] millis = lately.percentiles(0.5, 0.95, 0.99);
        view.put("p50_milliseconds", millis[0]);
        view.put("p95_milliseconds", millis[1]);
        view.put("p99_milliseconds", millis[2]);
        return view;
    }
}
