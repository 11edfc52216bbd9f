package io.countersign.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CapabilitiesTest {
    private static Capabilities read(String... lines) {
        return Capabilities.fromReply(new SmtpReply(250, null, List.of(lines)));
    }

    @Test
    void an_EHLO_reply_is_read_in_its_order_and_whatever_the_case() {
        Capabilities offer =
                read("mx.example.org greets you", "pipelining", "SIZE 1000", "Auth  PLAIN   LOGIN ", "8BITMIME");
        assertThat(offer.greetingName()).isEqualTo("mx.example.org");
        assertThat(offer.keywords().keySet()).containsExactly("PIPELINING", "SIZE", "AUTH", "8BITMIME");
        assertThat(offer.parameters("AUTH")).containsExactly("PLAIN", "LOGIN");
        assertThat(offer.parameters("8BITMIME")).isEmpty();
        assertThat(offer.parameters("DSN")).isEmpty();
    }

    @Test
    void lines_that_do_not_fit_the_grammar_are_skipped_and_the_first_of_two_counts() {
        Capabilities offer =
                read("mx", "AUTH=LOGIN", "", " SIZE 1", "-X", "SIZE 5", "SIZE 6", "Ü", "DSN \u00fc", "X-A");
        assertThat(offer.keywords()).containsOnly(Map.entry("SIZE", "5"), Map.entry("X-A", ""));
    }

    @ParameterizedTest
    @CsvSource({"1000,1000", "0,", "99999999999999999999,", "x,", "9223372036854775807,9223372036854775807", "-1,"})
    void SIZE_counts_only_as_a_number_above_zero(String word, Long octets) {
        assertThat(read("mx", "SIZE " + word).size().orElse(null)).isEqualTo(octets);
        assertThat(read("mx", "SIZE").size()).isEmpty();
        assertThat(Capabilities.NONE.size()).isEmpty();
    }

    @Test
    void what_is_printed_is_read_back() {
        Capabilities offer = read("mx.example.org", "PIPELINING", "SIZE 1000", "STARTTLS");
        assertThat(offer.lines()).containsExactly("mx.example.org", "PIPELINING", "SIZE 1000", "STARTTLS");
        assertThat(Capabilities.fromReply(new SmtpReply(250, null, offer.lines())))
                .isEqualTo(offer);
    }

    @Test
    void a_keyword_that_could_break_the_line_cannot_be_offered() {
        assertThatThrownBy(() -> new Capabilities("mx", Map.of("A\r\nB", "")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Capabilities("mx", Map.of("SIZE", "1\r\n250 X")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
