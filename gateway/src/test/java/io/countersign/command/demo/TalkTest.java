package io.countersign.command.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.command.demo.Talk.Exchange;
import java.util.List;
import org.junit.jupiter.api.Test;

class TalkTest {
    @Test
    void each_command_stands_with_the_reply_to_it_and_routine_is_left_out() {
        List<Exchange> talk = Talk.of(List.of(
                "S: 220 mx ESMTP",
                "C: EHLO a.test\\r\\n",
                "S: 250-mx",
                "S: 250 SIZE",
                "C: MAIL FROM:<a@a.test>\\r\\n",
                "S: 250 2.1.0 Ok",
                "C: DATA\\r\\n",
                "S: 354 go on",
                "C: (content, 7 characters)",
                "S: 451 4.4.2 result unknown (id ABC)",
                "C: QUIT\\r\\n"));

        assertThat(talk).hasSize(6);
        assertThat(Talk.essence(talk))
                .containsExactly(
                        new Exchange("MAIL FROM:<a@a.test>", List.of("250 2.1.0 Ok")),
                        new Exchange("DATA (content, 7 characters)", List.of("451 4.4.2 result unknown (id ABC)")));
    }

    @Test
    void a_question_without_an_answer_is_shown_as_such() {
        List<Exchange> talk = Talk.of(List.of("S: 220 mx", "C: MAIL FROM:<>", "S: 250 Ok", "C: RCPT TO:<b@b.test>"));
        Exchange last = talk.get(talk.size() - 1);
        assertThat(last.heard()).isEmpty();
        assertThat(last.reply()).isEmpty();
    }

    @Test
    void where_nothing_but_a_greeting_was_said_the_greeting_is_shown() {
        assertThat(Talk.essence(Talk.of(List.of("S: 554 5.7.1 go away", "C: QUIT"))))
                .containsExactly(new Exchange("", List.of("554 5.7.1 go away")));
    }

    @Test
    void the_codes_of_a_reply_are_the_basic_and_the_enhanced_one() {
        assertThat(new Exchange("RCPT", List.of("550 5.7.27 no")).codes()).isEqualTo("550 5.7.27");
        assertThat(new Exchange("RCPT", List.of("550 no such user")).codes()).isEqualTo("550");
        assertThat(new Exchange("RCPT", List.of("250")).codes()).isEqualTo("250");
    }
}
