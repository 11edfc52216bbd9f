package io.countersign.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.diagnosis.Explanation.Code;
import io.countersign.diagnosis.Explanation.Known;
import io.countersign.smtp.EnhancedStatus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExplanationsTest {
    private static final Explanations BOOK = Explanations.shipped();

    record Sample(String text, String expected) {}

    static List<Sample> corpus() throws IOException {
        try (InputStream in = Objects.requireNonNull(ExplanationsTest.class.getResourceAsStream("explain-corpus.txt"));
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return reader.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> {
                        int at = line.lastIndexOf(" => ");
                        return new Sample(
                                line.substring(0, at), line.substring(at + 4).strip());
                    })
                    .toList();
        }
    }

    private static String answer(String text) {
        Explanation explanation = BOOK.explain(text);
        return explanation.known().map(Known::name).orElse(explanation.codes().isEmpty() ? "nothing" : "codes");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("corpus")
    void a_real_line_is_explained_as_what_it_is(Sample sample) {
        assertThat(answer(sample.text())).as(sample.text()).isEqualTo(sample.expected());
    }

    @Test
    void the_corpus_and_the_book_are_large_enough_to_be_of_use() throws IOException {
        assertThat(corpus()).hasSizeGreaterThanOrEqualTo(100);
        assertThat(BOOK.entries()).hasSizeGreaterThanOrEqualTo(80);
    }

    @Test
    void each_entry_says_what_happened_and_what_to_do_in_whole_sentences_and_has_a_source() {
        assertThat(BOOK.entries()).allSatisfy(entry -> {
            assertThat(entry.happened()).as(entry.name()).endsWith(".");
            assertThat(entry.remedy()).as(entry.name()).endsWith(".");
            assertThat(entry.source()).as(entry.name()).isNotBlank();
        });
    }

    @Test
    void the_registry_of_enhanced_codes_is_whole() {
        int[] details = {1, 11, 5, 7, 8, 7, 11, 31};
        int count = 0;
        for (int subject = 0; subject < details.length; subject++) {
            for (int detail = 0; detail < details[subject]; detail++) {
                assertThat(StatusCodes.meaning(EnhancedStatus.of(5, subject, detail)))
                        .as("x.%d.%d", subject, detail)
                        .doesNotContain("not in the registry");
                count++;
            }
        }
        assertThat(StatusCodes.registered()).isEqualTo(count);
        assertThat(StatusCodes.meaning(EnhancedStatus.of(4, 7, 999)))
                .isEqualTo("not in the registry; class and subject say: security or policy (temporary)");
    }

    @Test
    void unknown_words_are_not_guessed_at_but_the_codes_are_explained() {
        Explanation explanation = BOOK.explain("550 5.2.3 zzyzx");
        assertThat(explanation.known()).isEmpty();
        assertThat(explanation.codes()).extracting(Code::code).containsExactly("550", "5.2.3");
        assertThat(explanation.codes().get(1).meaning())
                .isEqualTo("the message is longer than this mailbox allows (for good)");
    }

    @Test
    void addresses_numbers_and_ports_are_no_codes() {
        assertThat(BOOK.explain("from 5.1.2.3 by host450 port 550, 452 messages, <spam@virus.example>")
                        .codes())
                .isEmpty();
        assertThat(answer("delivered to <spam@virus.example>")).isEqualTo("nothing");
    }

    @Test
    void an_id_of_ours_is_found_and_nothing_else_is_taken_for_one() {
        assertThat(BOOK.explain("550 5.7.1 <a@b>: Relay access denied (id 01HZX3K9QWERT)")
                        .id())
                .contains("01HZX3K9QWERT");
        assertThat(BOOK.explain("550 (id short) and (id 01HZX3K9QWER;) and (id 01HZX3K9QWERU)")
                        .id())
                .isEmpty();
    }

    @Test
    void RE12_a_huge_crafted_text_costs_no_more_than_its_length() {
        String almost = "sender address rejected undeliverable ".repeat(100_000);
        Random random = new Random(7);
        StringBuilder dots = new StringBuilder();
        Stream.generate(() -> random.nextInt(6)).limit(400_000).forEach(i -> dots.append("5.5.4 -".charAt(i)));
        Assertions.assertThat(Duration.ofNanos(time(almost) + time(dots.toString())))
                .isLessThan(Duration.ofSeconds(5));
    }

    private static long time(String text) {
        long start = System.nanoTime();
        assertThat(BOOK.explain(text).codes()).hasSizeLessThanOrEqualTo(8);
        return System.nanoTime() - start;
    }
}
