package io.countersign.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How long something takes: as a histogram for Prometheus, and as the percentiles of the last minute for people. Any thread, a
 * fraction of a microsecond.
 */
public final class Latencies {
    private static final Duration WINDOW = Duration.ofMinutes(1);
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
    private final Timer lately;

    /** @param name as {@code countersign.callout.duration} */
    public Latencies(MeterRegistry registry, String name, String description) {
        kept = Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        lately = Timer.builder("lately")
                .publishPercentiles(0.5, 0.95, 0.99)
                .distributionStatisticExpiry(WINDOW)
                .distributionStatisticBufferLength(6)
                .register(new SimpleMeterRegistry());
    }

    public void took(Duration time) {
        kept.record(time);
        lately.record(time);
    }

    /** How many in all, and the percentiles of the last minute in milliseconds (0 where there was none). */
    Map<String, Object> view() {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("count", kept.count());
        for (ValueAtPercentile value : lately.takeSnapshot().percentileValues()) {
            double millis = value.value(TimeUnit.MICROSECONDS) / 1000;
            view.put(
                    "p" + Math.round(value.percentile() * 100) + "_milliseconds",
                    Double.isFinite(millis) ? millis : 0d);
        }
        return view;
    }
}
