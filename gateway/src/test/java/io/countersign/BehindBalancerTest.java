package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.LeakPresenceDetector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PROXY protocol on our listener (OR05, OR06, OR08): 127.9.0.9 is a load balancer, nobody else is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BehindBalancerTest {
    private static final byte[] SIGNATURE = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

    private GatewayStage stage;

    @BeforeAll
    void start() throws IOException {
        stage = new GatewayStage(MtaBehaviour.proper().recording(Recording.BODIES)).start("""
                        checks.sender.mode = off
                        listen.proxy-protocol-from = [ "127.9.0.9" ]
                        listen.limits.connections-per-client = 2
                        """);
    }

    @AfterAll
    void end() {
        stage.close();
        LeakPresenceDetector.check();
    }

    private LabClient balancer() {
        return LabClient.from("127.9.0.9", stage.gateway().addresses().get(0));
    }

    private static byte[] version2(int command, String source) throws IOException {
        byte[] address = InetAddress.getByName(source).getAddress();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(SIGNATURE);
        out.write(0x20 | command);
        out.write(address.length == 4 ? 0x11 : 0x21);
        out.write(0);
        out.write(address.length * 2 + 4);
        out.write(address);
        out.write(address);
        out.write(new byte[] {0x30, 0x39, 0, 25});
        return out.toByteArray();
    }

    private String deliveredFrom(LabClient client) {
        client.hello("client.test");
        assertThat(client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                        .code())
                .isEqualTo(250);
        client.quit();
        return stage.mta
                .messages()
                .get(stage.mta.messages().size() - 1)
                .content()
                .text();
    }

    @Test
    void OR05_version_1_names_the_client() {
        try (LabClient client = balancer()) {
            client.send("PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n");
            assertThat(deliveredFrom(client)).contains("[192.0.2.7]").doesNotContain("127.9.0.9");
        }
    }

    @Test
    void OR05_version_2_names_the_client() throws IOException {
        try (LabClient client = balancer()) {
            client.send(version2(1, "2001:db8::7"));
            assertThat(deliveredFrom(client)).contains("2001:db8:0:0:0:0:0:7");
        }
    }

    @Test
    void OR08_a_mapped_address_is_the_ipv4_client_it_maps() {
        try (LabClient client = balancer()) {
            client.send("PROXY TCP6 ::ffff:192.0.2.8 ::ffff:192.0.2.1 4711 25\r\n");
            assertThat(deliveredFrom(client)).contains("[192.0.2.8]");
        }
    }

    @Test
    void OR05_local_and_unknown_are_the_balancers_own() throws IOException {
        try (LabClient client = balancer()) {
            client.send(version2(0, "192.0.2.7"));
            assertThat(deliveredFrom(client)).contains("[127.9.0.9]");
        }
        try (LabClient client = balancer()) {
            client.send("PROXY UNKNOWN\r\n");
            client.hello("check.test");
            client.quit();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EHLO client.test\r\nMAIL FROM:<a@b.test>\r\n",
                "PROXY TCP4 192.0.2.7\r\n",
                "PROXY TCP4 300.0.2.7 192.0.2.1 4711 25\r\n",
                "PROXY TCP4 192.0.2.7 192.0.2.1 4711 99999\r\n",
                "PROXY TCP4 192.0.2.7\r\nEHLO x 192.0.2.1 4711 25\r\n"
            })
    void OR05_what_is_no_header_closes_a_trusted_connection_and_is_never_smtp(String said) {
        try (LabClient client = balancer()) {
            client.send(said);
            assertThat(client.readToEnd()).doesNotContain("220").doesNotContain("250");
        }
    }

    @Test
    void OR05_an_endless_header_closes_a_trusted_connection() {
        try (LabClient client = balancer()) {
            client.send("PROXY TCP4 " + "1".repeat(5000));
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void OR05_a_header_from_anybody_else_is_not_believed() {
        try (LabClient client = stage.connect()) {
            client.expect(220);
            client.send("PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.read().code()).isBetween(500, 599);
        }
    }

    @Test
    void OR06_limits_look_at_the_client_behind_the_balancer() {
        String header = "PROXY TCP4 192.0.2.77 192.0.2.1 4711 25\r\n";
        try (LabClient one = balancer();
                LabClient two = balancer();
                LabClient three = balancer();
                LabClient other = balancer()) {
            one.send(header).expect(220);
            two.send(header).expect(220);
            assertThat(three.send(header).readToEnd()).startsWith("421 4.7.0");
            other.send(header.replace(".77", ".78")).expect(220);
        }
    }
}
