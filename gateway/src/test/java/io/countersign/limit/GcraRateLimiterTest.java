package io.countersign.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RequestNotPermitted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class GcraRateLimiterTest {
    private final FakeNanos nanos = new FakeNanos();
    private final NanoClock clock = new NanoClock(nanos);

    private GcraRateLimiter limiter(int permits, Duration per, int burst, Duration wait) {
        return new GcraRateLimiter("x", Pace.of(permits, per, burst, wait), clock, GcraRateLimiter.Start.FULL);
    }

    @Test
    void CO24_no_window_ever_holds_more_than_burst_plus_rate_times_its_length() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int permits = 1 + random.nextInt(20);
            Duration per = Duration.ofMillis(1 + random.nextInt(60_000));
            int burst = 1 + random.nextInt(6);
            GcraRateLimiter limiter = limiter(permits, per, burst, Duration.ZERO);
            long interval = per.toNanos() / permits;
            List<Long> used = new ArrayList<>();
            for (int step = 0; step < 250; step++) {
                if (random.nextInt(3) > 0) {
                    nanos.passNanos((long) (random.nextDouble() * random.nextDouble() * interval * 3));
                }
                long now = clock.getAsLong();
                int count = 1 + random.nextInt(Math.min(2, burst));
                long at =
                        limiter.earliest(now + (random.nextInt(4) == 0 ? random.nextLong(2 * interval + 1) : 0), count);
                if (random.nextBoolean() && at - now > 3 * interval) {
                    continue;
                }
                long token = limiter.takeAt(at, count);
                assertThat(token).as("what was announced as free").isNotEqualTo(GcraRateLimiter.NONE);
                if (random.nextInt(4) == 0) {
                    assertThat(limiter.giveBack(token, count)).isTrue();
                } else {
                    used.addAll(Collections.nCopies(count, at));
                }
            }
            assertBound(used, permits, per, burst);
        }
    }

    /** Every window from one use to another. */
    private static void assertBound(List<Long> used, int permits, Duration per, int burst) {
        List<Long> sorted = new ArrayList<>(used);
        Collections.sort(sorted);
        for (int i = 0; i < sorted.size(); i++) {
            for (int j = i; j < sorted.size(); j++) {
                double length = sorted.get(j) - sorted.get(i);
                double most = burst + length * permits / per.toNanos() + 1e-9;
                assertThat((double) (j - i + 1)).isLessThanOrEqualTo(most);
            }
        }
    }

    @Test
    void around_a_cycle_edge_there_is_no_second_burst() {
        GcraRateLimiter limiter = limiter(10, Duration.ofMinutes(1), 10, Duration.ZERO);
        nanos.pass(Duration.ofMillis(59_999));
        assertThat(takeAll(limiter)).isEqualTo(10);
        nanos.pass(Duration.ofMillis(2));
        assertThat(takeAll(limiter)).isZero();
        nanos.pass(Duration.ofSeconds(6));
        assertThat(takeAll(limiter)).isEqualTo(1);
    }

    private static int takeAll(RateLimiter limiter) {
        int taken = 0;
        while (limiter.acquirePermission()) {
            taken++;
        }
        return taken;
    }

    @Test
    void idle_time_saves_up_no_more_than_the_burst() {
        GcraRateLimiter limiter = limiter(60, Duration.ofMinutes(1), 5, Duration.ZERO);
        nanos.pass(Duration.ofDays(400));
        assertThat(limiter.getMetrics().getAvailablePermissions()).isEqualTo(5);
        assertThat(takeAll(limiter)).isEqualTo(5);
    }

    @Test
    void a_reservation_names_the_time_to_wait_and_is_refused_beyond_the_longest_wait() {
        GcraRateLimiter limiter = limiter(1, Duration.ofSeconds(1), 1, Duration.ofSeconds(2));
        assertThat(limiter.reservePermission()).isZero();
        assertThat(limiter.reservePermission()).isEqualTo(TimeUnit.SECONDS.toNanos(1));
        assertThat(limiter.reservePermission()).isEqualTo(TimeUnit.SECONDS.toNanos(2));
        assertThat(limiter.reservePermission()).isNegative();
        nanos.pass(Duration.ofMillis(500));
        assertThat(limiter.reservePermission()).isNegative();
        nanos.pass(Duration.ofMillis(500));
        assertThat(limiter.reservePermission()).isEqualTo(TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    void more_than_the_burst_at_once_is_never_given() {
        GcraRateLimiter limiter = limiter(100, Duration.ofSeconds(1), 3, Duration.ofDays(1));
        assertThat(limiter.reservePermission(4)).isNegative();
        assertThat(limiter.acquirePermission(4)).isFalse();
        assertThat(limiter.acquirePermission(3)).isTrue();
    }

    @Test
    void what_was_given_back_can_be_taken_again_and_only_once() {
        GcraRateLimiter limiter = limiter(1, Duration.ofMinutes(1), 1, Duration.ZERO);
        long token = limiter.takeAt(clock.getAsLong(), 1);
        assertThat(limiter.giveBack(token, 1)).isTrue();
        assertThat(limiter.giveBack(token, 1)).isFalse();
        assertThat(takeAll(limiter)).isEqualTo(1);
    }

    @Test
    void a_permit_on_which_others_were_built_stays_used() {
        GcraRateLimiter limiter = limiter(1, Duration.ofSeconds(1), 1, Duration.ofMinutes(1));
        long now = clock.getAsLong();
        long first = limiter.takeAt(limiter.earliest(now, 1), 1);
        limiter.takeAt(limiter.earliest(now, 1), 1);
        assertThat(limiter.giveBack(first, 1)).isFalse();
        assertThat(limiter.reservePermission()).isEqualTo(TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    void OP04_a_new_rate_keeps_what_was_used() {
        GcraRateLimiter limiter = limiter(1, Duration.ofHours(1), 10, Duration.ZERO);
        assertThat(limiter.acquirePermission(8)).isTrue();
        limiter.change(Pace.of(60, Duration.ofMinutes(1), 10, Duration.ZERO));
        assertThat(takeAll(limiter)).isBetween(1, 2);
        nanos.pass(Duration.ofSeconds(5));
        assertThat(takeAll(limiter))
                .as("the new rate, not hours of the old one")
                .isEqualTo(5);
    }

    @Test
    void a_token_of_before_a_new_rate_gives_nothing_back() {
        GcraRateLimiter limiter = limiter(1, Duration.ofSeconds(1), 1, Duration.ZERO);
        long token = limiter.takeAt(clock.getAsLong(), 1);
        limiter.change(Pace.of(1, Duration.ofSeconds(1), 1, Duration.ZERO));
        assertThat(limiter.giveBack(token, 1)).isFalse();
        assertThat(limiter.acquirePermission()).isFalse();
    }

    @Test
    void rates_beyond_all_measure_do_not_overflow() {
        GcraRateLimiter slow = limiter(1, Duration.ofDays(200_000), Integer.MAX_VALUE, Duration.ofDays(200_000));
        assertThat(slow.acquirePermission(Integer.MAX_VALUE)).isTrue();
        assertThat(slow.acquirePermission()).isFalse();
        GcraRateLimiter fast = limiter(Integer.MAX_VALUE, Duration.ofNanos(1), 1, Duration.ZERO);
        assertThat(takeAll(fast)).isEqualTo(1);
        nanos.passNanos(1);
        assertThat(takeAll(fast)).isEqualTo(1);
    }

    @Test
    void a_rate_that_is_none_is_refused_when_it_is_made() {
        assertThatThrownBy(() -> Pace.of(0, Duration.ofSeconds(1), 1, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Pace.of(1, Duration.ZERO, 1, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Pace.of(1, Duration.ofSeconds(1), 0, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ten_thousand_tasks_on_one_key_get_no_more_than_the_bound() throws Exception {
        int permits = 50;
        Duration per = Duration.ofSeconds(1);
        int burst = 20;
        GcraRateLimiter limiter = limiter(permits, per, burst, Duration.ofSeconds(3));
        ConcurrentLinkedQueue<Long> used = new ConcurrentLinkedQueue<>();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            CountDownLatch done = new CountDownLatch(10_000);
            for (int i = 0; i < 10_000; i++) {
                int task = i;
                pool.execute(() -> {
                    long at = limiter.earliest(clock.getAsLong(), 1);
                    long token = limiter.takeAt(at, 1);
                    if (token != GcraRateLimiter.NONE && (task % 5 != 0 || !limiter.giveBack(token, 1))) {
                        used.add(at);
                    }
                    if (task % 3 == 0) {
                        nanos.passNanos(700_000);
                    }
                    done.countDown();
                });
            }
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            pool.shutdownNow();
        }
        assertThat(used).hasSizeGreaterThan(burst);
        List<Long> sorted = new ArrayList<>(used);
        Collections.sort(sorted);
        assertBound(sorted.subList(0, Math.min(1500, sorted.size())), permits, per, burst);
    }

    @Test
    void contention_never_parks_an_event_loop() {
        GcraRateLimiter limiter = limiter(1_000_000, Duration.ofSeconds(1), 1_000_000, Duration.ofHours(1));
        Scheduler loops = Schedulers.newParallel("loop", 4);
        try {
            // BlockHound makes any parking on these threads an error.
            Long answers = Flux.range(0, 4)
                    .flatMap(i -> Flux.range(0, 50_000)
                            .map(j -> limiter.reservePermission())
                            .subscribeOn(loops))
                    .count()
                    .block(Duration.ofSeconds(30));
            assertThat(answers).isEqualTo(200_000);
            assertThat(limiter.available()).isEqualTo(800_000);
        } finally {
            loops.dispose();
        }
    }

    @Test
    void it_serves_wherever_Resilience4j_expects_a_rate_limiter() {
        RateLimiter limiter = new GcraRateLimiter(
                "standard",
                RateLimiterConfig.custom()
                        .limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofSeconds(1))
                        .timeoutDuration(Duration.ZERO)
                        .build(),
                1,
                clock);
        List<String> heard = new ArrayList<>();
        limiter.getEventPublisher().onSuccess(e -> heard.add("yes")).onFailure(e -> heard.add("no"));
        assertThat(limiter.executeSupplier(() -> "done")).isEqualTo("done");
        assertThatThrownBy(() -> limiter.executeSupplier(() -> "never")).isInstanceOf(RequestNotPermitted.class);
        assertThat(heard).containsExactly("yes", "no");
        limiter.changeLimitForPeriod(1000);
        limiter.changeTimeoutDuration(Duration.ofSeconds(5));
        nanos.pass(Duration.ofMillis(2));
        assertThat(limiter.acquirePermission()).isTrue();
        limiter.drainPermissions();
        assertThat(limiter.reservePermission()).isPositive();
    }
}
