package io.countersign.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Under stress timeouts shorten and more speed is asked for. */
class PatienceTest {
    private static final Duration IDLE = Duration.ofSeconds(300);

    @Test
    void nobody_is_hurried_while_there_is_room() {
        assertThat(SessionContext.patience(IDLE, 0)).isEqualTo(IDLE);
        assertThat(SessionContext.patience(IDLE, -1)).isEqualTo(IDLE);
        assertThat(SessionContext.dataRate(500, 0)).isEqualTo(500);
        assertThat(SessionContext.dataRate(500, -1)).isEqualTo(500);
    }

    @Test
    void the_fuller_it_is_the_less_patience_there_is_and_the_more_speed_is_asked_for() {
        assertThat(SessionContext.patience(IDLE, 0.5)).isEqualTo(Duration.ofSeconds(155));
        assertThat(SessionContext.patience(IDLE, 1)).isEqualTo(Duration.ofSeconds(10));
        assertThat(SessionContext.patience(Duration.ofHours(1), 1)).isEqualTo(Duration.ofMinutes(2));
        assertThat(SessionContext.dataRate(500, 0.5)).isEqualTo(2750);
        assertThat(SessionContext.dataRate(500, 1)).isEqualTo(5000);
    }

    @Test
    void whoever_set_a_short_idle_keeps_it() {
        assertThat(SessionContext.patience(Duration.ofSeconds(2), 1)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void no_limit_of_speed_stays_none() {
        assertThat(SessionContext.dataRate(0, 1)).isZero();
    }
}
