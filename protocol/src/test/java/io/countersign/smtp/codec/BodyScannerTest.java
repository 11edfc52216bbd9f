package io.countersign.smtp.codec;

import static io.countersign.smtp.codec.BareNewline.NORMALIZE;
import static io.countersign.smtp.codec.BareNewline.REJECT;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.LeakPresenceDetector;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BodyScannerTest {
    private static final String ALPHABET = "\r\n.a\0";
    private static final String END = "\r\n.\r\n";
    private static final int LONG_LINE = 1 << 20;

    @AfterEach
    void noLeaks() {
        LeakPresenceDetector.check();
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void every_short_body_is_read_as_the_model_reads_it_however_it_is_cut(BareNewline bareNewline) {
        for (int length = 0; length <= 7; length++) {
            char[] body = new char[length];
            int count = (int) Math.pow(ALPHABET.length(), length);
            for (int n = 0; n < count; n++) {
                for (int i = 0, rest = n; i < length; i++, rest /= ALPHABET.length()) {
                    body[i] = ALPHABET.charAt(rest % ALPHABET.length());
                }
                String wire = new String(body) + END + ".";
                NaiveBody.Outcome expected = NaiveBody.data(wire, LONG_LINE, bareNewline);
                BodyRun.same(expected, wire, LONG_LINE, bareNewline);
                BodyRun.same(expected, wire, LONG_LINE, bareNewline, ServerSide.everyOctet(wire));
                if (length <= 5) {
                    for (int cut = 1; cut < wire.length(); cut++) {
                        BodyRun.same(expected, wire, LONG_LINE, bareNewline, cut);
                    }
                }
                if (length <= 4) {
                    for (int cut = 1; cut < wire.length(); cut++) {
                        for (int second = cut + 1; second < wire.length(); second++) {
                            BodyRun.same(expected, wire, LONG_LINE, bareNewline, cut, second);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void a_body_that_is_not_at_its_end_yet_gives_out_only_what_is_decided(BareNewline bareNewline) {
        for (int n = 0; n < 15_625; n++) {
            char[] body = new char[6];
            for (int i = 0, rest = n; i < body.length; i++, rest /= ALPHABET.length()) {
                body[i] = ALPHABET.charAt(rest % ALPHABET.length());
            }
            String wire = new String(body);
            NaiveBody.Outcome expected = NaiveBody.data(wire, LONG_LINE, bareNewline);
            BodyRun.same(expected, wire, LONG_LINE, bareNewline);
            BodyRun.same(expected, wire, LONG_LINE, bareNewline, ServerSide.everyOctet(wire));
        }
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void random_bodies_are_read_as_the_model_reads_them(BareNewline bareNewline) {
        Random random = new Random(20261123);
        String[] pieces = {
            "\r\n", "\r\n", "\r\n", "\n", "\r", ".", "..", "a", "\t", "\0", "\r\n.", "\n.\n", "text of some length, "
        };
        for (int n = 0; n < 30_000; n++) {
            // Rare faults, so that most bodies get far; a limit that is met by some lines.
            int bad = random.nextInt(3) == 0 ? pieces.length : 3;
            int limit = random.nextBoolean() ? LONG_LINE : 3 + random.nextInt(40);
            StringBuilder body = new StringBuilder();
            for (int i = random.nextInt(30); i > 0; i--) {
                String piece = pieces[random.nextInt(4) == 0 ? random.nextInt(bad) : 5 + random.nextInt(4)];
                body.append(piece.equals("\0") && random.nextInt(10) > 0 ? "text of some length, é\t " : piece);
                body.append(random.nextBoolean() ? "\r\n" : "");
            }
            String wire = body + END + "NOOP\r\n";
            NaiveBody.Outcome expected = NaiveBody.data(wire, limit, bareNewline);
            BodyRun.same(expected, wire, limit, bareNewline);
            BodyRun.same(expected, wire, limit, bareNewline, ServerSide.everyOctet(wire));
            int[] cuts = random.ints(random.nextInt(6), 1, wire.length())
                    .sorted()
                    .distinct()
                    .toArray();
            BodyRun.same(expected, wire, limit, bareNewline, cuts);
        }
    }

    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void PA14_what_is_given_out_is_canonical_and_holds_no_end(BareNewline bareNewline) {
        Random random = new Random(7);
        for (int n = 0; n < 50_000; n++) {
            StringBuilder body = new StringBuilder();
            for (int i = random.nextInt(14); i > 0; i--) {
                body.append("\r\n.a\n".charAt(random.nextInt(5)));
            }
            BodyRun outcome = BodyRun.of(body + END, LONG_LINE, bareNewline);
            String given = outcome.given;
            if (outcome.fault == null) {
                String sent = given + ".\r\n";
                assertThat(("\r\n" + sent).indexOf(END))
                        .as(ServerSide.printable(body.toString()))
                        .isEqualTo(sent.length() - 3);
                assertThat(sent.replace("\r\n", "")).doesNotContain("\r").doesNotContain("\n");
            }
        }
    }

    @Test
    void PA16_a_doubled_dot_goes_on_doubled_and_counts_once() {
        BodyRun outcome = BodyRun.of("..\r\n.foo\r\n" + ".\r\n", LONG_LINE, REJECT);
        assertThat(outcome.given).isEqualTo("..\r\n.foo\r\n");
        assertThat(outcome.octets).isEqualTo(".\r\nfoo\r\n".length());
    }

    @Test
    void PA17_an_empty_message_ends_with_its_first_line() {
        BodyRun outcome = BodyRun.of(".\r\n", LONG_LINE, REJECT);
        assertThat(outcome.given).isEmpty();
        assertThat(outcome.octets).isZero();
        assertThat(outcome.consumed).isEqualTo(3);
    }

    @Test
    void a_line_of_one_dot_between_bare_newlines_arrives_as_a_dot() {
        assertThat(BodyRun.of("a\n.\nb\n.\r\nc\r\n.\nd\r\n.\r\n", LONG_LINE, NORMALIZE).given)
                .isEqualTo("a\r\n..\r\nb\r\n..\r\nc\r\n..\r\nd\r\n");
    }

    @Test
    void PA23_a_line_at_the_limit_passes_and_one_octet_more_is_a_fault() {
        String line = "x".repeat(998);
        assertThat(BodyRun.of(line + "\r\n.\r\n", 1000, REJECT).fault).isNull();
        assertThat(BodyRun.of("." + line + "\r\n.\r\n", 1000, REJECT).fault).isNull();
        assertThat(BodyRun.of(line + "x\r\n.\r\n", 1000, REJECT).fault).isEqualTo(FramingFault.LINE_TOO_LONG);
        assertThat(BodyRun.of(line + "\n.\r\n\r\n.\r\n", 999, NORMALIZE).fault).isEqualTo(FramingFault.LINE_TOO_LONG);
    }

    @Test
    void the_end_is_found_behind_a_line_that_became_too_long_by_its_line_end_alone() {
        for (int cut = 1; cut < 12; cut++) {
            BodyRun outcome = BodyRun.of("123456789\r\n.\r\n", 10, REJECT, cut);
            assertThat(outcome.fault).isEqualTo(FramingFault.LINE_TOO_LONG);
            assertThat(outcome.consumed).isEqualTo(14);
        }
    }

    /** Octets that stand in no array are copied 512 at a time at first, then more, up to 4096. */
    @ParameterizedTest
    @EnumSource(BareNewline.class)
    void what_happens_at_the_edge_of_a_window_of_copied_octets_is_seen(BareNewline bareNewline) {
        String[] events = {
            "\r\n", "\r\n.x", "\r\n..", "\n", "\n.\n", "\n.\r\n", "\r", "\0", "\r\n.\r\n", "\r\n.\rx", "\t"
        };
        String text = "0123456789".repeat(1400);
        for (int edge : new int[] {512, 1024, 2048, 4096, 8192, 12288}) {
            for (int before = edge - 10; before <= edge + 2; before++) {
                for (String event : events) {
                    String wire = text.substring(0, before) + event + text.substring(0, 600) + END;
                    NaiveBody.Outcome expected = NaiveBody.data(wire, LONG_LINE, bareNewline);
                    BodyRun.same(expected, wire, LONG_LINE, bareNewline);
                    BodyRun.same(expected, wire, LONG_LINE, bareNewline, 100);
                }
            }
        }
    }

    @Test
    void content_in_direct_memory_and_in_several_components_is_read_alike() {
        String wire = "Subject: x\r\n\r\n..dots\r\n" + "y".repeat(100) + "\r\n.\r\n";
        for (int cut = 1; cut < wire.length(); cut++) {
            BodyScanner scanner = BodyScanner.forData(LONG_LINE, REJECT);
            ByteBuf in = UnpooledByteBufAllocator.DEFAULT
                    .compositeBuffer()
                    .addComponent(true, direct(wire.substring(0, cut)))
                    .addComponent(true, direct(wire.substring(cut)));
            StringBuilder given = new StringBuilder();
            BodyScanner.Found found = scanner.scan(in, in.readableBytes());
            while (found == BodyScanner.Found.CONTENT) {
                ByteBuf piece = scanner.takeContent();
                given.append(piece.toString(ISO_8859_1));
                piece.release();
                found = scanner.scan(in, in.readableBytes());
            }
            in.release();
            assertThat(found).isEqualTo(BodyScanner.Found.END);
            assertThat(given.toString()).isEqualTo(wire.substring(0, wire.length() - 3));
        }
    }

    private static ByteBuf direct(String text) {
        return UnpooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(text.getBytes(ISO_8859_1));
    }
}
