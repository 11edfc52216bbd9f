package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import io.countersign.real.RealServers.Need;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whom Postfix asks for the right to a second XCLIENT on one connection: the client of the first one. What docs/postfix.md says of
 * {@code smtpd_authorized_xclient_hosts} rests on this.
 */
class XclientRightsTest {
    private static final String GATEWAY_ONLY = "127.0.0.0/8";

    @TempDir
    Path folder;

    @Test
    void a_postfix_that_authorises_only_the_gateway_refuses_the_second_identity_on_a_connection() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix postfix = postfix(GATEWAY_ONLY);
                LabClient client = LabClient.to(postfix.address())) {
            assertThat(client.hello("gateway.test").text()).contains("XCLIENT");
            client.command("XCLIENT ADDR=192.0.2.1 NAME=one.test", 220);
            client.command("EHLO gateway.test", 250);
            LabReply second = client.command("XCLIENT ADDR=192.0.2.2 NAME=two.test");
            assertThat(second.code()).as(second.toString()).isEqualTo(550);
            assertThat(second.text()).contains("insufficient authorization");
        }
    }

    @Test
    void a_postfix_that_authorises_everybody_takes_any_number_of_identities() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix postfix = postfix("static:all");
                LabClient client = LabClient.to(postfix.address())) {
            client.hello("gateway.test");
            for (String address : List.of("192.0.2.1", "192.0.2.2", "IPV6:2001:db8::3", "[UNAVAILABLE]", "192.0.2.4")) {
                client.command("XCLIENT ADDR=" + address, 220);
                assertThat(client.command("EHLO gateway.test", 250).text()).contains("XCLIENT");
            }
        }
    }

    @Test
    void mail_goes_through_under_the_right_name_whichever_of_the_two_postfix_is() {
        RealServers.require(Need.POSTFIX);
        for (String authorised : List.of(GATEWAY_ONLY, "static:all")) {
            try (RealPostfix postfix = postfix(authorised);
                    GatewayInFront gateway = new GatewayInFront(postfix.place(), "checks.sender.mode = off")) {
                for (int n = 1; n <= 4; n++) {
                    // 4 comes back as 1
                    String address = "127.0.0." + (10 + n % 3);
                    try (LabClient client = LabClient.from(address, gateway.address())) {
                        client.hello("client" + n + ".test");
                        assertThat(client.deliver(
                                                "sender" + n + "@sender.test",
                                                "alice@ours.test",
                                                "Subject: x\r\n\r\nx\r\n")
                                        .code())
                                .as("client %d, %s", n, authorised)
                                .isEqualTo(250);
                        client.quit();
                    }
                    String from = "from=<sender" + n + "@sender.test>";
                    String queued = postfix.log().await("message " + n, line -> line.contains(from));
                    String id = queued.replaceAll(".*\\]: ([0-9A-F]+): .*", "$1");
                    assertThat(postfix.log().lines(line -> line.contains(id + ": client=")))
                            .as("whose it is, %s", authorised)
                            .hasSize(1)
                            .allMatch(line -> line.endsWith("[" + address + "]"), "the client's address");
                }
            }
        }
    }

    private RealPostfix postfix(String authorised) {
        return RealPostfix.behindCountersign(
                RealServers.openFolder(folder, authorised.replaceAll("[^a-z0-9]", "")),
                "ours.test",
                List.of("alice"),
                sample -> sample.with(
                        "smtpd_authorized_xclient_hosts=static:all", "smtpd_authorized_xclient_hosts=" + authorised));
    }
}
