package io.countersign.dns;

import static io.countersign.dns.FakeDns.address;
import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.CalloutSettings;
import io.countersign.config.SettingsLoader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConnectPolicyTest {
    private static boolean loopback(InetAddress address) {
        return address.isLoopbackAddress();
    }

    @Test
    void DN12_an_address_within_an_address_is_judged_too() {
        ConnectPolicy policy = new ConnectPolicy(ConnectPolicyTest::loopback, a -> false, List.of(), 25);
        for (String disguised : List.of(
                "::ffff:127.0.0.1",
                "::127.0.0.1",
                "::ffff:0:127.0.0.1",
                "64:ff9b::7f00:1",
                "64:ff9b:1::7f00:1",
                "2002:7f00:1::",
                "2001:0:7f00:1::",
                "2001:0:102:304::80ff:fffe",
                "2001:db8::5efe:7f00:1",
                "2001:db8::200:5efe:7f00:1")) {
            assertThat(policy.allows(address(disguised))).as(disguised).isFalse();
        }
        for (String fine : List.of("64:ff9b::102:304", "2002:102:304::", "2001:db8::7f00:1", "1.2.3.4")) {
            assertThat(policy.refusal(address(fine))).as(fine).isEmpty();
        }
    }

    @Test
    void may_connect_wins_for_laboratories() {
        ConnectPolicy policy = new ConnectPolicy(
                ConnectPolicyTest::loopback,
                Set.of(address("127.0.0.9"), address("64:ff9b::7f00:1"))::contains,
                List.of(),
                25);
        assertThat(policy.allows(address("127.0.0.9"))).isTrue();
        assertThat(policy.allows(address("64:ff9b::7f00:1"))).isTrue();
        assertThat(policy.allows(address("64:ff9b::7f00:9")))
                .as("leads to 127.0.0.9")
                .isTrue();
        assertThat(policy.allows(address("127.0.0.8"))).isFalse();
    }

    @Test
    void DN14_we_do_not_ask_ourselves() {
        InetSocketAddress ours = new InetSocketAddress(address("192.0.2.1"), 2525);
        assertThat(new ConnectPolicy(a -> false, a -> false, List.of(ours), 25).refusal(address("192.0.2.1")))
                .contains("192.0.2.1 is an address of ours");
        assertThat(new ConnectPolicy(a -> false, a -> true, List.of(ours), 25).allows(address("192.0.2.1")))
                .as("in a laboratory an exchanger may share our address, not our port")
                .isTrue();
        assertThat(new ConnectPolicy(a -> false, a -> true, List.of(ours), 2525).allows(address("192.0.2.1")))
                .isFalse();
    }

    @Test
    void DN11_DN12_the_shipped_settings_let_nothing_private_local_or_special_through() {
        ConnectPolicy policy = ConnectPolicy.of(settings(""), List.of());
        for (String bad : List.of(
                "0.0.0.0",
                "127.0.0.1",
                "127.255.0.9",
                "10.1.2.3",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "100.64.0.1",
                "169.254.169.254",
                "192.0.2.1",
                "198.51.100.1",
                "203.0.113.1",
                "198.18.0.1",
                "224.0.0.1",
                "239.1.1.1",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "fc00::1",
                "fd12::1",
                "fe80::1",
                "fec0::1",
                "ff02::1",
                "2001:db8::1",
                "100::1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::127.0.0.1",
                "64:ff9b::7f00:1",
                "64:ff9b::a00:1",
                "2002:7f00:1::",
                "2002:c0a8:101::1",
                "2001:0:102:304::80ff:fffe",
                "2a00:1450::5efe:a00:1")) {
            assertThat(policy.allows(address(bad))).as(bad).isFalse();
        }
        for (String good : List.of(
                "1.1.1.1",
                "8.8.8.8",
                "172.15.0.1",
                "172.32.0.1",
                "100.128.0.1",
                "193.0.6.139",
                "2a00:1450:4001::1b",
                "2620:fe::fe")) {
            assertThat(policy.refusal(address(good))).as(good).isEmpty();
        }
    }

    @Test
    void a_laboratory_may_be_let_in_by_its_network() {
        ConnectPolicy policy = ConnectPolicy.of(settings("callout.may-connect = [\"127.0.9.0/24\"]"), List.of());
        assertThat(policy.allows(address("127.0.9.25"))).isTrue();
        assertThat(policy.allows(address("127.0.8.25"))).isFalse();
    }

    @Test
    void DN14_a_wildcard_listener_stands_for_every_address_of_this_machine() {
        ConnectPolicy policy = ConnectPolicy.of(
                settings("callout.may-connect = [\"127.0.0.0/8\"], callout.port = 2525"),
                List.of(new InetSocketAddress(address("0.0.0.0"), 2525)));
        assertThat(policy.refusal(address("127.0.0.1"))).contains("127.0.0.1 is an address of ours");
        assertThat(policy.allows(address("127.0.0.77"))).isTrue();
    }

    private static CalloutSettings settings(String more) {
        SettingsLoader.Loaded loaded = SettingsLoader.parse(
                "hostname = mx.example.org, domains = [example.org], backend.client-identity = none\n" + more,
                "test.conf",
                () -> Optional.of("mx.example.org"));
        assertThat(loaded).isInstanceOf(SettingsLoader.Loaded.Ok.class);
        return ((SettingsLoader.Loaded.Ok) loaded).settings().callout();
    }
}
