package io.countersign.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The load generator with its sinks, and a gateway as a process between them, for a moment each. */
class LoadRunTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private List<LoadRun.Result> run(String... words) throws Exception {
        LoadPlan plan = LoadPlan.parse(List.of(words));
        return new LoadRun(plan, folder, new PrintStream(printed, true, StandardCharsets.UTF_8)).run();
    }

    @Test
    void messages_arrive_by_the_clock_and_every_one_of_them_is_in_the_sink() throws Exception {
        List<LoadRun.Result> results = run(
                "--servers",
                "direct,countersign",
                "--rate",
                "100",
                "--per-connection",
                "1",
                "--seconds",
                "2",
                "--warm-up",
                "1",
                "--idle",
                "5");
        assertThat(results).extracting(LoadRun.Result::server).containsExactly("direct", "countersign");
        for (LoadRun.Result result : results) {
            Tally tally = result.tally();
            assertThat(tally.accepted)
                    .as(printed.toString(StandardCharsets.UTF_8))
                    .isEqualTo(200);
            assertThat(tally.finished()).isEqualTo(200);
            assertThat(tally.micros.getTotalCount()).isEqualTo(200);
        }
        assertThat(results.get(1).memoryKib()).isPositive();
    }

    @Test
    void new_senders_are_asked_about_and_accepted() throws Exception {
        List<LoadRun.Result> results = run(
                "--servers",
                "countersign",
                "--senders",
                "new",
                "--wire",
                "pipelined",
                "--connections",
                "5",
                "--seconds",
                "1",
                "--warm-up",
                "0");
        Tally tally = results.get(0).tally();
        assertThat(tally.accepted).as(printed.toString(StandardCharsets.UTF_8)).isPositive();
        assertThat(tally.finished()).isEqualTo(tally.accepted);
    }

    @Test
    void a_plan_that_cannot_be_meant_is_refused_with_words() {
        assertThatThrownBy(() -> LoadPlan.parse(List.of("--rate"))).hasMessageContaining("a value is missing");
        assertThatThrownBy(() -> LoadPlan.parse(List.of("--rate", "many"))).hasMessageContaining("no number");
        assertThatThrownBy(() -> LoadPlan.parse(List.of("--senders", "old"))).hasMessageContaining("KNOWN");
        assertThatThrownBy(() -> LoadPlan.parse(List.of("--speed", "1"))).hasMessageContaining("unknown option");
    }
}
