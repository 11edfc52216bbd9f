package io.countersign.smtp.codec;

import static io.countersign.smtp.codec.BareNewline.NORMALIZE;
import static io.countersign.smtp.codec.BareNewline.REJECT;
import static io.countersign.smtp.codec.ServerSide.everyOctet;
import static io.countersign.smtp.codec.ServerSide.printable;
import static io.countersign.smtp.codec.ServerSide.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.smtp.SmtpLimits;
import io.netty.util.LeakPresenceDetector;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmtpServerDecoderTest {
    private static final String ENVELOPE = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";

    @AfterEach
    void noLeaks() {
        LeakPresenceDetector.check();
    }

    static Stream<String> dialogues() {
        return Stream.of(
                "EHLO client.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n..\r\n.x\r\n.\r\nQUIT\r\n",
                "HELO x.example\r\nNOOP\r\n\r\nFOO bar\r\nMAIL FROM:\r\nRSET\r\nVRFY c\r\nQUIT\r\n",
                "DATA\r\n.\r\nDATA\r\na\r\n.\r\nDATA\r\n\r\n.\r\nNOOP\r\n",
                "BDAT 9\r\na\r\n.\r\n..\rBDAT 6\r\n\nQUIT\rBDAT 2 LAST\r\n\n.BDAT 0 LAST\r\nRSET\r\n",
                "BDAT 4\r\na\nbcBDAT 2\r\n\r\nBDAT 1 LAST\r\nxBDAT 3 LAST\r\na\r\nNOOP\r\n",
                "DATA\r\na\0b\r\n.\r\nDATA\r\na\r\nb\n.\nc\r\n.\r\nQUIT\r\n",
                "NOOP\r\nNO\rOP\r\nQUIT\r\n",
                "NOOP\r\nNOOP\nQUIT\r\n",
                "NOOP\r\nNO\0OP\r\nQUIT\r\n",
                "DATA\r\na\nb\n.\nc\n..\n\r.\r\nd\r\n.\r\nQUIT\r\n");
    }

    @ParameterizedTest
    @MethodSource("dialogues")
    void a_dialogue_means_the_same_however_it_is_cut(String wire) {
        for (BareNewline bareNewline : BareNewline.values()) {
            List<String> whole = read(bareNewline, wire);
            assertThat(whole).hasSizeGreaterThan(1);
            assertThat(read(bareNewline, wire, everyOctet(wire))).isEqualTo(whole);
            for (int cut = 1; cut < wire.length(); cut++) {
                assertThat(read(bareNewline, wire, cut)).as("cut at %d", cut).isEqualTo(whole);
                for (int second = cut + 1; second < wire.length(); second++) {
                    assertThat(read(bareNewline, wire, cut, second))
                            .as("cut at %d and %d", cut, second)
                            .isEqualTo(whole);
                }
            }
        }
    }

    @Test
    void a_message_arrives_with_its_dots_as_they_were_sent() {
        assertThat(read(REJECT, ENVELOPE + "DATA\r\nSubject: x\r\n\r\n..\r\n.x\r\n.\r\nQUIT\r\n"))
                .containsExactly(
                        "MAIL <a@b.example>",
                        "RCPT <c@d.example>",
                        "DATA",
                        "content Subject: x\\r\\n\\r\\n..\\r\\n.x\\r\\n",
                        "end 20",
                        "QUIT");
    }

    static Stream<String> falseEnds() {
        List<String> ends = new ArrayList<>();
        List<String> breaks = List.of("\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\0\n", "\0", "\r\n\0", "\r\n\r");
        for (String before : breaks) {
            for (String after : breaks) {
                if (!before.endsWith("\r\n") || !after.startsWith("\r\n")) {
                    ends.add(before + "." + after);
                }
            }
        }
        ends.add("\r\n.\r\r\n");
        ends.add("\r\r\n.\r\r\n");
        ends.add("\r\n.\0\r\n");
        return ends.stream();
    }

    @ParameterizedTest
    @MethodSource("falseEnds")
    void PA01_to_PA11_a_false_end_smuggles_no_second_message(String falseEnd) {
        String content = "Subject: x\r\n\r\nhi" + falseEnd + ENVELOPE + "DATA\r\nsmuggled\r\n.\r\n";
        String wire = "DATA\r\n" + content + "QUIT\r\n";
        for (BareNewline bareNewline : BareNewline.values()) {
            NaiveBody.Outcome model = NaiveBody.data(content, SmtpLimits.DEFAULT.textLine(), bareNewline);
            assertThat(model.consumed()).isEqualTo(content.length());
            List<String> expected = new ArrayList<>(List.of("DATA", "content " + printable(model.given())));
            if (model.fault() != null) {
                expected.add("content fault " + model.fault());
            }
            expected.add("end " + model.octets() + (model.fault() == null ? "" : " " + model.fault()));
            expected.add("QUIT");

            assertThat(read(bareNewline, wire)).isEqualTo(expected);
            assertThat(read(bareNewline, wire, everyOctet(wire))).isEqualTo(expected);
            for (int cut = 1; cut < wire.length(); cut++) {
                assertThat(read(bareNewline, wire, cut)).as("cut at %d", cut).isEqualTo(expected);
            }
            if (bareNewline == REJECT) {
                assertThat(model.fault()).isNotNull();
            }
        }
    }

    @Test
    void a_bare_newline_that_is_normalised_reaches_the_mta_as_a_line_of_one_dot() {
        assertThat(read(NORMALIZE, "DATA\r\na\n.\nMAIL FROM:<x@y.example>\r\n.\r\nQUIT\r\n"))
                .containsExactly("DATA", "content a\\r\\n..\\r\\nMAIL FROM:<x@y.example>\\r\\n", "end 31", "QUIT");
    }

    @Test
    void PA19_a_bare_lf_in_a_command_is_a_fault_and_nothing_after_it_is_read() {
        assertThat(read(REJECT, "NOOP\nMAIL FROM:<a@b.example>\r\nQUIT\r\n")).containsExactly("fault BARE_LF");
    }

    @Test
    void PA20_a_bare_cr_in_a_command_is_a_fault_and_nothing_after_it_is_read() {
        assertThat(read(REJECT, "MAIL FROM:<a@b.example>\rRCPT TO:<c@d.example>\r\nQUIT\r\n"))
                .containsExactly("fault BARE_CR");
    }

    @Test
    void PA21_a_nul_in_a_command_is_a_fault_and_nothing_after_it_is_read() {
        assertThat(read(REJECT, "MAIL FROM:<a@b.example\0>\r\nQUIT\r\n")).containsExactly("fault NUL");
    }

    @Test
    void the_fault_of_a_line_is_answered_with_500() {
        try (ServerSide server = new ServerSide()) {
            List<String> replies = new ArrayList<>();
            server.session =
                    input -> replies.add(((ClientInput.Fault) input).reply().toString());
            server.send("NOOP\n");
            assertThat(replies).containsExactly("500 5.5.2 bare <LF> received");
        }
    }

    @Test
    void PA22_a_line_at_the_limit_is_read_and_one_octet_more_is_a_fault() {
        int limit = SmtpLimits.DEFAULT.commandLine();
        String longest = "NOOP " + "x".repeat(limit - 7) + "\r\n";
        assertThat(longest).hasSize(limit);
        assertThat(read(REJECT, longest + "QUIT\r\n")).containsExactly("NOOP", "QUIT");
        assertThat(read(REJECT, longest + "QUIT\r\n", everyOctet(longest + "QUIT\r\n")))
                .containsExactly("NOOP", "QUIT");
        String longer = "NOOP x" + "x".repeat(limit - 7) + "\r\nQUIT\r\n";
        assertThat(read(REJECT, longer)).containsExactly("fault LINE_TOO_LONG");
        assertThat(read(REJECT, longer, everyOctet(longer))).containsExactly("fault LINE_TOO_LONG");
    }

    @Test
    void PA22_ten_megabytes_without_a_line_end_are_thrown_away_as_they_come() {
        try (ServerSide server = new ServerSide()) {
            String piece = "x".repeat(64 * 1024);
            for (int i = 0; i < 160; i++) {
                server.send(piece);
                assertThat(server.decoder.hasBuffered()).isFalse();
            }
            assertThat(server.heard()).containsExactly("fault LINE_TOO_LONG");
        }
    }

    @Test
    void a_partial_line_is_held_and_counts_as_buffered() {
        try (ServerSide server = new ServerSide()) {
            server.send("NOO");
            assertThat(server.decoder.hasBuffered()).isTrue();
            server.send("P\r\n");
            assertThat(server.decoder.hasBuffered()).isFalse();
            assertThat(server.heard()).containsExactly("NOOP");
        }
    }

    @Test
    void PA31_what_follows_after_the_session_ignores_the_rest_is_not_heard() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> server.decoder.ignoreRest();
            server.send("QUIT\r\nMAIL FROM:<a@b.example>\r\n");
            server.send("QUIT\r\n");
            assertThat(server.heard()).containsExactly("QUIT");
            assertThat(server.channel.config().isAutoRead()).isTrue();
        }
    }

    @Test
    void PA33_a_chunk_of_no_octets_ends_at_once() {
        assertThat(read(REJECT, "BDAT 0\r\nBDAT 0 LAST\r\nNOOP\r\n"))
                .containsExactly("BDAT 0", "end 0", "BDAT 0 LAST", "end 0", "NOOP");
    }

    @Test
    void a_chunk_may_be_as_large_as_a_long_can_say() {
        assertThat(read(REJECT, "BDAT 9223372036854775807\r\nabc"))
                .containsExactly("BDAT 9223372036854775807", "content abc");
    }

    @Test
    void PA34_a_hundred_thousand_chunks_of_one_octet_hold_no_memory() {
        try (ServerSide server = new ServerSide()) {
            String chunks = "BDAT 1\r\nx".repeat(1000);
            for (int i = 0; i < 100; i++) {
                server.send(chunks);
                assertThat(server.decoder.hasBuffered()).isFalse();
            }
            assertThat(server.heard()).hasSize(300_000);
        }
    }

    @Test
    void PA37_a_dot_line_in_a_chunk_is_content() {
        assertThat(read(REJECT, "BDAT 12 LAST\r\na\r\n.\r\nQUIT\r\nNOOP\r\n"))
                .containsExactly("BDAT 12 LAST", "content a\\r\\n.\\r\\nQUIT\\r\\n", "end 12", "NOOP");
    }

    @Test
    void PA37_a_bare_lf_in_a_chunk_is_a_fault_of_the_whole_message() {
        assertThat(read(REJECT, "BDAT 3\r\na\nbBDAT 1\r\ncBDAT 1 LAST\r\ndBDAT 1 LAST\r\ne"))
                .containsExactly(
                        "BDAT 3",
                        "content a",
                        "content fault BARE_LF",
                        "end 3 BARE_LF",
                        "BDAT 1",
                        "end 1 BARE_LF",
                        "BDAT 1 LAST",
                        "end 1 BARE_LF",
                        "BDAT 1 LAST",
                        "content e",
                        "end 1");
    }

    @Test
    void PA37_a_bare_lf_in_a_chunk_becomes_a_line_end_where_that_is_configured() {
        assertThat(read(NORMALIZE, "BDAT 4\r\na\nb\rBDAT 2 LAST\r\n\n\nNOOP\r\n"))
                .containsExactly(
                        "BDAT 4", "content a\\r\\nb\\r", "end 5", "BDAT 2 LAST", "content \\n\\r\\n", "end 3", "NOOP");
    }

    @Test
    void a_line_end_may_be_cut_by_the_border_of_two_chunks() {
        assertThat(read(REJECT, "BDAT 2\r\na\rBDAT 0\r\nBDAT 2 LAST\r\n\nb"))
                .containsExactly(
                        "BDAT 2", "content a\\r", "end 2", "BDAT 0", "end 0", "BDAT 2 LAST", "content \\nb", "end 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"BDAT 2 LAST\r\na\r", "BDAT 2\r\na\rBDAT 0 LAST\r\n", "BDAT 2\r\na\rBDAT 1 LAST\r\nb"})
    void a_cr_that_nothing_follows_is_a_fault_at_the_last_chunk(String wire) {
        List<String> heard = read(REJECT, wire);
        assertThat(heard).contains("content fault BARE_CR");
        assertThat(heard.get(heard.size() - 1)).startsWith("end ").endsWith(" BARE_CR");
        assertThat(read(REJECT, wire, everyOctet(wire))).isEqualTo(heard);
    }

    @Test
    void PA38_chunks_of_a_transaction_that_was_given_up_begin_anew() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> {
                if (input instanceof ClientInput.ContentEnd end && end.fault() != null) {
                    server.decoder.contentAbandoned();
                }
            };
            server.send("BDAT 3\r\na\nbBDAT 2\r\nc\rRSET\r\nBDAT 1 LAST\r\nd");
            assertThat(server.heard())
                    .containsExactly(
                            "BDAT 3",
                            "content a",
                            "content fault BARE_LF",
                            "end 3 BARE_LF",
                            "BDAT 2",
                            "content c\\r",
                            "end 2",
                            "RSET",
                            "BDAT 1 LAST",
                            "content fault BARE_CR",
                            "end 1 BARE_CR");
        }
    }

    @Test
    void a_transaction_given_up_within_a_chunk_is_forgotten_at_its_end() {
        try (ServerSide server = new ServerSide()) {
            server.send("BDAT 2\r\na");
            server.decoder.contentAbandoned();
            server.send("\rBDAT 1 LAST\r\nb");
            assertThat(server.heard())
                    .containsExactly("BDAT 2", "content a\\r", "end 2", "BDAT 1 LAST", "content b", "end 1");
        }
    }

    @Test
    void content_that_is_expected_twice_is_a_bug_of_the_session() {
        try (ServerSide server = new ServerSide()) {
            server.send("DATA\r\n");
            assertThatThrownBy(() -> server.decoder.expectContent(REJECT)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> server.decoder.expectChunk(1, SmtpServerDecoder.ChunkPosition.LAST, REJECT))
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
