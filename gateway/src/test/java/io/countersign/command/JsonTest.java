package io.countersign.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void what_a_peer_says_cannot_break_out_of_its_text() {
        assertThat(Json.of("a\"b\\c\r\n\u0000\u007f\u00e9"))
                .isEqualTo("\"a\\\"b\\\\c\\u000d\\u000a\\u0000\\u007f\\u00e9\"");
    }

    @Test
    void objects_lists_numbers_and_null_are_written() {
        assertThat(Json.of(List.of(Map.of("n", 12L), Map.of(), List.of(), true)))
                .isEqualTo("[{\"n\":12},{},[],true]");
        assertThat(Json.of(Collections.singletonMap("x", null))).isEqualTo("{\"x\":null}");
    }

    @Test
    void anything_else_is_a_bug_and_said_so() {
        assertThatThrownBy(() -> Json.of(Instant.EPOCH)).isInstanceOf(IllegalArgumentException.class);
    }
}
