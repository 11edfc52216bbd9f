package io.countersign.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentReaderTest {

    private record Result(String content, int next, boolean ended, Set<LineFault> faults) {}

    @Test
    void content_comes_out_as_it_was_before_dots_were_doubled() {
        assertThat(read(LineRule.STRICT, "a\r\n..b\r\n.c\r\n\r\n.\r\nQUIT\r\n"))
                .isEqualTo(new Result("a\r\n.b\r\nc\r\n\r\n", 17, true, Set.of()));
        assertThat(read(LineRule.STRICT, ".\r\n")).isEqualTo(new Result("", 3, true, Set.of()));
        assertThat(read(LineRule.LAX, "a\r\n..b\r\n.\r\n").content()).isEqualTo("a\r\n.b\r\n");
    }

    /** What stands in the catalogue as PA01 to PA10. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n.\n",
                "\r\n.\n",
                "\n.\r\n",
                "\r.\r",
                "\r.\n",
                "\n.\r",
                "\r.\r\n",
                "\r\n.\r",
                "\r\n.\r\r\n",
                "\r\r\n.\r\r\n",
                "\r\n\0.\r\n",
                "\r\n.\0\r\n"
            })
    void PA01_to_PA10_end_the_content_for_the_laxest_server_and_never_for_a_strict_one(String end) {
        Result strict = read(LineRule.STRICT, "a" + end + "RSET\r\n.\r\n");
        assertThat(strict.ended()).isTrue();
        assertThat(strict.next()).isEqualTo(1 + end.length() + 9);
        assertThat(strict.faults()).isNotEmpty();
        Result lax = read(LineRule.LAX, "a" + end + "RSET\r\n.\r\n");
        assertThat(lax.ended()).isTrue();
        assertThat(lax.next()).isLessThanOrEqualTo(1 + end.length());
    }

    @Test
    void no_octet_is_lost_when_a_dot_and_CR_turn_out_to_be_no_end() {
        assertThat(read(LineRule.STRICT, "\r\n.\rx\r\n.\r\n").content()).isEqualTo("\r\n\rx\r\n");
        assertThat(read(LineRule.STRICT, "a\nb\rc\0d\r\n.\r\n").content()).isEqualTo("a\nb\rc\0d\r\n");
        assertThat(read(LineRule.STRICT, "a\nb\rc\0d\r\n.\r\n").faults()).hasSize(3);
    }

    @Test
    void PA11_where_the_network_cuts_makes_no_difference() {
        String text = "one\r\n..two\r\n.\rthree\nfour\r\r\n\0.\r\n.x\r\n.\r\nQUIT\r\n";
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        for (LineRule rule : LineRule.values()) {
            Result whole = read(rule, text);
            for (int cut = 0; cut <= octets.length; cut++) {
                for (int second = cut; second <= octets.length; second++) {
                    assertThat(read(rule, octets, cut, second, octets.length)).isEqualTo(whole);
                }
            }
        }
    }

    @Test
    void a_chunk_is_taken_as_it_is_and_faults_are_noted_across_chunks() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ContentReader reader = new ContentReader(LineRule.STRICT, (in, from, to) -> out.write(in, from, to - from));
        for (String chunk : new String[] {"a\r", "\n.\r\n.", "b\r"}) {
            byte[] octets = chunk.getBytes(StandardCharsets.ISO_8859_1);
            reader.readChunk(octets, 0, octets.length);
        }
        assertThat(reader.faults()).isEmpty();
        reader.lastChunkRead();
        assertThat(reader.faults()).containsExactly(LineFault.BARE_CR);
        assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo("a\r\n.\r\n.b\r");
    }

    private static Result read(LineRule rule, String text) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        return read(rule, octets, octets.length);
    }

    private static Result read(LineRule rule, byte[] octets, int... cuts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ContentReader reader = new ContentReader(rule, (in, from, to) -> out.write(in, from, to - from));
        int at = 0;
        for (int cut : cuts) {
            if (!reader.ended()) {
                at = reader.read(octets, at, cut);
            }
        }
        return new Result(out.toString(StandardCharsets.ISO_8859_1), at, reader.ended(), Set.copyOf(reader.faults()));
    }
}
