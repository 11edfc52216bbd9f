package io.countersign.smtp.syntax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.ReplyParser.State;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyParserTest {
    private final ReplyParser parser = new ReplyParser(SmtpLimits.DEFAULT);

    private State feed(String line) {
        return feed(parser, line.getBytes(StandardCharsets.UTF_8));
    }

    private static State feed(ReplyParser parser, byte[] octets) {
        byte[] buffer = new byte[octets.length + 4];
        java.util.Arrays.fill(buffer, (byte) '-');
        System.arraycopy(octets, 0, buffer, 2, octets.length);
        return parser.line(buffer, 2, octets.length);
    }

    private SmtpReply read(String... lines) {
        for (int i = 0; i < lines.length - 1; i++) {
            assertThat(feed(lines[i])).as(lines[i]).isEqualTo(State.INCOMPLETE);
        }
        assertThat(feed(lines[lines.length - 1])).isEqualTo(State.COMPLETE);
        return parser.reply();
    }

    @Test
    void a_reply_of_one_line_is_read() {
        assertThat(read("250 2.1.5 Ok")).isEqualTo(SmtpReply.of(250, EnhancedStatus.of(2, 1, 5), "Ok"));
    }

    @Test
    void bare_codes_are_legal() {
        assertThat(read("250")).isEqualTo(SmtpReply.of(250, ""));
        assertThat(read("250-", "250")).isEqualTo(new SmtpReply(250, null, List.of("", "")));
        assertThat(read("250 ")).isEqualTo(SmtpReply.of(250, ""));
    }

    @Test
    void the_enhanced_code_is_taken_off_every_line_that_repeats_it() {
        assertThat(read("550-5.1.1 one", "550-two", "550-5.1.1", "550 5.2.1 three"))
                .isEqualTo(new SmtpReply(550, EnhancedStatus.of(5, 1, 1), List.of("one", "two", "", "5.2.1 three")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "2", "25", "25 OK", "2500 OK", "2500", "abc", " 250", "250OK", "250_", "250\tOK", "000 x", "100 x",
                "199", "600 x", "999 x", "-50 x", "２５０ OK", "+25 x", "2.0 x"
            })
    void RP02_RP10_what_is_no_reply_breaks_the_connection_for_good(String line) {
        assertThat(feed(line)).isEqualTo(State.BROKEN);
        assertThat(parser.fault()).isNotBlank();
        if (!line.isBlank()) {
            assertThat(parser.fault()).doesNotContain(line);
        }
        assertThat(feed("250 Ok")).isEqualTo(State.BROKEN);
        assertThatThrownBy(parser::reply).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void RP03_codes_that_differ_within_a_reply_are_never_chosen_from() {
        assertThat(feed("250-a")).isEqualTo(State.INCOMPLETE);
        assertThat(feed("550 b")).isEqualTo(State.BROKEN);
    }

    @Test
    void RP04_a_reply_without_end_is_cut_off_by_lines() {
        for (int i = 0; i < SmtpLimits.DEFAULT.replyLines(); i++) {
            assertThat(feed("250-x")).isEqualTo(State.INCOMPLETE);
        }
        assertThat(feed("250 x")).isEqualTo(State.BROKEN);
    }

    @Test
    void RP04_a_reply_without_end_is_cut_off_by_octets() {
        String line = "250-" + "x".repeat(2000);
        int lines = 0;
        while (feed(line) == State.INCOMPLETE) {
            lines++;
        }
        assertThat(lines).isEqualTo(SmtpLimits.DEFAULT.replyOctets() / 2006);
    }

    @Test
    void RP05_of_a_line_too_long_the_beginning_counts() {
        SmtpReply reply = read("550 5.1.1 " + "x".repeat(100_000));
        assertThat(reply.enhanced()).isEqualTo(EnhancedStatus.of(5, 1, 1));
        assertThat(reply.text()).hasSize(SmtpLimits.DEFAULT.replyLine() - 10);
        assertThat(read("250 " + "ü".repeat(5000)).text()).matches("ü+");
        assertThat(read("250 x" + "ü".repeat(5000)).text()).matches("xü+");
        assertThat(read("250 next")).isEqualTo(SmtpReply.of(250, "next"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "250 5.1.1 x|5.1.1 x",
                "550 2.0.0 x|2.0.0 x",
                "354 2.0.0 x|2.0.0 x",
                "550 5.1.1.1 x|5.1.1.1 x",
                "550 5.1000.1 x|5.1000.1 x",
                "550 5.01.1 x|5.01.1 x",
                "550 5.1 x|5.1 x",
                "550 5.1.1: x|5.1.1: x",
                "550 3.1.1 x|3.1.1 x",
                "550 #5.1.1 x|#5.1.1 x"
            })
    void RP11_an_enhanced_code_that_is_none_or_contradicts_stays_text(String line, String text) {
        assertThat(read(line).enhanced()).isNull();
        assertThat(parser.reply().text()).isEqualTo(text);
    }

    @Test
    void RP11_the_enhanced_code_of_one_reply_is_not_the_next_one_s() {
        assertThat(read("550 5.999.999 x").enhanced()).isEqualTo(EnhancedStatus.of(5, 999, 999));
        assertThat(read("550 5.1.1").text()).isEmpty();
        assertThat(read("550 x").enhanced()).isNull();
    }

    @Test
    void RP12_RP13_text_is_data_in_whatever_charset() {
        assertThat(read("550 100%").text()).isEqualTo("100%");
        assertThat(read("550 jürgen").text()).isEqualTo("jürgen");
        assertThat(feed(parser, "550 jürgen\u001b".getBytes(StandardCharsets.ISO_8859_1)))
                .isEqualTo(State.COMPLETE);
        assertThat(parser.reply().text()).isEqualTo("jürgen?");
    }

    @Test
    void a_reply_is_there_only_while_it_is_complete() {
        assertThatThrownBy(parser::reply).isInstanceOf(IllegalStateException.class);
        read("250 a");
        assertThat(feed("250-b")).isEqualTo(State.INCOMPLETE);
        assertThatThrownBy(parser::reply).isInstanceOf(IllegalStateException.class);
        assertThat(parser.fault()).isNull();
    }
}
