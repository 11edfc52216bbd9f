package io.countersign.command.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class InkTest {
    @Test
    void colours_and_drawn_lines_are_for_terminals_that_can_show_them() {
        assertThat(Ink.of(true, StandardCharsets.UTF_8)).isEqualTo(Ink.COLOURED);
        assertThat(Ink.of(false, StandardCharsets.UTF_8)).isEqualTo(Ink.PLAIN);
        assertThat(Ink.of(true, StandardCharsets.US_ASCII)).isEqualTo(Ink.PLAIN);
    }

    @Test
    void plain_ink_leaves_no_escape_sequences() {
        assertThat(Ink.PLAIN.in(Ink.Tone.BAD, "FAIL")).isEqualTo("FAIL");
        assertThat(Ink.COLOURED.in(Ink.Tone.BAD, "FAIL")).isEqualTo("\u001b[1;31mFAIL\u001b[0m");
        assertThat(Ink.PLAIN.rule(2, 3)).isEqualTo("---+----");
    }

    @Test
    void text_is_broken_at_spaces_and_a_long_word_stands_alone() {
        assertThat(Ink.wrap("one two three", 7)).containsExactly("one two", "three");
        assertThat(Ink.wrap("a veryveryverylongword b", 5)).containsExactly("a", "veryveryverylongword", "b");
    }
}
