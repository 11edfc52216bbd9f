package io.countersign.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.countersign.config.SettingsLoader.Loaded;
import java.util.Optional;

/** Fuzz target: a configuration is settings, or at least one problem in words; nothing else happens. */
public final class ConfigurationFuzz {
    private ConfigurationFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        String text = new String(data, UTF_8);
        if (text.contains("include")) {
            return; // would read this machine's files
        }
        Loaded loaded = SettingsLoader.parse(text, "fuzz.conf", Optional::empty);
        if (loaded instanceof Loaded.Invalid invalid) {
            if (invalid.problems().isEmpty()) {
                throw new AssertionError("refused without a word");
            }
            invalid.problems().forEach(problem -> {
                if (problem.toString().indexOf('\0') >= 0) {
                    throw new AssertionError("a NUL in: " + problem);
                }
            });
        } else if (loaded instanceof Loaded.Ok ok && ok.settings().hostname().isEmpty()) {
            throw new AssertionError("no name");
        }
    }
}
