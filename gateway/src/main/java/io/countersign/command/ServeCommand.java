package io.countersign.command;

import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code countersign serve}: runs the gateway until it is told to stop. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description =
                "Runs the gateway. SIGHUP reads the configuration again, SIGTERM drains and ends, a second SIGTERM ends at once.")
public final class ServeCommand implements Callable<Integer> {
    @Mixin
    private ConfigFileOption config = new ConfigFileOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final Running.Starter starter;

    public ServeCommand(Running.Starter starter) {
        this.starter = starter;
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        Path file = config.file();
        Loaded loaded = SettingsLoader.load(file);
        if (loaded instanceof Loaded.Invalid invalid) {
            invalid.problems().forEach(err::println);
            return ExitCode.CONFIGURATION;
        }
        Settings settings = ((Loaded.Ok) loaded).settings();
        Logging.configure(settings.log());
        try {
            return new Serving(file, starter.start(settings)).untilStopped();
        } catch (IOException e) {
            err.println("countersign: cannot start: " + e.getMessage());
            return ExitCode.UNAVAILABLE;
        }
    }
}
