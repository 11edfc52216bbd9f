package io.countersign.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.countersign.config.JournalSettings;
import io.countersign.journal.JournalReader.Query;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to a journal in processes of their own: killed in mid-write, on a disk that fills up. */
class JournalDisasterTest {
    @TempDir
    private Path dir;

    private static List<String> java(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                JournalChild.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    @Test
    void a_gateway_killed_in_mid_write_leaves_a_journal_that_has_all_that_was_written_and_goes_on()
            throws IOException, InterruptedException {
        Process child = new ProcessBuilder(java("endless", dir.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int written = 0;
        try (BufferedReader said = child.inputReader(StandardCharsets.US_ASCII)) {
            while (written < 5000) {
                written = Integer.parseInt(said.readLine());
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
        try (JournalReader reader = new SqliteReader(dir)) {
            assertThat(reader.extent().join().records())
                    .as("read before anybody mended it")
                    .isGreaterThanOrEqualTo(written);
        }
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (SqliteJournal journal = SqliteJournal.start(
                dir, new JournalSettings(Optional.of(dir), Duration.ofDays(30), 5L << 30), meters)) {
            journal.record(Records.accepted(99_999_999));
        }
        assertThat(new Folder(dir).files()).as("nothing had to be put aside").hasSize(1);
        try (JournalReader reader = new SqliteReader(dir)) {
            for (String id : List.of(Records.id(1), Records.id(written), Records.id(99_999_999))) {
                assertThat(reader.find(new Query(Wanted.parse(id).orElseThrow(), Instant.EPOCH, 0, 10))
                                .join()
                                .stories())
                        .as(id)
                        .hasSize(1);
            }
        }
    }

    @Test
    void OP08_a_full_disk_holds_no_mail_up_and_the_journal_goes_on_when_there_is_room()
            throws IOException, InterruptedException {
        // A file system of its own, in a mount namespace of its own: only root may make them.
        String script = "mount -t tmpfs -o size=96m tmpfs '" + dir + "' && exec \"$@\"";
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", script, "sh"));
        assumeTrue(canUnshare(), "no right to make a mount namespace");
        command.addAll(java("full", dir.toString()));
        Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).as(said).isZero();
        assertThat(said).contains("full after");
    }

    private static boolean canUnshare() throws InterruptedException {
        try {
            return new ProcessBuilder("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }
}
