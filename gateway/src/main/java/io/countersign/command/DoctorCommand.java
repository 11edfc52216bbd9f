package io.countersign.command;

import io.countersign.command.Verifier.Basis;
import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.diagnosis.Doctor;
import io.countersign.diagnosis.Level;
import io.countersign.diagnosis.Line;
import io.countersign.diagnosis.Report;
import io.countersign.smtp.MailDomain;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
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
import reactor.core.publisher.Mono;

/** {@code countersign doctor}: will mail from or to this domain disappear? */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Answers \"will mail from or to this domain disappear?\": asks DNS and the domain's exchangers as other mail servers do,"
                    + " and looks at our own name and addresses; with a configuration also at the MTA behind us.",
            "Each line is OK, WARN or FAIL; what is wrong comes with its remedy. No message is ever sent."
        },
        footer = {
            "%nExamples:",
            "  countersign doctor example.com",
            "  countersign doctor -c ./countersign.conf example.com example.net",
            "  countersign doctor --json example.com"
        },
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeListHeading = "%nExit codes (of several domains the worst counts: 1, then 75, then 0):%n",
        exitCodeList = {
            "0:nothing worse than WARN",
            "1:at least one FAIL",
            "64:wrong command line, or no domain",
            "69:cannot ask, or the running gateway gives no answer",
            "75:no FAIL, but something could not be found out",
            "78:wrong configuration"
        })
public final class DoctorCommand implements Callable<Integer> {
    private static final int FAILED = 1;

    @Parameters(arity = "1..*", paramLabel = "DOMAIN", description = "Domains, as they stand after the @.")
    private List<String> domains = List.of();

    @Option(names = "--json", description = "Print one JSON array of reports instead.")
    private boolean json;

    @Mixin
    private ConfigFileOption config = new ConfigFileOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final Surgery.Starter starter;

    public DoctorCommand(Surgery.Starter starter) {
        this.starter = starter;
    }

    @Override
    public Integer call() throws InterruptedException {
        List<MailDomain> asked = domains.stream().map(this::parse).toList();
        Optional<Path> file = config.ifAny();
        Loaded loaded = file.map(SettingsLoader::load).orElseGet(Unconfigured::load);
        if (loaded instanceof Loaded.Invalid invalid) {
            return CheckCommand.fail(invalid, spec.commandLine().getErr());
        }
        Settings settings = ((Loaded.Ok) loaded).settings();
        Basis basis = file.isPresent() ? Basis.CONFIGURATION : Basis.DEFAULTS;
        try (Surgery surgery = surgery(settings, basis)) {
            return examine(surgery.doctor(), asked);
        } catch (IOException e) {
            spec.commandLine().getErr().println("countersign: cannot ask: " + e.getMessage());
            return ExitCode.UNAVAILABLE;
        }
    }

    /** The gateway that runs by this configuration, which has limits to keep; where there is none, one of our own. */
    private Surgery surgery(Settings settings, Basis basis) throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        if (basis == Basis.DEFAULTS) {
            Unconfigured.sayWhoAsks(settings, err);
            return starter.start(settings, basis);
        }
        Optional<AdminClient> running = AdminClient.running(settings);
        err.println(
                running.isPresent()
                        ? "Asking the running gateway at " + running.get() + "."
                        : "No running gateway can be asked: examining from this process.");
        err.flush();
        return running.isPresent() ? new RunningSurgery(running.get()) : starter.start(settings, basis);
    }

    private MailDomain parse(String text) {
        return MailDomain.parse(text)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "not a domain: " + text.replaceAll("\\p{Cntrl}", "?")));
    }

    private int examine(Doctor doctor, List<MailDomain> asked) throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        List<Report> reports = new ArrayList<>();
        for (MailDomain domain : asked) {
            add(reports, doctor.examine(domain), out);
        }
        add(reports, doctor.examineOurselves(), out);
        if (json) {
            out.println(Json.of(reports.stream().map(Report::view).toList()));
            out.flush();
        }
        return exitCode(reports);
    }

    /** Each report is printed as soon as it is there: an examination may take a minute. */
    private void add(List<Report> reports, Mono<Report> examination, PrintWriter out)
            throws IOException, InterruptedException {
        try {
            Report report = examination.toFuture().get();
            reports.add(report);
            if (!json) {
                print(out, report);
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AdminProblem problem) {
                throw problem;
            }
            throw new IllegalStateException("a bug of ours while examining", e.getCause());
        }
    }

    static int exitCode(List<Report> reports) {
        if (reports.stream().anyMatch(report -> report.level() == Level.FAIL)) {
            return FAILED;
        }
        return reports.stream().allMatch(Report::isComplete) ? ExitCode.OK : ExitCode.TEMPORARY;
    }

    private static void print(PrintWriter out, Report report) {
        out.println(report.subject());
        for (Line line : report.lines()) {
            String about = line.about().isEmpty() ? "" : line.about() + ": ";
            out.printf("  %-4s  %s: %s%s%n", line.level(), line.check().word(), about, line.seen());
            if (!line.remedy().isEmpty()) {
                for (String part : wrapped(line.remedy())) {
                    out.println("        " + part);
                }
            }
        }
        out.flush();
    }

    /** Remedies are ours, and fit a terminal of 80 columns. */
    private static List<String> wrapped(String text) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (line.length() + word.length() >= 72) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
