package io.countersign.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.CalloutSettings.Rate;
import io.countersign.limit.KeyLimit.Paces;
import io.countersign.limit.KeyTable.Key;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeyTableTest {
    private static final Paces TEN_A_MINUTE = Paces.of(new Rate(10, Duration.ofMinutes(1), 10, 2));

    private final FakeNanos nanos = new FakeNanos();
    private final NanoClock clock = new NanoClock(nanos);

    private static int takeAll(KeyLimit limit) {
        int taken = 0;
        while (limit.whole().acquirePermission()) {
            taken++;
        }
        return taken;
    }

    @Test
    void RE08_any_number_of_names_leaves_a_bounded_table() {
        KeyTable table = new KeyTable(1_000, clock);
        for (int i = 0; i < 100_000; i++) {
            table.get(new Key("d" + i, null), TEN_A_MINUTE);
        }
        table.tidy();
        assertThat(table.size()).isLessThanOrEqualTo(1_000);
    }

    @Test
    void RE07_a_flood_of_names_gives_no_name_a_second_burst() {
        KeyTable table = new KeyTable(50, clock);
        assertThat(takeAll(table.get(new Key("victim", null), TEN_A_MINUTE))).isEqualTo(10);
        for (int i = 0; i < 10_000; i++) {
            table.get(new Key("d" + i, null), TEN_A_MINUTE);
        }
        table.tidy();
        assertThat(takeAll(table.get(new Key("victim", null), TEN_A_MINUTE))).isLessThanOrEqualTo(1);
    }

    @Test
    void a_name_comes_back_whole_once_its_time_is_over() {
        KeyTable table = new KeyTable(50, clock);
        assertThat(takeAll(table.get(new Key("d", null), TEN_A_MINUTE))).isEqualTo(10);
        nanos.pass(Duration.ofHours(1));
        table.tidy();
        assertThat(table.size()).isZero();
        assertThat(takeAll(table.get(new Key("d", null), TEN_A_MINUTE))).isEqualTo(10);
    }

    @Test
    void a_slow_rate_is_remembered_until_its_burst_is_back() {
        KeyTable table = new KeyTable(50, clock);
        Paces slow = Paces.of(new Rate(1, Duration.ofHours(1), 24, 2));
        assertThat(takeAll(table.get(new Key("d", null), slow))).isEqualTo(24);
        nanos.pass(Duration.ofHours(12));
        table.tidy();
        assertThat(takeAll(table.get(new Key("d", null), slow))).isEqualTo(12);
    }

    @Test
    void OP04_a_reload_changes_the_numbers_and_keeps_the_counters() {
        KeyTable table = new KeyTable(50, clock);
        KeyLimit before = table.get(new Key("d", null), TEN_A_MINUTE);
        assertThat(takeAll(before)).isEqualTo(10);
        assertThat(before.bulkhead().tryAcquirePermission()).isTrue();
        assertThat(before.bulkhead().tryAcquirePermission()).isTrue();
        KeyLimit after = table.get(new Key("d", null), Paces.of(new Rate(60, Duration.ofMinutes(1), 20, 1)));
        assertThat(after).isSameAs(before);
        assertThat(takeAll(after)).as("ten of the new burst are used").isBetween(9, 10);
        assertThat(after.bulkhead().tryAcquirePermission())
                .as("does not wait for those of before")
                .isTrue();
        assertThat(after.bulkhead().tryAcquirePermission()).isFalse();
    }

    @Test
    void addresses_are_gathered_into_hosts_and_networks() throws Exception {
        assertThat(Prefix.host(InetAddress.getByName("192.0.2.77"))).isEqualTo("192.0.2.77");
        assertThat(Prefix.network(InetAddress.getByName("192.0.2.77"))).isEqualTo("192.0.2.0/24");
        assertThat(Prefix.host(InetAddress.getByName("2001:db8:1:2:3:4:5:6"))).isEqualTo("2001:db8:1:2:0:0:0:0/64");
        assertThat(Prefix.network(InetAddress.getByName("2001:db8:1:2:3:4:5:6")))
                .isEqualTo("2001:db8:1:0:0:0:0:0/48");
        assertThat(Prefix.host(InetAddress.getByName("::ffff:192.0.2.77"))).isEqualTo("192.0.2.77");
    }
}
