package io.countersign.smtp.dialogue;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.smtp.corpus.Dialogue;
import io.countersign.smtp.corpus.Server;
import io.countersign.smtp.dialogue.ServerDialogue.Step;
import io.countersign.smtp.syntax.CommandParser;
import io.countersign.smtp.syntax.CommandParser.Parsed;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CorpusTest {
    static Stream<Dialogue> dialogues() {
        return Dialogue.all();
    }

    @ParameterizedTest
    @MethodSource("dialogues")
    void a_client_is_answered_as_the_corpus_says(Dialogue dialogue) {
        Server server = new Server(dialogue.offer());
        byte[] octets = dialogue.client();
        int at = 0;
        while (at < octets.length && !server.isClosed()) {
            int lineEnd = lineEnd(octets, at);
            Parsed parsed = CommandParser.parse(octets, at, lineEnd - at);
            at = lineEnd + 2;
            Step step = parsed instanceof Parsed.Command command
                    ? server.command(command.command())
                    : server.fault(((Parsed.Fault) parsed).verb(), ((Parsed.Fault) parsed).reply());
            if (step instanceof Step.Content) {
                at = readContent(server, octets, at);
            } else if (step instanceof Step.Chunk chunk) {
                at += (int) chunk.bdat().size();
                server.contentEnded(chunk.bdat().size());
            } else if (step instanceof Step.DiscardChunk chunk) {
                at += (int) chunk.bdat().size();
                server.contentEnded(chunk.bdat().size());
            }
        }
        assertThat(server.heard()).isEqualTo(dialogue.expected());
    }

    private static int readContent(Server server, byte[] octets, int from) {
        int at = from;
        long content = 0;
        while (true) {
            int lineEnd = lineEnd(octets, at);
            boolean dot = lineEnd > at && octets[at] == '.';
            if (dot && lineEnd == at + 1) {
                server.contentEnded(content);
                return lineEnd + 2;
            }
            content += lineEnd - at + 2 - (dot ? 1 : 0);
            at = lineEnd + 2;
        }
    }

    private static int lineEnd(byte[] octets, int from) {
        int i = from;
        while (octets[i] != '\r') {
            i++;
        }
        return i;
    }
}
