package io.countersign.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/doctor.md} says what the code does. */
class DoctorPageTest {
    private static List<String> page() throws IOException {
        return Files.readAllLines(Path.of("../docs/doctor.md"));
    }

    @Test
    void each_check_has_a_chapter_and_no_chapter_has_none() throws IOException {
        assertThat(page().stream().filter(line -> line.startsWith("## ")).map(line -> line.substring(3)))
                .containsExactlyElementsOf(
                        Stream.of(Check.values()).map(Check::word).toList());
    }

    @Test
    void each_fault_stands_there_with_its_level_and_the_very_remedy_that_is_printed() throws IOException {
        List<String> rows =
                page().stream().filter(line -> line.startsWith("| `")).toList();
        assertThat(rows)
                .containsExactlyInAnyOrderElementsOf(Stream.of(Fault.values())
                        .map(fault -> "| `" + fault.word() + "` | " + fault.level() + (fault.isOpen() ? ", open" : "")
                                + " | " + fault.remedy() + " |")
                        .toList());
    }

    @Test
    void each_remedy_is_one_sentence() {
        assertThat(Fault.values()).allSatisfy(fault -> {
            assertThat(fault.remedy()).as(fault.word()).endsWith(".").hasSizeLessThanOrEqualTo(160);
            assertThat(fault.remedy()).as(fault.word()).doesNotContain(". ");
        });
    }
}
