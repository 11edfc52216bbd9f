package io.countersign.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExemptionsTest {
    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path folder;

    private Instant now = NOON;
    private List<String> inForce = List.of();
    private final Exemptions exemptions = new Exemptions(() -> now, senders -> inForce = senders);

    private Path file() {
        return folder.resolve("exemptions");
    }

    @Test
    void an_exemption_is_written_where_people_can_read_it_and_comes_back_after_a_restart() throws IOException {
        exemptions.load(Optional.of(file()));
        exemptions.add("Bücher.example", NOON.plusSeconds(3600), "called us\nat noon");

        assertThat(inForce).containsExactly("xn--bcher-kva.example");
        assertThat(Files.readString(file()))
                .contains("xn--bcher-kva.example until 2026-11-24T13:00:00Z # called us at noon\n");

        Exemptions restarted = new Exemptions(() -> now, senders -> inForce = senders);
        inForce = List.of();
        restarted.load(Optional.of(file()));
        assertThat(inForce).containsExactly("xn--bcher-kva.example");
        assertThat(restarted.all().get(0).note()).isEqualTo("called us at noon");
    }

    @Test
    void it_ends_by_itself() throws IOException {
        exemptions.load(Optional.of(file()));
        exemptions.add("a@b.example", NOON.plusSeconds(60), "");
        now = NOON.plusSeconds(61);
        exemptions.tidy();
        assertThat(inForce).isEmpty();
        assertThat(exemptions.all()).isEmpty();
    }

    @Test
    void a_line_nobody_understands_costs_only_itself() throws IOException {
        Files.writeString(
                file(),
                "# by hand\n\nnonsense\na@b until tomorrow\n*.good.example until 2027-01-01T00:00:00Z\n<evil> until 2027-01-01T00:00:00Z\n");
        exemptions.load(Optional.of(file()));
        assertThat(inForce).containsExactly("*.good.example");
    }

    @Test
    void what_cannot_be_written_changes_nothing() throws IOException {
        exemptions.load(Optional.of(folder.resolve("no/such/folder/exemptions")));
        assertThatThrownBy(() -> exemptions.add("b.example", NOON.plusSeconds(60), ""))
                .isInstanceOf(IOException.class);
        assertThat(inForce).isEmpty();
    }

    @Test
    void a_pattern_that_is_none_is_refused() {
        exemptions.load(Optional.of(file()));
        assertThatThrownBy(() ->
                        exemptions.add("b.example until 2099-01-01T00:00:00Z\nc.example", NOON.plusSeconds(60), ""))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void one_that_is_ended_is_out_of_the_file() throws IOException {
        exemptions.load(Optional.of(file()));
        exemptions.add("b.example", NOON.plusSeconds(60), "");
        assertThat(exemptions.end("B.example")).isTrue();
        assertThat(exemptions.end("b.example")).isFalse();
        assertThat(Files.readString(file())).doesNotContain("b.example");
    }
}
