package io.countersign;

import io.countersign.admin.Metrics;
import io.countersign.command.CacheCommand;
import io.countersign.command.CheckCommand;
import io.countersign.command.DoctorCommand;
import io.countersign.command.ExplainCommand;
import io.countersign.command.Running;
import io.countersign.command.ServeCommand;
import io.countersign.command.ShowCommand;
import io.countersign.command.TraceCommand;
import io.countersign.command.VerifyCommand;
import io.countersign.command.Version;
import io.countersign.command.demo.DemoCommand;
import io.countersign.config.SettingsLoader.Loaded;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;

/** The command {@code countersign}. */
@Command(
        name = "countersign",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "A verification gateway for mail: stands in front of an MTA and verifies senders, recipients and clients without ever losing a message.",
        subcommands = {
            ServeCommand.class,
            CheckCommand.class,
            ShowCommand.class,
            VerifyCommand.class,
            TraceCommand.class,
            CacheCommand.class,
            DoctorCommand.class,
            ExplainCommand.class,
            DemoCommand.class
        })
public final class Countersign {
    /** Usage errors, as in sysexits. */
    private static final int EX_USAGE = 64;

    private Countersign() {}

    public static void main(String[] args) throws InterruptedException {
        Optional<Path> serve = ServeCommand.plain(args);
        System.exit(
                serve.isPresent()
                        ? ServeCommand.serve(serve.get(), Countersign::gateway, new PrintWriter(System.err, true))
                        : commandLine().execute(args));
    }

    private static Running gateway(Loaded.Ok configuration) throws IOException {
        return Gateway.start(configuration, Metrics.registry());
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Countersign(), new Commands());
        line.getCommandSpec().exitCodeOnInvalidInput(EX_USAGE);
        line.getSubcommands().values().forEach(sub -> sub.getCommandSpec().exitCodeOnInvalidInput(EX_USAGE));
        return line;
    }

    /** Gives commands what they cannot make themselves. */
    private static final class Commands implements IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            if (type == ServeCommand.class) {
                return type.cast(new ServeCommand(Countersign::gateway));
            }
            if (type == VerifyCommand.class) {
                return type.cast(new VerifyCommand(
                        (settings, basis) -> Verification.start(settings, basis, new SimpleMeterRegistry())));
            }
            if (type == DoctorCommand.class) {
                return type.cast(new DoctorCommand(
                        (settings, basis) -> Verification.start(settings, basis, new SimpleMeterRegistry())));
            }
            if (type == ExplainCommand.class) {
                return type.cast(new ExplainCommand(System.in));
            }
            if (type == DemoCommand.class) {
                return type.cast(new DemoCommand(Countersign::gateway));
            }
            return CommandLine.defaultFactory().create(type);
        }
    }
}
