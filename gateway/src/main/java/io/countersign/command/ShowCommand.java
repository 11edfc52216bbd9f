package io.countersign.command;

import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.config.Shown;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign show}: what it prints is itself a configuration but for secrets, with the origins as comments. */
@Command(
        name = "show",
        description = "Prints the configuration in effect, with the origin of each value.",
        mixinStandardHelpOptions = true,
        footer = {"%nExamples:", "  countersign show --non-default", "  countersign show -c ./countersign.conf"},
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:printed", "64:wrong command line", "78:wrong configuration"})
public final class ShowCommand implements Callable<Integer> {
    @Mixin
    private final ConfigFileOption config = new ConfigFileOption();

    @Option(names = "--non-default", description = "Only what somebody wrote.")
    private boolean nonDefault;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before it calls
    private CommandSpec spec;

    @Override
    public Integer call() {
        Loaded loaded = SettingsLoader.load(config.file());
        if (loaded instanceof Loaded.Invalid invalid) {
            return CheckCommand.fail(invalid, spec.commandLine().getErr());
        }
        PrintWriter out = spec.commandLine().getOut();
        if (loaded instanceof Loaded.Ok ok) {
            for (Shown shown : ok.effective()) {
                if (!nonDefault || !shown.isDefault()) {
                    out.println(shown.key() + " = " + shown.value() + "  # " + shown.origin());
                }
            }
        }
        out.flush();
        return ExitCode.OK;
    }
}
