package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.countersign.lab.MtaMessage;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One gateway that enforces, and what becomes of one message of a sender: the reply of the client and, where the message got
 * through, what our field in it says. Time limits towards exchangers are short.
 */
final class SenderScene implements AutoCloseable {
    static final MtaBehaviour MTA =
            MtaBehaviour.proper().recording(Recording.BODIES).mailboxes(Mailboxes.users("r@example.org"));

    private static final String SETTINGS = """
            checks.sender.mode = enforce
            checks.reverse-dns.mode = off
            callout.reuse = 0s
            dns { timeout = 1s, attempts = 1 }
            """;
    private static final String SHORT =
            "callout.timeouts { connect = 2s, greeting = 400ms, reply = 400ms, total = 3s }\n";
    private static final Pattern FIELD =
            Pattern.compile("x-sender-callout=(\\w+) reason=\"([a-z-]+)\" smtp.mailfrom=(\\S+)");

    /**
     * What became of one message.
     *
     * @param reply the one that decided, without our id
     * @param result of {@code x-sender-callout}, as {@code "pass accepted"}; empty when the message did not get through
     */
    record Fate(int code, String reply, String result) {}

    final GatewayStage stage = new GatewayStage(MTA);
    private String more = "";

    SenderScene start(String settings) throws IOException {
        more = settings;
        stage.start(SETTINGS + (settings.contains("callout.timeouts") ? "" : SHORT) + settings);
        return this;
    }

    /** As after a stop and a start of the service. */
    void restart() throws IOException {
        stage.gateway().close();
        start(more);
    }

    /** One message, on a connection of its own. */
    Fate send(String sender) {
        int before = stage.mta.messages().size();
        LabReply reply;
        try (LabClient client = stage.client()) {
            reply = client.deliver(sender, "r@example.org", "Subject: x\r\n\r\nHello.\r\n");
            client.command("NOOP", 250);
        }
        String text = reply.text().replaceAll(" \\(id [A-Za-z0-9]+\\)", "");
        if (reply.code() != 250) {
            assertThat(stage.mta.messages()).as("a refused message").hasSize(before);
            return new Fate(reply.code(), text, "");
        }
        MtaMessage message = stage.mta.awaitMessages(before + 1).get(before);
        Matcher field = FIELD.matcher(message.content().text());
        assertThat(field.find()).as(message.content().text()).isTrue();
        assertThat(field.group(3)).startsWith(sender);
        return new Fate(250, text, field.group(1) + " " + field.group(2));
    }

    @Override
    public void close() {
        stage.close();
    }
}
