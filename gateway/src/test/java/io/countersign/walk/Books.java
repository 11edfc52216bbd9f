package io.countersign.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.MtaMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What clients of one world sent and were told; what the MTA must have of it, and must not have. */
final class Books {
    private static final Pattern TOKEN = Pattern.compile("\r\nSubject: (token-\\d+)\r\n");

    /** One attempt to send a message. */
    record Sent(String token, String client, String from, List<String> to, String body) {}

    private final Map<String, Sent> accepted = new HashMap<>();
    /** Complete, and the client left without an answer. */
    private final Map<String, Sent> unanswered = new HashMap<>();

    private final Set<String> refused = new HashSet<>();
    private int tokens;

    String token() {
        return "token-" + ++tokens;
    }

    void accepted(Sent sent) {
        accepted.put(sent.token(), sent);
    }

    void unanswered(Sent sent) {
        unanswered.put(sent.token(), sent);
    }

    /** Complete, and refused. */
    void refused(Sent sent) {
        refused.add(sent.token());
    }

    int acceptedSoFar() {
        return accepted.size();
    }

    /** O1 and O2, with who, from whom, to whom and every octet. */
    void check(List<MtaMessage> arrived, long ended) {
        Set<String> seen = new HashSet<>();
        for (MtaMessage message : arrived) {
            String octets = message.content().octets().orElse("");
            Matcher token = TOKEN.matcher(octets);
            assertThat(token.find()).as("a message nobody sent: %s", octets).isTrue();
            String name = token.group(1);
            assertThat(seen.add(name)).as("%s arrived once", name).isTrue();
            Sent sent = accepted.getOrDefault(name, unanswered.get(name));
            assertThat(sent)
                    .as("%s arrived though its client was told otherwise or never ended it", name)
                    .isNotNull();
            if (sent != null) {
                assertThat(octets).as("O4: %s, to its last octet", name).endsWith("\r\n" + sent.body());
                assertThat(message.envelope().from()).as(name).isEqualTo(sent.from());
                assertThat(sorted(message.envelope().to())).as(name).isEqualTo(sorted(sent.to()));
                assertThat(message.identity().address()).as(name).isEqualTo(sent.client());
            }
        }
        assertThat(seen).as("O2: told 250, and there").containsAll(accepted.keySet());
        assertThat(ended)
                .as(
                        "O1: ends the MTA saw, of %d complete messages",
                        accepted.size() + unanswered.size() + refused.size())
                .isBetween((long) arrived.size(), (long) accepted.size() + unanswered.size() + refused.size());
    }

    private static List<String> sorted(List<String> addresses) {
        List<String> sorted = new ArrayList<>(addresses);
        sorted.sort(null);
        return sorted;
    }
}
