package io.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.SettingsLoader.Loaded;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every broken configuration in the folder, against the exact text beside it: what an operator reads is part of the product. */
class BrokenConfigurationTest {
    static Stream<Path> broken() throws IOException, URISyntaxException {
        URL folder = Objects.requireNonNull(BrokenConfigurationTest.class.getResource("/config/broken"));
        try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
            return files.filter(f -> f.toString().endsWith(".conf")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("broken")
    void OP05_a_broken_file_is_explained_line_by_line(Path file) throws IOException {
        Loaded loaded = SettingsLoader.load(file, () -> Optional.of("mx1.example.org"));

        assertThat(loaded).isInstanceOf(Loaded.Invalid.class);
        String folder = file.toString().replaceAll("[^/]+$", "");
        List<String> problems = ((Loaded.Invalid) loaded)
                .problems().stream().map(p -> p.replace(folder, "")).toList();
        Path expectation = Path.of(file.toString().replaceAll("\\.conf$", ".expect"));
        assertThat(String.join("\n", problems) + "\n").isEqualTo(Files.readString(expectation));
    }
}
