package io.countersign.smtp.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.corpus.Dialogue;
import io.countersign.smtp.corpus.Server;
import io.countersign.smtp.dialogue.ServerDialogue.Step;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.LeakPresenceDetector;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The corpus through the decoder: however the network cuts the octets, the dialogue is the same. */
class CorpusReplayTest {
    static Stream<Dialogue> dialogues() {
        return Dialogue.all();
    }

    @ParameterizedTest
    @MethodSource("dialogues")
    void PA11_a_dialogue_is_the_same_at_every_split(Dialogue dialogue) {
        String wire = new String(dialogue.client(), ISO_8859_1);
        assertThat(replay(dialogue, wire)).isEqualTo(dialogue.expected());
        assertThat(replay(dialogue, wire, ServerSide.everyOctet(wire))).isEqualTo(dialogue.expected());
        for (int cut = 1; cut < wire.length(); cut++) {
            assertThat(replay(dialogue, wire, cut)).as("cut at %s", cut).isEqualTo(dialogue.expected());
        }
        LeakPresenceDetector.check();
    }

    private static List<String> replay(Dialogue dialogue, String wire, int... cuts) {
        Session session = new Session(new Server(dialogue.offer()), new SmtpServerDecoder(SmtpLimits.DEFAULT));
        EmbeddedChannel channel = new EmbeddedChannel(session.decoder, session);
        int from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i < cuts.length ? cuts[i] : wire.length();
            ByteBuf octets = channel.alloc().buffer(to - from);
            octets.writeCharSequence(wire.substring(from, to), ISO_8859_1);
            channel.writeInbound(octets);
            from = to;
        }
        channel.finishAndReleaseAll();
        return session.server.heard();
    }

    private static final class Session extends ChannelInboundHandlerAdapter {
        private final Server server;
        private final SmtpServerDecoder decoder;

        Session(Server server, SmtpServerDecoder decoder) {
            this.server = server;
            this.decoder = decoder;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ClientInput input = (ClientInput) message;
            switch (input.kind()) {
                case COMMAND -> obey(server.command(((ClientInput.Command) input).command()));
                case FAULT -> {
                    ClientInput.Fault fault = (ClientInput.Fault) input;
                    assertThat(fault.framing()).isNull();
                    obey(server.fault(fault.verb(), fault.reply()));
                }
                case CONTENT -> ((ClientInput.Content) input).octets().release();
                case CONTENT_END -> {
                    assertThat(((ClientInput.ContentEnd) input).fault()).isNull();
                    server.contentEnded(((ClientInput.ContentEnd) input).octets());
                }
                case CONTENT_FAULT, OUT_OF_TURN -> throw new AssertionError(input);
            }
        }

        private void obey(Step step) {
            if (step instanceof Step.Content) {
                decoder.expectContent(BareNewline.REJECT);
            } else if (step instanceof Step.Chunk chunk) {
                expectChunk(chunk.bdat());
            } else if (step instanceof Step.DiscardChunk chunk) {
                decoder.contentAbandoned();
                expectChunk(chunk.bdat());
            }
            if (server.isClosed()) {
                decoder.ignoreRest();
            }
        }

        private void expectChunk(SmtpCommand.Bdat bdat) {
            decoder.expectChunk(
                    bdat.size(),
                    bdat.last() ? SmtpServerDecoder.ChunkPosition.LAST : SmtpServerDecoder.ChunkPosition.MORE_FOLLOW,
                    BareNewline.REJECT);
        }
    }
}
