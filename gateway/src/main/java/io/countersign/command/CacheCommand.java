package io.countersign.command;

import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign cache}: what the running gateway remembers. */
@Command(
        name = "cache",
        mixinStandardHelpOptions = true,
        description = "Shows and forgets what the running gateway remembers, over its admin interface.",
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "64:wrong command line, or neither address nor domain",
            "69:no gateway is running, or it cannot be asked",
            "78:wrong configuration"
        })
public final class CacheCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /** What asks, and prints. */
    private interface Work {
        void with(AdminClient client, PrintWriter out) throws AdminProblem, InterruptedException;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCode.USAGE;
    }

    @Command(
            name = "get",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = ExitCode.USAGE,
            description =
                    "What is remembered of an address, as sender and as recipient; of a domain, its facts and limits.")
    int get(
            @Parameters(paramLabel = "ADDRESS|DOMAIN") String what,
            @Option(names = "--json", description = "Print a JSON object instead.") boolean json,
            @Mixin ConfigFileOption config)
            throws InterruptedException {
        return run(config, (client, out) -> {
            boolean address = what.indexOf('@') >= 0;
            Map<String, @Nullable Object> found = address
                    ? client.get("/api/v1/verdict", Map.of("address", what))
                    : client.get("/api/v1/domain/known", Map.of("name", what));
            if (json) {
                out.println(Json.of(found));
            } else {
                print(out, "", found);
            }
        });
    }

    @Command(
            name = "forget",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = ExitCode.USAGE,
            description = "Forgets an address, or all addresses and facts of a domain: they are asked about again.")
    int forget(@Parameters(paramLabel = "ADDRESS|DOMAIN") String what, @Mixin ConfigFileOption config)
            throws InterruptedException {
        return run(config, (client, out) -> {
            String key = what.indexOf('@') >= 0 ? "address" : "domain";
            Map<String, @Nullable Object> gone = client.post("/api/v1/verdict/forget", Map.of(key, what));
            boolean nothing = Stream.of("forgotten", "facts")
                    .allMatch(each -> Long.valueOf(0).equals(gone.get(each)));
            out.println(
                    nothing
                            ? "Nothing was remembered."
                            : "Forgotten: " + gone.get("forgotten") + " verdicts, " + gone.get("facts") + " facts");
        });
    }

    @Command(
            name = "stats",
            mixinStandardHelpOptions = true,
            exitCodeOnInvalidInput = ExitCode.USAGE,
            description = "How full the memory is, and how often it answers.")
    int stats(
            @Option(names = "--json", description = "Print a JSON object instead.") boolean json,
            @Mixin ConfigFileOption config)
            throws InterruptedException {
        return run(config, (client, out) -> {
            Map<String, @Nullable Object> stats = client.get("/api/v1/cache", Map.of());
            if (json) {
                out.println(Json.of(stats));
            } else {
                print(out, "", stats);
            }
        });
    }

    private int run(ConfigFileOption config, Work work) throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        Loaded loaded = SettingsLoader.load(config.file());
        if (loaded instanceof Loaded.Invalid invalid) {
            return CheckCommand.fail(invalid, err);
        }
        try {
            PrintWriter out = spec.commandLine().getOut();
            work.with(AdminClient.of(((Loaded.Ok) loaded).settings()), out);
            out.flush();
            return ExitCode.OK;
        } catch (AdminProblem problem) {
            err.println("countersign: " + problem.getMessage());
            err.flush();
            return ExitCode.UNAVAILABLE;
        }
    }

    /** One fact a line; what is within something is indented. The texts are ASCII without control characters where they come from. */
    private static void print(PrintWriter out, String indent, Map<?, ?> facts) {
        Map<String, Object> known = new LinkedHashMap<>();
        facts.forEach((key, value) -> known.put(String.valueOf(key).replace('_', ' '), value == null ? "-" : value));
        known.forEach((key, value) -> {
            if (value instanceof Map<?, ?> inner) {
                out.println(indent + key);
                print(out, indent + "  ", inner);
            } else if (value instanceof List<?> list) {
                out.println(indent + key + (list.isEmpty() ? " -" : ""));
                list.forEach(element -> {
                    if (element instanceof Map<?, ?> inner) {
                        print(out, indent + "  ", inner);
                    } else {
                        out.println(indent + "  " + printable(element));
                    }
                });
            } else {
                out.println(indent + key + ": " + printable(value));
            }
        });
    }

    private static String printable(@Nullable Object value) {
        return String.valueOf(value).replaceAll("\\p{Cntrl}", "?");
    }
}
