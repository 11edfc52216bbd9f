package io.countersign.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code -c FILE}, the same in every command that reads the configuration. For picocli's {@code @Mixin}. */
public final class ConfigFileOption {
    static final Path USUAL = Path.of("/etc/countersign/countersign.conf");

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "The configuration file (default: /etc/countersign/countersign.conf).")
    private @Nullable Path file;

    /** The file that was named, or the usual one. */
    public Path file() {
        return file != null ? file : USUAL;
    }

    /** For commands that work without a configuration: the file that was named (there or not), or the usual one if it is there. */
    public Optional<Path> ifAny() {
        return file != null || Files.exists(USUAL) ? Optional.of(file()) : Optional.empty();
    }
}
