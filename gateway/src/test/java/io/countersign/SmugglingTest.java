package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import io.countersign.lab.LineRule;
import io.countersign.lab.MtaBehaviour;
import io.countersign.lab.MtaMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * False ends of data, through the whole gateway, in front of the laxest MTA there is (it takes any line end, in any mixture, for a
 * line end): at most one message arrives, and it is the one whose sender the gateway saw.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SmugglingTest {
    private static final String SMUGGLED =
            "MAIL FROM:<evil@b.test>\r\nRCPT TO:<r@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n";

    private GatewayStage stage;

    @BeforeAll
    void theLaxestMta() throws IOException {
        stage = new GatewayStage(MtaBehaviour.proper().lines(LineRule.LAX).recording(Recording.BODIES))
                .start(
                        "checks.sender.mode = off\nchecks.reverse-dns.mode = off\nlisten.limits.transactions = 100000\n");
    }

    @AfterAll
    void end() {
        stage.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "PA01, '~n.~n'",
        "PA02, '~r~n.~n'",
        "PA03, '~n.~r~n'",
        "PA04, '~r.~r'",
        "PA05, '~r.~n'",
        "PA06, '~n.~r'",
        "PA07, '~r.~r~n'",
        "PA08, '~r~n.~r'",
        "PA09, '~r~n.~r~r~n'",
        "PA09b, '~r~r~n.~r~r~n'",
        "PA10, '~r~n~0.~r~n'",
        "PA10b, '~r~n.~0~r~n'",
        "PA09c, '~r~n~r.~r~n'",
        "PA03b, '~n~n.~r~n'",
        "PA01b, '~n..~n'"
    })
    void no_false_end_ends_a_message_at_any_split(String id, String end) {
        String sequence = end.replace("~r", "\r").replace("~n", "\n").replace("~0", "\0");
        String body = "Subject: a\r\n\r\nline" + sequence + SMUGGLED;
        byte[] octets = body.getBytes(StandardCharsets.ISO_8859_1);
        int from = body.indexOf("line") + 3;
        int to = body.indexOf("MAIL") + 6;
        for (int split = from; split <= to; split++) {
            refused(octets, split, sequence.indexOf('\0') >= 0 ? "5.6.0" : "5.5.2");
        }
        assertThat(stage.mta.messages())
                .as("nothing was whole, so nothing arrives")
                .isEmpty();
    }

    private void refused(byte[] octets, int split, String status) {
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<r@example.org>", 250);
            client.command("DATA", 354);
            client.send(java.util.Arrays.copyOfRange(octets, 0, split));
            client.send(java.util.Arrays.copyOfRange(octets, split, octets.length));
            LabReply reply = client.read();
            assertThat(reply.code()).as("split at %d: %s", split, reply).isEqualTo(550);
            assertThat(reply.text()).startsWith(status);
            assertThat(client.readToEnd()).as("closed, and nothing else said").isEmpty();
        }
    }

    @Test
    void PA16_PA17_dots_and_empty_messages_arrive_as_they_are() throws IOException {
        try (GatewayStage strict = new GatewayStage(MtaBehaviour.proper().recording(Recording.BODIES))
                        .start("checks.sender.mode = off");
                LabClient client = strict.client()) {
            assertThat(client.deliver("a@b.test", "r@example.org", ".\r\n..\r\n.x\r\n\r\n.\r\n")
                            .code())
                    .isEqualTo(250);
            assertThat(client.deliver("a@b.test", "r@example.org", "").code()).isEqualTo(250);
            List<MtaMessage> messages = strict.mta.awaitMessages(2);
            assertThat(messages.get(0).content().text()).endsWith("\r\n.\r\n..\r\n.x\r\n\r\n.\r\n");
            assertThat(messages.get(1).content().text())
                    .startsWith("Authentication-Results:")
                    .endsWith("\r\n");
        }
    }
}
