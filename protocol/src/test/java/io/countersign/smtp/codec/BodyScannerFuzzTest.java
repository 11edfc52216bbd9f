package io.countersign.smtp.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.util.LeakPresenceDetector;

/** First octet: mode and limit; second: where to cut; the rest: the octets of a client after 354. */
class BodyScannerFuzzTest {
    @FuzzTest
    void a_body_is_read_as_the_model_reads_it(byte[] data) {
        if (data.length < 3) {
            return;
        }
        BareNewline bareNewline = (data[0] & 1) == 0 ? BareNewline.REJECT : BareNewline.NORMALIZE;
        int limit = (data[0] & 2) == 0 ? 1 << 20 : 3 + (data[0] & 0xff);
        String wire = new String(data, 2, data.length - 2, ISO_8859_1);
        NaiveBody.Outcome expected = NaiveBody.data(wire, limit, bareNewline);
        BodyRun.same(expected, wire, limit, bareNewline);
        BodyRun.same(expected, wire, limit, bareNewline, ServerSide.everyOctet(wire));
        int cut = (data[1] & 0xff) % wire.length();
        if (cut > 0) {
            BodyRun.same(expected, wire, limit, bareNewline, cut);
        }
        if (expected.consumed() >= 0 && expected.fault() == null) {
            String sent = "\r\n" + BodyRun.of(wire, limit, bareNewline).given + ".\r\n";
            assertThat(sent.indexOf("\r\n.\r\n")).isEqualTo(sent.length() - 5);
            assertThat(sent.replace("\r\n", ""))
                    .doesNotContain("\r")
                    .doesNotContain("\n")
                    .doesNotContain("\0");
        }
        LeakPresenceDetector.check();
    }
}
