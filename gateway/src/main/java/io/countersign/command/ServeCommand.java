package io.countersign.command;

import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
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
                "Runs the gateway. SIGHUP reads the configuration again, SIGTERM drains and ends, a second SIGTERM ends at once.",
        footer = {"%nExamples:", "  countersign serve", "  countersign serve -c ./countersign.conf"},
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ended because it was told to",
            "64:wrong command line",
            "69:an address or a file cannot be had",
            "78:wrong configuration"
        })
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
        return serve(config.file(), starter, spec.commandLine().getErr());
    }

    /**
     * The file of a command line that says to serve and nothing beyond it, the way services are started; empty for every other one.
     * Looking through all commands with their options takes half a second on one core, and nobody waits for it here.
     */
    public static Optional<Path> plain(String... args) {
        boolean serve = args.length > 0 && args[0].equals("serve");
        if (serve && args.length == 1) {
            return Optional.of(ConfigFileOption.USUAL);
        }
        boolean named = serve
                && args.length == 3
                && (args[1].equals("-c") || args[1].equals("--config"))
                && !args[2].isEmpty()
                && !args[2].startsWith("-");
        return named ? Optional.of(Path.of(args[2])) : Optional.empty();
    }

    /** Serves until told to stop. @return the exit code */
    public static int serve(Path file, Running.Starter starter, PrintWriter err) throws InterruptedException {
        Loaded loaded = SettingsLoader.load(file);
        if (loaded instanceof Loaded.Invalid invalid) {
            invalid.problems().forEach(err::println);
            return ExitCode.CONFIGURATION;
        }
        Loaded.Ok configuration = (Loaded.Ok) loaded;
        Settings settings = configuration.settings();
        Logging.configure(settings.log());
        try {
            Running gateway = starter.start(configuration);
            gateway.welcome().forEach(err::println);
            return new Serving(file, gateway).untilStopped();
        } catch (IOException e) {
            err.println("countersign: cannot start: " + e.getMessage());
            return ExitCode.UNAVAILABLE;
        }
    }
}
