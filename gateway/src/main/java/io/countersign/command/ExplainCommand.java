package io.countersign.command;

import io.countersign.diagnosis.Explanation;
import io.countersign.diagnosis.Explanations;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign explain}: what does this bounce, or this line of a log, mean? */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description =
                "Takes a bounce or a line of any mail server's log and says what happened, on whose side, and what to do."
                        + " Asks nobody; what it does not know it says, with what the codes in it mean.",
        footer = {
            "%nExamples:",
            "  countersign explain '451 Could not complete sender verify callout'",
            "  countersign explain 550 5.7.1 Relay access denied",
            "  countersign explain - < bounce.txt"
        },
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:explained",
            "1:neither the words nor a code in it are known",
            "64:wrong command line, or nothing to explain",
            "69:standard input could not be read"
        })
public final class ExplainCommand implements Callable<Integer> {
    private static final int UNKNOWN = 1;
    private static final int WIDTH = 78;
    private static final int INDENT = 16;
    private static final String STDIN = "-";

    @Parameters(arity = "1..*", paramLabel = "TEXT", description = "The text; - reads it from standard input.")
    private List<String> text = List.of();

    @Option(names = "--json", description = "Print one JSON object instead.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final InputStream in;

    /** @param in what {@code -} stands for; stays the caller's */
    public ExplainCommand(InputStream in) {
        this.in = in;
    }

    @Override
    public Integer call() {
        String given;
        try {
            given = text.equals(List.of(STDIN)) ? read() : String.join(" ", text);
        } catch (IOException e) {
            spec.commandLine().getErr().println("countersign: cannot read standard input: " + e.getMessage());
            return ExitCode.UNAVAILABLE;
        }
        if (given.isBlank()) {
            spec.commandLine().getErr().println("countersign: nothing to explain");
            return ExitCode.USAGE;
        }
        Explanation explanation = Explanations.shipped().explain(given);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.of(object(explanation)));
        } else {
            lines(explanation).forEach(out::println);
        }
        out.flush();
        return explanation.saysSomething() ? ExitCode.OK : UNKNOWN;
    }

    /** As much as is looked at. */
    private String read() throws IOException {
        return new String(in.readNBytes(Explanations.MOST), StandardCharsets.UTF_8);
    }

    static List<String> lines(Explanation explanation) {
        List<String> lines = new ArrayList<>();
        explanation
                .known()
                .ifPresentOrElse(
                        known -> {
                            field(lines, "What happened", known.happened());
                            field(lines, "On whose side", known.side().words());
                            field(lines, "What to do", known.remedy());
                        },
                        () -> field(
                                lines,
                                "What happened",
                                explanation.codes().isEmpty()
                                        ? "Not known: this version has no entry for these words, and there is no reply code in them."
                                        : "Not known: this version has no entry for these words. The codes say:"));
        for (Explanation.Code code : explanation.codes()) {
            field(lines, code.code(), code.meaning());
        }
        explanation.known().ifPresent(known -> field(lines, "Known from", known.source()));
        explanation
                .id()
                .ifPresent(id -> field(lines, "More", "countersign trace " + id + " shows the whole transaction"));
        return lines;
    }

    private static void field(List<String> lines, String name, String value) {
        StringBuilder line = new StringBuilder(name).append(" ".repeat(Math.max(1, INDENT - name.length())));
        boolean first = true;
        for (String word : value.split(" ", -1)) {
            if (!first && line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(" ".repeat(INDENT));
                first = true;
            }
            line.append(first ? "" : " ").append(word);
            first = false;
        }
        lines.add(line.toString());
    }

    private static Map<String, @Nullable Object> object(Explanation explanation) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        Explanation.Known known = explanation.known().orElse(null);
        object.put("name", known == null ? null : known.name());
        object.put("side", known == null ? null : known.side().name().toLowerCase(Locale.ROOT));
        object.put("happened", known == null ? null : known.happened());
        object.put("remedy", known == null ? null : known.remedy());
        object.put("source", known == null ? null : known.source());
        Map<String, @Nullable Object> codes = new LinkedHashMap<>();
        explanation.codes().forEach(code -> codes.put(code.code(), code.meaning()));
        object.put("codes", codes);
        object.put("id", explanation.id().orElse(null));
        return object;
    }
}
