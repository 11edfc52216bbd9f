package io.countersign.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ConfigurationCommandsTest {
    private static final String GOOD = """
            hostname = "mx1.example.org"
            domains = [ "example.org" ]
            drain = 5s
            """;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Object command, String... arguments) {
        return new CommandLine(command)
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("countersign.conf"), text);
    }

    @Test
    void check_says_ok_and_warns_of_what_will_be_lost() throws IOException {
        Path file = file(GOOD);
        assertThat(run(new CheckCommand(), "-c", file.toString())).isZero();
        assertThat(out.toString().lines())
                .containsExactly(
                        "warning: " + file
                                + ":1: cache.file: empty: what was learnt is lost at each restart, and asked again",
                        "warning: " + file
                                + ":1: journal.dir: empty: no journal is kept, and trace has nothing to look into",
                        file + ": ok");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void check_lists_every_problem_on_standard_error_and_ends_with_78() throws IOException {
        Path file = file(GOOD + "drian = 3s\nlog.level = loud\n");
        assertThat(run(new CheckCommand(), "--config", file.toString())).isEqualTo(78);
        assertThat(err.toString().lines())
                .containsExactly(
                        file + ":4: drian: unknown key (did you mean drain?)",
                        file + ":5: log.level: \"loud\" is not one of error, warn, info, debug, trace");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void a_file_that_is_not_there_ends_with_78() {
        Path missing = folder.resolve("none.conf");
        assertThat(run(new CheckCommand(), "-c", missing.toString())).isEqualTo(78);
        assertThat(run(new ShowCommand(), "-c", missing.toString())).isEqualTo(78);
        assertThat(err.toString().lines()).hasSize(2).allMatch(line -> line.equals(missing + ": does not exist"));
    }

    @Test
    void show_prints_only_what_somebody_wrote_when_asked_to() throws IOException {
        Path file = file(GOOD);
        assertThat(run(new ShowCommand(), "--non-default", "-c", file.toString()))
                .isZero();
        assertThat(out.toString().lines())
                .containsExactly(
                        "hostname = \"mx1.example.org\"  # " + file + ":1",
                        "domains = [\"example.org\"]  # " + file + ":2",
                        "drain = 5s  # " + file + ":3");
    }

    @Test
    void show_prints_everything_with_its_origin_and_check_accepts_it() throws IOException {
        assertThat(run(new ShowCommand(), "-c", file(GOOD).toString())).isZero();
        String shown = out.toString();
        assertThat(shown.lines()).hasSizeGreaterThan(100).contains("listen.limits.errors = 20  # default");
        assertThat(run(new CheckCommand(), "-c", file(shown).toString()))
                .as(err.toString())
                .isZero();
    }

    @Test
    void a_wrong_command_line_ends_with_64() {
        assertThat(run(new CheckCommand(), "--nonsense")).isEqualTo(64);
        assertThat(run(new ShowCommand(), "file.conf")).isEqualTo(64);
    }
}
