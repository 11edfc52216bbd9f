package io.countersign.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PauseDetectorTest {
    private final FakeNanos nanos = new FakeNanos();
    private final NanoClock clock = new NanoClock(nanos);
    private final PauseDetector detector = new PauseDetector(clock);

    private void run(Duration time) {
        for (long left = time.toMillis(); left > 0; left -= 100) {
            nanos.pass(Duration.ofMillis(100));
            detector.tick();
        }
    }

    @Test
    void time_that_passes_tick_by_tick_is_no_pause() {
        detector.tick();
        run(Duration.ofSeconds(30));
        assertThat(detector.overlaps(0, clock.getAsLong())).isFalse();
    }

    @Test
    void RE16_what_ran_while_the_process_stood_still_is_marked_and_what_ran_before_or_after_is_not() {
        detector.tick();
        long before = clock.getAsLong();
        run(Duration.ofSeconds(5));
        long stop = clock.getAsLong();
        nanos.pass(Duration.ofSeconds(30));
        detector.tick();
        long awake = clock.getAsLong();
        run(Duration.ofSeconds(5));
        assertThat(detector.overlaps(before, stop)).isFalse();
        assertThat(detector.overlaps(before, stop + 1)).isTrue();
        assertThat(detector.overlaps(stop + 1, awake - 1)).isTrue();
        assertThat(detector.overlaps(awake - 1, awake + 1)).isTrue();
        assertThat(detector.overlaps(awake, clock.getAsLong())).isFalse();
        assertThat(detector.longestRemembered()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void a_timer_that_fires_after_a_pause_before_the_next_tick_is_marked() {
        detector.tick();
        long began = clock.getAsLong();
        nanos.pass(Duration.ofSeconds(30));
        assertThat(detector.overlaps(began, clock.getAsLong())).isTrue();
    }

    @Test
    void a_loop_that_does_not_answer_counts_while_it_lags_and_afterwards() {
        Queue<Runnable> loop = new ArrayDeque<>();
        detector.watch(loop::add);
        detector.tick();
        long began = clock.getAsLong();
        run(Duration.ofSeconds(3));
        assertThat(loop).as("one beat at a time").hasSize(1);
        assertThat(detector.overlaps(began, clock.getAsLong())).isTrue();
        loop.remove().run();
        long answered = clock.getAsLong();
        assertThat(detector.overlaps(began, answered)).isTrue();
        run(Duration.ofMillis(300));
        assertThat(detector.overlaps(answered, clock.getAsLong())).isFalse();
    }

    @Test
    void a_loop_that_has_ended_is_let_go() {
        AtomicInteger beats = new AtomicInteger();
        detector.watch(task -> {
            beats.incrementAndGet();
            throw new RejectedExecutionException("shut down");
        });
        detector.tick();
        long began = clock.getAsLong();
        run(Duration.ofSeconds(5));
        assertThat(beats).hasValue(1);
        assertThat(detector.overlaps(began, clock.getAsLong())).isFalse();
    }

    @Test
    void it_ticks_by_itself_until_it_is_closed() throws Exception {
        try (PauseDetector own = PauseDetector.start(NanoClock.system())) {
            CountDownLatch beats = new CountDownLatch(2);
            own.watch(task -> {
                beats.countDown();
                task.run();
            });
            assertThat(beats.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
