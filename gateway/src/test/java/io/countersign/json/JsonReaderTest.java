package io.countersign.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
    @Test
    void what_is_written_is_read_back() {
        Map<String, Object> value = Map.of(
                "text", "a\"\\\r\n\u0000é\u2028<>", "list", List.of(1L, -2.5, true, List.of()), "in", Map.of("x", "y"));
        assertThat(Json.read(Json.of(value))).isEqualTo(value);
    }

    @Test
    void escapes_and_space_are_read() {
        assertThat(Json.read(" [ \"\\u00e9\\n\\/\" , null , 1e2 ] \n")).isEqualTo(Arrays.asList("é\n/", null, 100.0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[1,]",
                "{\"a\":1,}",
                "{\"a\":1,\"a\":2}",
                "{a:1}",
                "'a'",
                "01",
                "1.",
                "+1",
                "1e",
                "NaN",
                "tru",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"a",
                "\"\n\"",
                "[1] 2",
                "99999999999999999999",
                "1e999",
                "\u00a01",
                "// x\n1"
            })
    void what_is_no_JSON_is_refused_in_words(String text) {
        assertThatThrownBy(() -> Json.read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no JSON: ");
    }

    @Test
    void depth_is_bounded() {
        assertThatThrownBy(() -> Json.read("[".repeat(100_000))).isInstanceOf(IllegalArgumentException.class);
    }
}
