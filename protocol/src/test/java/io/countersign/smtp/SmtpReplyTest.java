package io.countersign.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SmtpReplyTest {
    @Test
    void RP12_nothing_a_peer_writes_reaches_a_log_as_control() {
        SmtpReply reply = SmtpReply.of(550, "a\r\nb\u0000c\u001b[31md\u007fe\u0085f\u202eg\ud800h");
        assertThat(reply.text()).isEqualTo("a??b?c?[31md?e?f?g?h");
    }

    @Test
    void a_tab_reads_as_a_blank_and_letters_outside_ASCII_stay() {
        assertThat(SmtpReply.of(550, "no\tsuch user: jürgen@例え \uD83D\uDCE7").text())
                .isEqualTo("no such user: jürgen@例え \uD83D\uDCE7");
    }

    @Test
    void clean_lines_are_not_copied() {
        List<String> lines = List.of("one", "two ü");
        assertThat(new SmtpReply(250, null, lines).lines()).isSameAs(lines);
    }

    @Test
    void a_reply_cannot_be_changed_through_the_list_it_was_made_from() {
        List<String> lines = new ArrayList<>(List.of("one"));
        SmtpReply reply = new SmtpReply(250, null, lines);
        lines.set(0, "a\r\nb");
        assertThat(reply.lines()).containsExactly("one");
    }

    @Test
    void RP11_a_reply_whose_two_codes_contradict_cannot_be_made() {
        assertThatThrownBy(() -> SmtpReply.of("550 2.0.0 ok")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SmtpReply.of(354, EnhancedStatus.of(2, 0, 0), "go"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void constants_are_read_from_one_line() {
        assertThat(SmtpReply.of("550 5.1.1 <a@b>: unknown"))
                .isEqualTo(SmtpReply.of(550, EnhancedStatus.of(5, 1, 1), "<a@b>: unknown"));
        assertThat(SmtpReply.of("354 End data with <CR><LF>.<CR><LF>").enhanced())
                .isNull();
        assertThat(SmtpReply.of("250")).isEqualTo(SmtpReply.of(250, ""));
        assertThat(SmtpReply.of("250 2.0.0")).isEqualTo(SmtpReply.of(250, EnhancedStatus.of(2, 0, 0), ""));
        assertThat(SmtpReply.of("220 5.1.1.1 is no code").text()).isEqualTo("5.1.1.1 is no code");
        assertThat(SmtpReply.of("550 5.7.1 ü").text()).isEqualTo("ü");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "25", "25x no", "250-no", "100 no", "600 no", "2500"})
    void a_malformed_constant_is_a_bug(String line) {
        assertThatThrownBy(() -> SmtpReply.of(line)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_client_without_SMTPUTF8_gets_ASCII() {
        SmtpReply reply = new SmtpReply(550, null, List.of("plain", "jürgen \uD83D\uDCE7"));
        assertThat(reply.inAscii().lines()).containsExactly("plain", "j?rgen ?");
        SmtpReply plain = SmtpReply.of(250, "plain");
        assertThat(plain.inAscii()).isSameAs(plain);
    }
}
