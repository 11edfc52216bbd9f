package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/log-events.md} has every line that the gateway can log at {@code info} and above, in its very words. */
class LogEventsTest {
    private static final Path SOURCES = Path.of("src/main/java/io/countersign");

    /** Rooms that are for trying it out: their lines are no gateway's. */
    private static final List<Path> TRIALS = List.of(SOURCES.resolve("lab"), SOURCES.resolve("command/demo"));

    private static final String LITERAL = "\"(?:[^\"\\\\]|\\\\.)*\"";
    private static final Pattern CALL = Pattern.compile(
            "\\bLOG\\s*\\.(info|warn|error)\\(\\s*(" + LITERAL + "(?:\\s*\\+\\s*" + LITERAL + ")*)?\\s*([,)+]|\\S)");

    /** Told in chapters of their own, or nothing but what another line announces. */
    private static final Set<String> ELSEWHERE = Set.of("SessionSummary", "LogJournal");

    private static Set<String> logged() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(SOURCES)) {
            files = all.filter(file ->
                            file.toString().endsWith(".java") && TRIALS.stream().noneMatch(file::startsWith))
                    .collect(Collectors.toList());
        }
        Set<String> rows = new TreeSet<>();
        for (Path file : files) {
            String who = file.getFileName().toString().replace(".java", "");
            Matcher call = CALL.matcher(Files.readString(file));
            while (call.find() && !ELSEWHERE.contains(who)) {
                assertThat(call.group(2))
                        .as("%s: a line of the log begins with a text", file)
                        .isNotNull();
                assertThat(call.group(3))
                        .as("%s: a text in pieces cannot be documented", file)
                        .isIn(",", ")");
                String text = call.group(2).replaceAll("\"\\s*\\+\\s*\"", "");
                rows.add("| " + call.group(1) + " | " + who + " | "
                        + text.substring(1, text.length() - 1).replace("\\\"", "\"") + " |");
            }
        }
        return rows;
    }

    @Test
    void every_line_is_documented_and_every_documented_one_can_be_logged() throws IOException {
        List<String> documented = new ArrayList<>(Files.readAllLines(Path.of("../docs/log-events.md")));
        documented.removeIf(line -> !line.matches("\\| (info|warn|error) \\|.*"));
        assertThat(documented).doesNotHaveDuplicates();
        assertThat(new TreeSet<>(documented)).isEqualTo(logged());
    }
}
