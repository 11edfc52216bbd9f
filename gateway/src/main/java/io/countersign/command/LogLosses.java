package io.countersign.command;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/**
 * Log lines that were dropped, over all changes of the configuration.
 *
 * @param queue because they came faster than standard error took them
 * @param rate because of {@code log.rate}
 */
record LogLosses(LongAdder queue, LongAdder rate) {
    LogLosses() {
        this(new LongAdder(), new LongAdder());
    }

    void bindTo(MeterRegistry meters) {
        counter(meters, "queue", queue);
        counter(meters, "rate", rate);
    }

    private static void counter(MeterRegistry meters, String reason, LongAdder adder) {
        FunctionCounter.builder("countersign.log.dropped", adder, LongAdder::doubleValue)
                .description("Log lines that were dropped rather than let them block or fill the disk, by why")
                .tag("reason", reason)
                .register(meters);
    }
}
