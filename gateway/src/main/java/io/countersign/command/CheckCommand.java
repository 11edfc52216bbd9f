package io.countersign.command;

import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code countersign check}: all that is wrong goes to standard error, one line each. */
@Command(
        name = "check",
        description = "Reads the configuration and says all that is wrong with it.",
        mixinStandardHelpOptions = true,
        footer = {"%nExamples:", "  countersign check", "  countersign check -c ./countersign.conf"},
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the configuration can be run", "64:wrong command line", "78:wrong configuration"})
public final class CheckCommand implements Callable<Integer> {
    @Mixin
    private final ConfigFileOption config = new ConfigFileOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before it calls
    private CommandSpec spec;

    @Override
    public Integer call() {
        Loaded loaded = SettingsLoader.load(config.file());
        if (loaded instanceof Loaded.Invalid invalid) {
            return fail(invalid, spec.commandLine().getErr());
        }
        PrintWriter out = spec.commandLine().getOut();
        if (loaded instanceof Loaded.Ok ok) {
            ok.warnings().forEach(warning -> out.println("warning: " + warning));
        }
        out.println(config.file() + ": ok");
        out.flush();
        return ExitCode.OK;
    }

    static int fail(Loaded.Invalid invalid, PrintWriter err) {
        invalid.problems().forEach(err::println);
        err.flush();
        return ExitCode.CONFIGURATION;
    }
}
