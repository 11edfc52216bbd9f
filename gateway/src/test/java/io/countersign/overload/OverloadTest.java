package io.countersign.overload;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.OverloadSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is given up, when, and that it comes back. */
class OverloadTest {
    private static final OverloadSettings SHIPPED = new OverloadSettings(80, 90, 95, Duration.ofMillis(50), 128);

    private final Fake process = new Fake();
    private final AtomicLong now = new AtomicLong(1);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Overload overload = new Overload(() -> SHIPPED, process, meters, now::get);
    private final Listeners listeners = new Listeners();

    private static final class Fake implements Sensors {
        private double heap = 0.1;
        private double direct = 0.1;
        private long open = 60;
        private long most = 256;

        @Override
        public double heap() {
            return heap;
        }

        @Override
        public double directMemory() {
            return direct;
        }

        @Override
        public long descriptors() {
            return open;
        }

        @Override
        public long mostDescriptors() {
            return most;
        }
    }

    private static final class Listeners implements AcceptControl {
        private boolean paused;
        private int few;

        @Override
        public void pauseAccepting() {
            paused = true;
        }

        @Override
        public void resumeAccepting() {
            paused = false;
        }

        @Override
        public void acceptSome() {
            few++;
        }
    }

    /** A second. */
    private void look() {
        for (int i = 0; i < 40; i++) {
            now.addAndGet(Overload.TICK);
            overload.tick();
        }
    }

    @Test
    void RE05_a_heap_that_fills_costs_first_caches_then_callouts_then_sessions_and_all_of_it_comes_back() {
        List<Shedding> told = new ArrayList<>();
        overload.onChange(told::add);
        look();
        assertThat(overload.shedding()).isEqualTo(Shedding.NOTHING);
        assertThat(overload.shedsCallouts()).isFalse();
        assertThat(overload.load()).isZero();

        process.heap = 0.80;
        look();
        assertThat(overload.shedding()).isEqualTo(Shedding.CACHES);
        assertThat(overload.shedsCallouts()).isFalse();
        process.heap = 0.91;
        look();
        assertThat(overload.shedding()).isEqualTo(Shedding.CALLOUTS);
        assertThat(overload.shedsCallouts()).isTrue();
        process.heap = 0.96;
        look();
        assertThat(overload.shedding()).isEqualTo(Shedding.SESSIONS);
        assertThat(overload.cause()).isEqualTo("overload.memory.sessions");
        assertThat(overload.load()).isEqualTo(1);

        process.heap = 0.93;
        look();
        assertThat(overload.shedding())
                .as("a stage does not come and go around its edge")
                .isEqualTo(Shedding.SESSIONS);
        process.heap = 0.5;
        look();
        assertThat(overload.shedding()).isEqualTo(Shedding.NOTHING);
        assertThat(told).containsExactly(Shedding.CACHES, Shedding.CALLOUTS, Shedding.SESSIONS, Shedding.NOTHING);
        assertThat(meters.counter("countersign.overload.changes", "to", "sessions")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void RE06_direct_memory_that_runs_out_is_shed_like_heap() {
        process.direct = 0.97;
        look();
        assertThat(overload.shedding()).isEqualTo(Shedding.SESSIONS);
    }

    @Test
    void RE04_accepting_stops_before_descriptors_run_out_and_goes_on_when_some_are_free() {
        overload.control(listeners);
        look();
        assertThat(listeners.paused).isFalse();
        // 128 of 256 are kept back: 60 open, room for 68 clients, whatever the next look at the system says.
        for (int client = 1; client <= 67; client++) {
            overload.opened();
        }
        assertThat(listeners.paused).isFalse();
        overload.opened();
        assertThat(listeners.paused).isTrue();
        assertThat(overload.shedsCallouts()).as("a callout takes one too").isTrue();
        process.open = 128;
        look();
        assertThat(listeners.paused).isTrue();
        assertThat(listeners.few).as("nobody trickles in").isZero();
        for (int client = 1; client <= 20; client++) {
            overload.closed();
        }
        process.open = 108;
        look();
        assertThat(listeners.paused).isFalse();
        assertThat(overload.shedsCallouts()).isFalse();
        assertThat(meters.counter("countersign.accept.pauses", "limit", "overload.descriptors")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void RE04_whoever_switches_accepting_on_again_meanwhile_is_overruled_by_the_next_client() {
        overload.control(listeners);
        process.open = 200;
        look();
        listeners.paused = false; // as Netty does a second after accept() has failed
        overload.opened();
        assertThat(listeners.paused).isTrue();
    }

    @Test
    void RE03_clients_wait_outside_while_an_event_loop_is_late_and_still_come_in_little_by_little() {
        List<Runnable> loop = new ArrayList<>();
        overload.watch(loop::add);
        overload.control(listeners);
        overload.tick();
        assertThat(loop).hasSize(1);
        now.addAndGet(Duration.ofMillis(60).toNanos());
        overload.tick();
        assertThat(listeners.paused).isTrue();
        assertThat(listeners.few).isEqualTo(1);
        overload.tick();
        assertThat(listeners.few).isEqualTo(2);
        assertThat(meters.get("countersign.loop.lag").gauge().value()).isGreaterThanOrEqualTo(0.06);
    }

    @Test
    void RE03_a_loop_that_has_ended_holds_nobody_back() {
        overload.watch(task -> {
            throw new java.util.concurrent.RejectedExecutionException();
        });
        overload.control(listeners);
        look();
        assertThat(listeners.paused).isFalse();
    }
}
