package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Act;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabReply;
import io.countersign.lab.MtaBehaviour;
import io.countersign.real.RealServers.Need;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** False ends of data, through the gateway, in front of real servers: no message arrives that the client could not have sent. */
class SmugglingIntoRealServersTest {
    private static final String CLIENT = "127.0.0.9";
    private static final String SMUGGLED =
            "MAIL FROM:<evil@sender.test>\r\nRCPT TO:<alice@ours.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n";

    /** PA01 to PA10 of "SMTP smuggling" (2023) and what was found since. */
    private static final Map<String, String> FALSE_ENDS = falseEnds();

    @TempDir
    Path folder;

    @Test
    void PA01_PA11_no_false_end_ends_a_message_before_postfix_at_any_split() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix postfix = RealPostfix.behindCountersign(folder, "ours.test", List.of("alice"));
                GatewayInFront gateway = gateway(postfix.place(), "")) {
            FALSE_ENDS.forEach((id, end) -> {
                for (int split : splits(end).toArray()) {
                    refused(gateway, id, end, split);
                }
                byteByByte(gateway, id, end);
            });
            assertOnlyThe(honest(gateway), postfix.mailbox("alice"));
            assertThat(postfix.log().lines(line -> line.contains("evil@sender.test")))
                    .as("what Postfix heard of the smuggled message")
                    .isEmpty();
            assertThat(postfix.log().lines(line -> line.contains("status=sent")))
                    .as("delivered")
                    .hasSize(1);
        }
    }

    @Test
    void PA01_PA11_no_false_end_ends_a_message_before_exim() {
        RealServers.require(Need.EXIM);
        try (RealExim exim = RealExim.behindCountersign(folder, "ours.test", List.of("alice"));
                GatewayInFront gateway = gateway(exim.place(), "backend.client-identity = proxy-protocol")) {
            FALSE_ENDS.forEach((id, end) -> {
                // Exim starts a process for each: the split in the middle of the sequence, and one on either side.
                int first = splits(end).min().orElseThrow();
                for (int split : new int[] {first + 1, first + 1 + end.length() / 2, first + 1 + end.length()}) {
                    refused(gateway, id, end, split);
                }
            });
            assertOnlyThe(honest(gateway), exim.mailbox("alice"));
            assertThat(exim.log().lines(line -> line.contains("evil@sender.test")))
                    .as("what Exim heard of the smuggled message")
                    .isEmpty();
            assertThat(exim.log().lines(line -> line.contains(" <= "))).hasSize(1);
        }
    }

    @Test
    void PA12_a_message_that_is_too_long_is_still_read_to_its_real_end() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix postfix = RealPostfix.behindCountersign(folder, "ours.test", List.of("alice"));
                GatewayInFront gateway = gateway(postfix.place(), "listen.limits.message-size = 64KiB")) {
            FALSE_ENDS.forEach((id, end) -> {
                try (LabClient client = opened(gateway)) {
                    client.send(octets("Subject: long\r\n\r\n" + "a line of a message that is too long\r\n".repeat(4000)
                            + "x" + end + SMUGGLED));
                    LabReply reply = client.read();
                    assertThat(reply.code()).as("%s: %s", id, reply).isIn(552, 550);
                    assertThat(client.readToEnd())
                            .as("%s: no answer to a smuggled command", id)
                            .doesNotContain("\r\n2", "354");
                }
            });
            assertOnlyThe(honest(gateway), postfix.mailbox("alice"));
            assertThat(postfix.log().lines(line -> line.contains("evil@sender.test")))
                    .isEmpty();
        }
    }

    @Test
    void PA13_after_the_mta_is_gone_the_rest_is_read_as_content_and_not_as_commands() {
        // Goes away in the middle of the content, before the false end.
        MtaBehaviour leaving = MtaBehaviour.proper().duringContent(1, Act.close());
        try (LabMta mta = LabMta.start(leaving, 1);
                GatewayInFront gateway = gateway(mta.backend(), "")) {
            FALSE_ENDS.forEach((id, end) -> {
                try (LabClient client = opened(gateway)) {
                    client.send(octets("Subject: begun\r\n\r\nthe first line\r\n"));
                    mta.tallies().cut().awaitAtLeast(1);
                    client.send(octets("line" + end + SMUGGLED));
                    LabReply reply = client.read();
                    assertThat(reply.code()).as("%s: %s", id, reply).isIn(451, 550);
                    assertThat(client.readToEnd())
                            .as("%s: closed, and no answer to a smuggled command", id)
                            .isEmpty();
                }
            });
            assertThat(mta.messages()).isEmpty();
        }
    }

    @Test
    void PA14_PA15_what_is_mended_or_begins_with_a_blank_cannot_become_a_header_or_an_end() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix postfix = RealPostfix.behindCountersign(folder, "ours.test", List.of("alice", "bob"));
                GatewayInFront gateway = gateway(postfix.place(), "listen.bare-newline = normalize")) {
            // A bare LF becomes CRLF, so nothing of it can reach Postfix, and the dot between two of them is doubled.
            try (LabClient client = opened(gateway)) {
                client.send(
                        octets("Subject: mended\r\n\r\nline\n.\n" + SMUGGLED.replace("\r\n.\r\n", "\r\n") + ".\r\n"));
                assertThat(client.read().code()).isEqualTo(250);
                client.quit();
            }
            String mended = new String(postfix.mailbox("alice").await(1).get(0), StandardCharsets.ISO_8859_1);
            assertThat(mended)
                    .contains("\nline\n.\nMAIL FROM:<evil@sender.test>\n")
                    .endsWith("\nx\n");

            // A first line that begins with a blank would continue our own last field.
            try (LabClient client = LabClient.from(CLIENT, gateway.address())) {
                client.hello("client.test");
                assertThat(client.deliver("a@sender.test", "bob@ours.test", " x-sender-callout=pass\r\n\r\nbody\r\n")
                                .code())
                        .isEqualTo(250);
                client.quit();
            }
            String blank = new String(postfix.mailbox("bob").await(1).get(0), StandardCharsets.ISO_8859_1);
            String header = blank.substring(0, blank.indexOf("\n\n"));
            assertThat(header).doesNotContain("x-sender-callout=pass");
            assertThat(blank).endsWith("\n\n x-sender-callout=pass\n\nbody\n");
            assertThat(postfix.log().lines(line -> line.contains("from=<evil@sender.test>")))
                    .isEmpty();
        }
    }

    @Test
    void PA16_PA17_dots_and_a_message_without_an_octet_arrive_as_they_are() {
        RealServers.require(Need.POSTFIX, Need.EXIM);
        try (RealPostfix postfix = RealPostfix.behindCountersign(folder, "ours.test", List.of("alice", "bob"));
                RealExim exim = RealExim.behindCountersign(folder, "ours.test", List.of("alice", "bob"));
                GatewayInFront one = gateway(postfix.place(), "");
                GatewayInFront other = gateway(exim.place(), "backend.client-identity = proxy-protocol")) {
            for (GatewayInFront gateway : List.of(one, other)) {
                try (LabClient client = LabClient.from(CLIENT, gateway.address())) {
                    client.hello("client.test");
                    String dots = new String(RealMessages.dotLaden(), StandardCharsets.UTF_8);
                    assertThat(client.deliver("a@sender.test", "alice@ours.test", dots)
                                    .code())
                            .isEqualTo(250);
                    // "DATA", ".": there is no octet of content
                    assertThat(client.deliver("a@sender.test", "bob@ours.test", "")
                                    .code())
                            .isEqualTo(250);
                    client.quit();
                }
            }
            for (Maildir mailbox : List.of(postfix.mailbox("alice"), exim.mailbox("alice"))) {
                RealMessages.assertArrived(mailbox.await(1).get(0), RealMessages.dotLaden());
            }
            for (Maildir mailbox : List.of(postfix.mailbox("bob"), exim.mailbox("bob"))) {
                byte[] arrived = mailbox.await(1).get(0);
                List<String> fields = RealMessages.assertArrived(arrived, RealMessages.empty());
                assertThat(fields).last().asString().startsWith("Received: from client.test ");
            }
        }
    }

    private static Map<String, String> falseEnds() {
        Map<String, String> ends = new LinkedHashMap<>();
        ends.put("PA01", "\n.\n");
        ends.put("PA02", "\r\n.\n");
        ends.put("PA03", "\n.\r\n");
        ends.put("PA04", "\r.\r");
        ends.put("PA05", "\r.\n");
        ends.put("PA06", "\n.\r");
        ends.put("PA07", "\r.\r\n");
        ends.put("PA08", "\r\n.\r");
        ends.put("PA09", "\r\n.\r\r\n");
        ends.put("PA09b", "\r\r\n.\r\r\n");
        ends.put("PA10", "\r\n\0.\r\n");
        ends.put("PA10b", "\r\n.\0\r\n");
        return ends;
    }

    private static GatewayInFront gateway(String backend, String more) {
        return new GatewayInFront(
                backend,
                "checks.sender.mode = off\nchecks.reverse-dns.mode = off\nlisten.limits.transactions = 100000\n"
                        + more);
    }

    private static String body(String end) {
        return "Subject: a\r\n\r\nline" + end + SMUGGLED;
    }

    /** From the last letter before the sequence to the first one of the command behind it. */
    private static IntStream splits(String end) {
        int from = body(end).indexOf("line") + 3;
        return IntStream.rangeClosed(from, from + 2 + end.length());
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static LabClient opened(GatewayInFront gateway) {
        LabClient client = LabClient.from(CLIENT, gateway.address());
        client.hello("client.test");
        client.command("MAIL FROM:<a@sender.test>", 250);
        client.command("RCPT TO:<alice@ours.test>", 250);
        client.command("DATA", 354);
        return client;
    }

    private static void refused(GatewayInFront gateway, String id, String end, int split) {
        byte[] octets = octets(body(end));
        try (LabClient client = opened(gateway)) {
            client.send(Arrays.copyOfRange(octets, 0, split));
            client.send(Arrays.copyOfRange(octets, split, octets.length));
            assertRefused(client, id + " split at " + split);
        }
    }

    private static void byteByByte(GatewayInFront gateway, String id, String end) {
        try (LabClient client = opened(gateway)) {
            for (byte octet : octets(body(end))) {
                client.send(new byte[] {octet});
            }
            assertRefused(client, id + " octet by octet");
        }
    }

    private static void assertRefused(LabClient client, String what) {
        LabReply reply = client.read();
        assertThat(reply.code()).as("%s: %s", what, reply).isEqualTo(550);
        assertThat(reply.text()).as(what).startsWith(what.startsWith("PA10") ? "5.6.0" : "5.5.2");
        assertThat(client.readToEnd())
                .as("%s: closed, and nothing else said", what)
                .isEmpty();
    }

    /** One more message, so that all before it has been dealt with when it arrives. */
    private static byte[] honest(GatewayInFront gateway) {
        try (LabClient client = LabClient.from(CLIENT, gateway.address())) {
            client.hello("client.test");
            String message = new String(RealMessages.sevenBit(), StandardCharsets.UTF_8);
            assertThat(client.deliver("a@sender.test", "alice@ours.test", message)
                            .code())
                    .isEqualTo(250);
            client.quit();
        }
        return RealMessages.sevenBit();
    }

    private static void assertOnlyThe(byte[] honest, Maildir mailbox) {
        RealMessages.assertArrived(mailbox.await(1).get(0), honest);
        assertThat(mailbox.count()).as("messages that arrived").isEqualTo(1);
    }
}
