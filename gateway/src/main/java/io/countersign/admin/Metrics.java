package io.countersign.admin;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;

/** The registry of a gateway that serves, and what is measured of the process itself. */
public final class Metrics {
    private static final String PREFIX = "countersign.";

    /** The content type of {@link #scrape}. */
    static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private Metrics() {}

    /** All its names begin with {@code countersign}, also those that Micrometer gives. */
    public static PrometheusMeterRegistry registry() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        registry.config().meterFilter(new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                return id.getName().startsWith(PREFIX) ? id : id.withName(PREFIX + id.getName());
            }
        });
        // Nanoseconds are no base unit, and a gauge is no count; the share of the processors that it takes is there
        // besides.
        registry.config()
                .meterFilter(MeterFilter.denyNameStartsWith("countersign.process.cpu.time"))
                .meterFilter(MeterFilter.denyNameStartsWith("countersign.system.cpu.count"));
        return registry;
    }

    /** Of the JVM and Netty. @param version of this program */
    public static void bindProcess(MeterRegistry registry, String version, String transport) {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        Gauge.builder("countersign.jvm.gc.time", Metrics::collecting)
                .description("Time spent in garbage collection since the start")
                .baseUnit("seconds")
                .register(registry);
        if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider) {
            var memory = provider.metric();
            Gauge.builder("countersign.netty.memory.used", memory, m -> m.usedDirectMemory())
                    .description("Memory that the buffers of the network take, by area")
                    .baseUnit("bytes")
                    .tag("area", "direct")
                    .strongReference(true)
                    .register(registry);
            Gauge.builder("countersign.netty.memory.used", memory, m -> m.usedHeapMemory())
                    .description("Memory that the buffers of the network take, by area")
                    .baseUnit("bytes")
                    .tag("area", "heap")
                    .strongReference(true)
                    .register(registry);
        }
        Gauge.builder("countersign.build", () -> 1)
                .description("Which program runs: always 1, the labels say what")
                .tag("version", version)
                .tag("java", Runtime.version().toString())
                .tag("transport", transport)
                .register(registry);
    }

    private static double collecting() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                        .filter(millis -> millis > 0)
                        .sum()
                / 1e3;
    }

    /** As Prometheus reads it; null for a registry of another kind. */
    static @org.jspecify.annotations.Nullable String scrape(MeterRegistry registry) {
        return registry instanceof PrometheusMeterRegistry prometheus ? prometheus.scrape(TEXT) : null;
    }
}
