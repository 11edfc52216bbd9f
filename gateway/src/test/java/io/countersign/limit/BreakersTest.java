package io.countersign.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.CalloutSettings;
import io.countersign.limit.Breaker.Admission;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BreakersTest {
    private static final CalloutSettings.Breaker SHIPPED = new CalloutSettings.Breaker(
            50, 10, Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofHours(1), 1, Duration.ofHours(2));
    private static final String PEER = "192.0.2.1";

    private final FakeNanos nanos = new FakeNanos();
    private final Breakers breakers = new Breakers(100, SHIPPED, new NanoClock(nanos));

    private Admission admit(String peer) {
        Breaker breaker = breakers.find(peer);
        return breaker == null ? Admission.CALL : breaker.admit();
    }

    private boolean end(String peer, Admission as, Outcome outcome) {
        return breakers.ended(peer, as, outcome, TimeUnit.SECONDS.toNanos(1));
    }

    private long remainingSeconds() {
        Breaker breaker = breakers.find(PEER);
        assertThat(breaker).isNotNull();
        return breaker == null ? -1 : breaker.remaining().toSeconds();
    }

    private void open(String peer) {
        for (int i = 0; i < 10; i++) {
            end(peer, Admission.CALL, Outcome.PEER_FAILURE);
        }
    }

    @Test
    void RE08_exchangers_in_good_health_cost_nothing() {
        end(PEER, Admission.CALL, Outcome.SUCCESS);
        end(PEER, Admission.CALL, Outcome.NOT_COUNTED);
        assertThat(breakers.size()).isZero();
    }

    @Test
    void half_of_ten_failures_open_it_and_nothing_before() {
        for (int i = 0; i < 5; i++) {
            end(PEER, Admission.CALL, Outcome.PEER_FAILURE);
        }
        for (int i = 0; i < 4; i++) {
            end(PEER, Admission.CALL, Outcome.SUCCESS);
        }
        assertThat(admit(PEER)).isEqualTo(Admission.CALL);
        end(PEER, Admission.CALL, Outcome.SUCCESS);
        assertThat(admit(PEER)).isEqualTo(Admission.NO);
        assertThat(breakers.open()).isEqualTo(1);
    }

    @Test
    void our_own_limits_never_open_it() {
        end(PEER, Admission.CALL, Outcome.PEER_FAILURE);
        for (int i = 0; i < 100; i++) {
            end(PEER, Admission.CALL, Outcome.NOT_COUNTED);
        }
        assertThat(admit(PEER)).isEqualTo(Admission.CALL);
    }

    @Test
    void a_slow_answer_counts_as_failed_together_with_real_failures() {
        for (int i = 0; i < 5; i++) {
            end(PEER, Admission.CALL, Outcome.SUCCESS);
        }
        for (int i = 0; i < 5; i++) {
            end(PEER, Admission.CALL, Outcome.PEER_FAILURE);
            breakers.ended(PEER, Admission.CALL, Outcome.SUCCESS, TimeUnit.SECONDS.toNanos(11));
        }
        assertThat(admit(PEER)).isEqualTo(Admission.NO);
    }

    @Test
    void each_failed_trial_doubles_the_time_up_to_the_cap_and_a_good_one_closes() {
        open(PEER);
        long seconds = 60;
        for (int i = 0; i < 9; i++) {
            nanos.pass(Duration.ofSeconds(seconds - 1));
            assertThat(admit(PEER)).as("after %s openings, too early", i + 1).isEqualTo(Admission.NO);
            nanos.pass(Duration.ofSeconds(2));
            assertThat(admit(PEER)).isEqualTo(Admission.TRIAL);
            end(PEER, Admission.TRIAL, Outcome.PEER_FAILURE);
            seconds = Math.min(3600, seconds * 2);
            assertThat(remainingSeconds()).isEqualTo(seconds);
        }
        nanos.pass(Duration.ofSeconds(3601));
        assertThat(admit(PEER)).isEqualTo(Admission.TRIAL);
        end(PEER, Admission.TRIAL, Outcome.SUCCESS);
        assertThat(admit(PEER)).isEqualTo(Admission.CALL);
        assertThat(breakers.open()).isZero();
        open(PEER);
        assertThat(remainingSeconds()).isEqualTo(60);
    }

    @Test
    void BE20_one_trial_at_a_time_and_a_late_answer_of_before_gives_no_second_one() {
        open(PEER);
        nanos.pass(Duration.ofSeconds(61));
        assertThat(admit(PEER)).isEqualTo(Admission.TRIAL);
        assertThat(admit(PEER)).isEqualTo(Admission.NO);
        // Calls let through before it opened end only now.
        end(PEER, Admission.CALL, Outcome.NOT_COUNTED);
        assertThat(admit(PEER)).isEqualTo(Admission.NO);
        end(PEER, Admission.CALL, Outcome.SUCCESS);
        assertThat(admit(PEER)).isEqualTo(Admission.NO);
    }

    @Test
    void a_trial_that_did_not_take_place_is_made_by_the_next() {
        open(PEER);
        nanos.pass(Duration.ofSeconds(61));
        assertThat(admit(PEER)).isEqualTo(Admission.TRIAL);
        end(PEER, Admission.TRIAL, Outcome.NOT_COUNTED);
        assertThat(admit(PEER)).isEqualTo(Admission.TRIAL);
        assertThat(admit(PEER)).isEqualTo(Admission.NO);
    }

    @Test
    void RE08_open_breakers_survive_a_flood_of_failing_addresses() {
        open(PEER);
        for (int i = 0; i < 5_000; i++) {
            end("198.51.100." + i, Admission.CALL, Outcome.PEER_FAILURE);
        }
        breakers.tidy();
        assertThat(breakers.size()).isLessThanOrEqualTo(101);
        assertThat(admit(PEER)).isEqualTo(Admission.NO);
        assertThat(breakers.states(1)).singleElement().satisfies(state -> {
            assertThat(state.key()).isEqualTo(PEER);
            assertThat(state.state()).isEqualTo("open");
        });
    }

    @Test
    void OP04_a_reload_keeps_open_breakers_open() {
        open(PEER);
        breakers.reconfigure(new CalloutSettings.Breaker(
                80, 20, Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofHours(2), 1, Duration.ofHours(2)));
        assertThat(admit(PEER)).isEqualTo(Admission.NO);
    }

    @Test
    void an_open_breaker_nobody_asks_for_is_forgotten_in_the_end() {
        open(PEER);
        nanos.pass(Duration.ofHours(5));
        breakers.tidy();
        assertThat(breakers.size()).isZero();
        assertThat(breakers.open()).isZero();
    }
}
