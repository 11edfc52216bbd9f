package io.countersign.verdict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.smtp.MailDomain;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DeferralClockTest {
    private static final Duration AT_MOST = Duration.ofHours(4);
    private static final MailDomain EXAMPLE = Samples.domain("example.org");

    private final FakeTicker ticker = new FakeTicker();
    private final DeferralClock clock = new DeferralClock(100, ticker);

    private boolean mayDefer() {
        return clock.mayDefer(EXAMPLE, AT_MOST);
    }

    @Test
    void mail_is_let_in_after_the_longest_deferral_and_from_then_on() {
        assertThat(mayDefer()).isTrue();
        ticker.pass(Duration.ofMinutes(239));
        assertThat(mayDefer()).isTrue();
        ticker.pass(Duration.ofMinutes(1));
        assertThat(mayDefer()).isFalse();
        ticker.pass(Duration.ofDays(6));
        assertThat(clock.mayDefer(EXAMPLE, Duration.ofDays(30)))
                .as("run out stays so")
                .isFalse();
        ticker.pass(Duration.ofDays(6));
        assertThat(mayDefer())
                .as("seven days after its last use, not its first")
                .isFalse();
    }

    @Test
    void seven_days_after_its_last_use_a_clock_is_forgotten() {
        assertThat(mayDefer()).isTrue();
        ticker.pass(Duration.ofDays(7));
        assertThat(mayDefer()).isTrue();
        assertThat(clock.running(EXAMPLE)).contains(Duration.ZERO);
    }

    @Test
    void the_clock_belongs_to_the_domain_in_any_case() {
        mayDefer();
        ticker.pass(AT_MOST);
        assertThat(clock.mayDefer(Samples.domain("EXAMPLE.ORG"), AT_MOST)).isFalse();
        assertThat(clock.mayDefer(Samples.domain("sub.example.org"), AT_MOST)).isTrue();
    }

    @Test
    void a_deferral_of_no_time_defers_nothing() {
        assertThat(clock.mayDefer(EXAMPLE, Duration.ZERO)).isFalse();
    }

    @Test
    void when_the_table_is_full_mail_is_let_in_and_running_clocks_go_on() {
        mayDefer();
        for (int i = 0; i < 500; i++) {
            clock.mayDefer(Samples.domain("d" + i + ".example"), AT_MOST);
        }
        assertThat(clock.size()).isLessThanOrEqualTo(100);
        assertThat(clock.letInForWantOfRoom()).isEqualTo(401);
        assertThat(clock.mayDefer(Samples.domain("new.example"), AT_MOST)).isFalse();
        assertThat(mayDefer()).isTrue();
        ticker.pass(Duration.ofDays(8));
        assertThat(clock.mayDefer(Samples.domain("new.example"), AT_MOST))
                .as("room again")
                .isTrue();
    }

    private byte[] saved() throws IOException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        clock.save(new DataOutputStream(octets));
        return octets.toByteArray();
    }

    private static DeferralClock restored(byte[] octets, Duration down) throws IOException {
        DeferralClock next = new DeferralClock(100, new FakeTicker(42));
        next.restore(new DataInputStream(new ByteArrayInputStream(octets)), down);
        return next;
    }

    @Test
    void a_clock_goes_on_over_a_restart() throws Exception {
        mayDefer();
        ticker.pass(Duration.ofHours(3));
        byte[] octets = saved();
        assertThat(restored(octets, Duration.ofMinutes(59)).mayDefer(EXAMPLE, AT_MOST))
                .isTrue();
        assertThat(restored(octets, Duration.ofMinutes(60)).mayDefer(EXAMPLE, AT_MOST))
                .isFalse();
    }

    @Test
    void OP09_a_clock_that_ran_out_stays_so_whatever_the_wall_clock_says() throws Exception {
        mayDefer();
        ticker.pass(AT_MOST);
        mayDefer();
        byte[] octets = saved();
        assertThat(restored(octets, Duration.ZERO).mayDefer(EXAMPLE, Duration.ofDays(5)))
                .isFalse();
        assertThat(restored(octets, Duration.ofDays(30)).mayDefer(EXAMPLE, Duration.ofDays(5)))
                .isFalse();
    }

    @Test
    void half_a_table_is_taken_not_at_all() throws Exception {
        mayDefer();
        clock.mayDefer(Samples.domain("other.example"), AT_MOST);
        byte[] octets = saved();
        byte[] half = Arrays.copyOf(octets, octets.length - 3);
        DeferralClock next = new DeferralClock(100, new FakeTicker(42));
        assertThatThrownBy(() -> next.restore(new DataInputStream(new ByteArrayInputStream(half)), Duration.ZERO))
                .isInstanceOf(IOException.class);
        assertThat(next.size()).isZero();
    }

    @Test
    void the_operator_can_have_a_clock_forgotten() {
        mayDefer();
        ticker.pass(AT_MOST);
        clock.forget(EXAMPLE);
        assertThat(clock.running(EXAMPLE)).isEmpty();
        assertThat(mayDefer()).isTrue();
    }
}
