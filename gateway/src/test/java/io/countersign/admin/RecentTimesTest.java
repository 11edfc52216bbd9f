package io.countersign.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentTimesTest {
    private final AtomicLong clock = new AtomicLong();
    private final RecentTimes times = new RecentTimes(clock::get);

    @Test
    void the_percentiles_are_those_of_what_was_recorded() {
        for (int i = 1; i <= 1000; i++) {
            times.record(TimeUnit.MILLISECONDS.toNanos(i));
        }
        double[] found = times.percentiles(0.5, 0.95, 0.99);
        assertThat(found[0]).isCloseTo(500, withinPercentage(10));
        assertThat(found[1]).isCloseTo(950, withinPercentage(10));
        assertThat(found[2]).isCloseTo(990, withinPercentage(10));
    }

    @Test
    void what_is_older_than_a_minute_counts_no_more() {
        times.record(TimeUnit.SECONDS.toNanos(5));
        clock.addAndGet(TimeUnit.SECONDS.toNanos(50));
        assertThat(times.percentiles(0.5)[0]).isCloseTo(5000, withinPercentage(10));
        clock.addAndGet(TimeUnit.SECONDS.toNanos(10));
        assertThat(times.percentiles(0.5)).containsExactly(0);
        times.record(TimeUnit.MILLISECONDS.toNanos(2));
        assertThat(times.percentiles(0.5)[0]).isCloseTo(2, withinPercentage(10));
    }

    @Test
    void no_time_is_too_short_or_too_long() {
        times.record(0);
        times.record(Long.MAX_VALUE);
        assertThat(times.percentiles(0.5)[0]).isPositive();
        assertThat(times.percentiles(1)[0]).isFinite();
    }
}
