package io.countersign.smtp.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.util.LeakPresenceDetector;
import java.util.List;

/** First octet: mode; second: where to cut; the rest: the octets of a client. */
class SmtpServerDecoderFuzzTest {
    @FuzzTest
    void a_dialogue_means_the_same_however_it_is_cut_and_paused(byte[] data) {
        if (data.length < 3) {
            return;
        }
        BareNewline bareNewline = (data[0] & 1) == 0 ? BareNewline.REJECT : BareNewline.NORMALIZE;
        String wire = new String(data, 2, data.length - 2, ISO_8859_1);
        List<String> whole = ServerSide.read(bareNewline, wire);
        assertThat(ServerSide.read(bareNewline, wire, ServerSide.everyOctet(wire)))
                .isEqualTo(whole);
        int cut = (data[1] & 0xff) % wire.length();
        try (ServerSide server = new ServerSide()) {
            server.bareNewline = bareNewline;
            server.session = input -> {
                server.decoder.pause();
                server.channel.eventLoop().execute(server.decoder::resume);
            };
            server.send(wire, cut == 0 ? new int[0] : new int[] {cut});
            assertThat(server.heard()).isEqualTo(whole);
        }
        LeakPresenceDetector.check();
    }
}
