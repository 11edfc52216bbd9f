package io.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworksTest {
    private static InetAddress address(String text) {
        return Cidr.parseAddress(text).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.0, true",
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.0/24, 192.0.1.255, false",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.8, false",
        "0.0.0.0/0, 255.255.255.255, true",
        "128.0.0.0/1, 200.1.2.3, true",
        "128.0.0.0/1, 127.255.255.255, false",
        "2001:db8::/32, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, true",
        "2001:db8::/32, 2001:db9::, false",
        "fe80::/10, febf::1, true",
        "fe80::/10, fec0::, false",
        "::1, ::1, true",
        "::/0, ffff::1, true",
        "::/0, 192.0.2.1, false",
        "0.0.0.0/0, 2001:db8::1, false"
    })
    void a_network_holds_its_addresses_and_no_others(String network, String address, boolean expected) {
        assertThat(Networks.of(List.of(network)).contains(address(address))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "10",
                "10.1",
                "10.0.0",
                "010.0.0.1",
                "0x7f.0.0.1",
                "10.0.0.*",
                "10.0.0.1-5",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/08",
                "10.0.0.0/255.0.0.0",
                "10.0.0.0/",
                "/8",
                "256.0.0.1",
                "2001:db8::/129",
                "2001:db8:::1",
                "fe80::1%eth0",
                "[::1]",
                "*",
                "example.org",
                "localhost",
                "::ffff:10.0.0.0/104",
                "10.0.0.0/8 ",
                "1.2.3.4:25"
            })
    void what_is_no_network_in_the_plain_notation_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Networks.of(List.of(text)));
    }

    @Test
    void host_bits_are_refused_and_the_network_is_named() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Networks.of(List.of("10.1.2.3/8")))
                .withMessage("\"10.1.2.3/8\" has host bits set: the network is \"10.0.0.0/8\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Networks.of(List.of("2001:db8::1/32")))
                .withMessageContaining("2001:db8::/32");
    }

    @Test
    void an_ipv4_mapped_address_counts_as_ipv4() throws UnknownHostException {
        byte[] octets = new byte[16];
        octets[10] = octets[11] = (byte) 0xff;
        octets[12] = 10;
        InetAddress mapped = Inet6Address.getByAddress("peer.example.org", octets, 1);
        assertThat(Networks.of(List.of("10.0.0.0/8")).contains(mapped)).isTrue();
        assertThat(Networks.of(List.of("192.0.2.0/24")).contains(mapped)).isFalse();
        assertThat(Networks.of(List.of("::/0")).contains(mapped)).isFalse();
        assertThat(Networks.of(List.of("::ffff:0:0/96")).contains(mapped)).isTrue();
        assertThat(Networks.of(List.of("::ffff:0:0/96")).contains(address("10.0.0.0")))
                .as("a plain IPv4 address is not mapped")
                .isFalse();
    }

    @Test
    void the_empty_set_holds_nothing() {
        assertThat(Networks.of(List.of()).contains(address("192.0.2.1"))).isFalse();
    }

    @Test
    void lookups_agree_with_comparing_bit_by_bit() throws UnknownHostException {
        Random random = new Random(20261123);
        for (int round = 0; round < 60; round++) {
            List<String> networks = new ArrayList<>();
            List<BigInteger[]> plain = new ArrayList<>();
            int octets = random.nextBoolean() ? 4 : 16;
            for (int i = random.nextInt(40); i >= 0; i--) {
                int prefix = random.nextInt(octets * 8 + 1);
                byte[] bytes = small(random, octets);
                BigInteger mask = BigInteger.ONE.shiftLeft(octets * 8 - prefix).subtract(BigInteger.ONE);
                BigInteger first = new BigInteger(1, bytes).andNot(mask);
                networks.add(InetAddress.getByAddress(bytes(first, octets)).getHostAddress() + "/" + prefix);
                plain.add(new BigInteger[] {first, first.or(mask)});
            }
            Networks set = Networks.of(networks);
            for (int i = 0; i < 200; i++) {
                byte[] bytes = small(random, octets);
                BigInteger value = new BigInteger(1, bytes);
                boolean expected = plain.stream()
                        .anyMatch(range -> value.compareTo(range[0]) >= 0 && value.compareTo(range[1]) <= 0);
                assertThat(set.contains(InetAddress.getByAddress(bytes)))
                        .as("%s in %s", InetAddress.getByAddress(bytes), networks)
                        .isEqualTo(expected);
            }
        }
    }

    /** Few different values an octet, so that networks and addresses meet; never of the mapped form. */
    private static byte[] small(Random random, int octets) {
        byte[] bytes = new byte[octets];
        for (int i = 0; i < octets; i++) {
            bytes[i] = (byte) (random.nextInt(3) * 127 + (i == 0 ? 1 : 0));
        }
        return bytes;
    }

    private static byte[] bytes(BigInteger value, int octets) {
        byte[] raw = value.toByteArray();
        byte[] bytes = new byte[octets];
        int length = Math.min(raw.length, octets);
        System.arraycopy(raw, raw.length - length, bytes, octets - length, length);
        return bytes;
    }
}
