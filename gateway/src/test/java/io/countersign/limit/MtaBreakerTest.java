package io.countersign.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MtaBreakerTest {
    private final FakeNanos time = new FakeNanos();
    private final MtaBreaker breaker = new MtaBreaker(time);

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            breaker.tryDial().orElseThrow().failed();
        }
    }

    @Test
    void three_failures_in_a_row_open_it_and_two_do_not() {
        fail(2);
        breaker.tryDial().orElseThrow().reached();
        fail(2);
        assertThat(breaker.tryDial()).isPresent().get().satisfies(MtaBreaker.Attempt::failed);
        assertThat(breaker.tryDial()).isEmpty();
    }

    @Test
    void BE20_BE21_one_trial_at_a_time_is_always_let_through_in_the_end() {
        fail(3);
        for (int round = 0; round < 20; round++) {
            time.pass(Duration.ofSeconds(20));
            Optional<MtaBreaker.Attempt> trial = breaker.tryDial();
            assertThat(trial).as("trial %d", round).isPresent();
            assertThat(breaker.tryDial()).isEmpty();
            trial.orElseThrow().failed();
            assertThat(breaker.tryDial()).isEmpty();
        }
        time.pass(Duration.ofSeconds(20));
        breaker.tryDial().orElseThrow().reached();
        assertThat(breaker.tryDial()).isPresent();
        assertThat(breaker.tryDial()).isPresent();
    }

    @Test
    void BE22_it_does_not_open_for_the_same_time_twice() {
        Set<Integer> pauses = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            FakeNanos clock = new FakeNanos();
            MtaBreaker one = new MtaBreaker(clock);
            for (int j = 0; j < 3; j++) {
                one.tryDial().orElseThrow().failed();
            }
            int tenths = 0;
            while (one.tryDial().isEmpty()) {
                clock.pass(Duration.ofMillis(10));
                tenths++;
            }
            assertThat(tenths).isBetween(100, 300);
            pauses.add(tenths);
        }
        assertThat(pauses).hasSizeGreaterThan(1);
    }

    @Test
    void dials_that_were_under_way_when_it_opened_do_not_count_as_trials() {
        List<MtaBreaker.Attempt> underWay = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            underWay.add(breaker.tryDial().orElseThrow());
        }
        underWay.forEach(MtaBreaker.Attempt::failed);
        time.pass(Duration.ofSeconds(4));
        assertThat(breaker.tryDial()).isPresent();
    }
}
