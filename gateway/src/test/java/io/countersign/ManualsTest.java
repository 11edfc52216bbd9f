package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.AutoComplete;
import picocli.CommandLine;

/**
 * Manual pages and shell completion say what the commands say about themselves. With {@code -Dpapers.write=true} they are written
 * anew.
 */
class ManualsTest {
    private static final Path DEPLOY = Path.of("../deploy");

    private static Map<Path, String> made() {
        CommandLine countersign = Countersign.commandLine();
        Map<Path, String> files = new TreeMap<>();
        countersign
                .getSubcommands()
                .forEach((name, command) ->
                        files.put(DEPLOY.resolve("man/countersign-" + name + ".8"), ManualPage.of(command)));
        files.put(
                DEPLOY.resolve("completion/countersign.bash"),
                AutoComplete.bash("countersign", countersign).lines().collect(Collectors.joining("\n", "", "\n")));
        return files;
    }

    @Test
    void manual_pages_and_completion_are_those_of_the_commands() throws IOException {
        for (Map.Entry<Path, String> file : made().entrySet()) {
            if (Boolean.getBoolean("papers.write")) {
                Files.createDirectories(file.getKey().getParent());
                Files.writeString(file.getKey(), file.getValue());
            }
            assertThat(file.getKey())
                    .as("written anew with -Dpapers.write=true")
                    .exists()
                    .content()
                    .isEqualTo(file.getValue());
        }
    }

    @Test
    void no_page_is_left_of_a_command_that_is_gone_and_the_first_page_names_all() throws IOException {
        TreeSet<Path> pages = new TreeSet<>();
        try (Stream<Path> there = Files.list(DEPLOY.resolve("man"))) {
            there.filter(page -> page.getFileName().toString().startsWith("countersign-"))
                    .forEach(pages::add);
        }
        TreeSet<Path> made = new TreeSet<>(made().keySet());
        made.removeIf(file -> !file.toString().endsWith(".8"));
        assertThat(pages).isEqualTo(made);
        String first = Files.readString(DEPLOY.resolve("man/countersign.8"));
        Countersign.commandLine()
                .getSubcommands()
                .keySet()
                .forEach(name -> assertThat(first).contains(".BR countersign\\-" + name + " (8)"));
    }

    @Test
    void every_command_that_can_fail_says_with_which_code() {
        Countersign.commandLine()
                .getSubcommands()
                .forEach((name, command) ->
                        assertThat(ManualPage.of(command)).as(name).contains(".SH EXIT STATUS", ".SH OPTIONS"));
    }

    @Test
    void mandoc_finds_no_error_in_the_pages() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mandoc")), "mandoc is not installed");
        for (Path page : made().keySet()) {
            if (page.toString().endsWith(".8")) {
                quiet("mandoc", "-T", "lint", "-W", "error", page.toString());
            }
        }
        quiet(
                "mandoc",
                "-T",
                "lint",
                "-W",
                "error",
                DEPLOY.resolve("man/countersign.8").toString());
    }

    @Test
    void bash_completes_commands_and_options() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "bash is not installed");
        String script = DEPLOY.resolve("completion/countersign.bash").toString();
        assertThat(completed(script, "countersign tr", 1)).containsExactly("trace");
        assertThat(completed(script, "countersign verify --d", 2)).containsExactly("--dialogue");
    }

    /** As bash would call it; {@code compopt}, which only works inside of bash's own call, complains to nobody. */
    private static String[] completed(String script, String line, int word) throws IOException, InterruptedException {
        String says = run(
                "bash",
                "-c",
                ". \"$1\"; COMP_LINE=\"$2\" COMP_POINT=${#2} COMP_CWORD=$3; read -ra COMP_WORDS <<<\"$2\";"
                        + " $(complete -p countersign | sed 's/.*-F \\([^ ]*\\).*/\\1/') 2>/dev/null; echo \"${COMPREPLY[@]}\"",
                "bash",
                script,
                line,
                Integer.toString(word));
        return says.strip().split("\\s+");
    }

    private static void quiet(String... command) throws IOException, InterruptedException {
        assertThat(run(command)).isEmpty();
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String says = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(says).isZero();
        return says;
    }
}
