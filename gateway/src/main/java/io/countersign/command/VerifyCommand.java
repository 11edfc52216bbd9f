package io.countersign.command;

import io.countersign.command.Verifier.Basis;
import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Kind;
import io.countersign.verdict.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign verify}: does the address exist, as far as one can know? */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description =
                "Asks about addresses as the gateway would, and prints the verdicts. Addresses in our own domains are asked of"
                        + " the MTA. Works without a configuration too.",
        exitCodeOnInvalidInput = ExitCode.USAGE,
        footer = {
            "%nExamples:",
            "  countersign verify alice@example.com",
            "  countersign verify --dialogue bob@example.net",
            "  countersign verify --json alice@example.com bob@example.net"
        },
        exitCodeListHeading = "%nExit codes (of several addresses the worst counts: 1, then 75, then 0):%n",
        exitCodeList = {
            "0:deliverable",
            "1:undeliverable, on proof",
            "64:wrong command line, or no mail address",
            "69:cannot ask",
            "75:undetermined: nobody could tell",
            "78:wrong configuration"
        })
public final class VerifyCommand implements Callable<Integer> {
    private static final int UNDELIVERABLE = 1;

    /** What an answer of the running gateway may take beyond its own time limit. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    @Parameters(arity = "1..*", paramLabel = "ADDRESS", description = "Mail addresses, without angle brackets.")
    private List<String> addresses = List.of();

    @Option(names = "--json", description = "Print one JSON array instead.")
    private boolean json;

    @Option(names = "--dialogue", description = "Print the whole conversation too (in JSON it is always there).")
    private boolean dialogue;

    @Mixin
    private ConfigFileOption config = new ConfigFileOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final Verifier.Starter starter;

    public VerifyCommand(Verifier.Starter starter) {
        this.starter = starter;
    }

    @Override
    public Integer call() throws InterruptedException {
        List<MailAddress> asked = addresses.stream().map(this::parse).toList();
        Optional<Path> file = config.ifAny();
        Loaded loaded = file.map(SettingsLoader::load).orElseGet(Unconfigured::load);
        if (loaded instanceof Loaded.Invalid invalid) {
            return CheckCommand.fail(invalid, spec.commandLine().getErr());
        }
        Settings settings = ((Loaded.Ok) loaded).settings();
        Basis basis = file.isPresent() ? Basis.CONFIGURATION : Basis.DEFAULTS;
        try (Verifier verifier = verifier(settings, basis)) {
            return ask(verifier, asked);
        } catch (IOException e) {
            spec.commandLine().getErr().println("countersign: cannot ask: " + e.getMessage());
            return ExitCode.UNAVAILABLE;
        }
    }

    /** The gateway that runs by this configuration, which has limits to keep; where there is none, one of our own. */
    private Verifier verifier(Settings settings, Basis basis) throws IOException, InterruptedException {
        Optional<AdminClient> running = basis == Basis.CONFIGURATION ? AdminClient.running(settings) : Optional.empty();
        if (running.isEmpty()) {
            if (basis == Basis.DEFAULTS) {
                Unconfigured.sayWhoAsks(settings, spec.commandLine().getErr());
            }
            return starter.start(settings, basis);
        }
        spec.commandLine().getErr().println("Asking the running gateway at " + running.get() + ".");
        spec.commandLine().getErr().flush();
        return new RunningVerifier(
                running.get(), settings.callout().timeouts().total().plus(MARGIN));
    }

    private MailAddress parse(String text) {
        return MailAddress.parse(text)
                .orElseThrow(
                        () -> new ParameterException(spec.commandLine(), "not a mail address: " + printable(text)));
    }

    private int ask(Verifier verifier, List<MailAddress> asked) throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        List<Verified> all = new ArrayList<>();
        for (MailAddress address : asked) {
            Verified verified = ask(verifier, address);
            all.add(verified);
            if (!json) {
                print(out, verified);
            }
        }
        if (json) {
            out.println(Json.of(all.stream().map(Verified::json).toList()));
        }
        out.flush();
        return exitCode(all.stream().map(v -> v.verdict().kind()).toList());
    }

    private static Verified ask(Verifier verifier, MailAddress address) throws IOException, InterruptedException {
        long start = System.nanoTime();
        try {
            Verdict verdict = verifier.verify(address).get();
            return new Verified(address, verdict, Duration.ofNanos(System.nanoTime() - start));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AdminProblem problem) {
                throw problem;
            }
            throw new IllegalStateException("a bug of ours while asking about an address", e.getCause());
        }
    }

    private void print(PrintWriter out, Verified verified) {
        verified.lines().forEach(out::println);
        if (dialogue) {
            verified.verdict().evidence().dialogue().forEach(line -> out.println("    " + line));
        }
        out.flush();
    }

    static int exitCode(List<Kind> kinds) {
        if (kinds.contains(Kind.UNDELIVERABLE)) {
            return UNDELIVERABLE;
        }
        return kinds.contains(Kind.UNDETERMINED) ? ExitCode.TEMPORARY : ExitCode.OK;
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
