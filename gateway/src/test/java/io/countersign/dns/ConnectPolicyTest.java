package io.countersign.dns;

import static io.countersign.dns.FakeDns.address;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
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
}
