package io.countersign.command;

import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.journal.JournalException;
import io.countersign.journal.JournalReader;
import io.countersign.journal.JournalReader.CalloutStory;
import io.countersign.journal.JournalReader.Extent;
import io.countersign.journal.JournalReader.Found;
import io.countersign.journal.JournalReader.Query;
import io.countersign.journal.SqliteReader;
import io.countersign.journal.Story;
import io.countersign.journal.StoryJson;
import io.countersign.journal.Wanted;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign trace}: what became of my mail? */
@Command(
        name = "trace",
        mixinStandardHelpOptions = true,
        description = {
            "Says what became of mail: what was decided and why, whose fault it is, and what to do. Reads the journal (journal.dir)"
                    + " while the gateway runs or not.",
            "Without an argument: the latest mail."
        },
        footer = {
            "%nExamples:",
            "  countersign trace alice@example.com --since 2d",
            "  countersign trace 01HZX3K9QWERT --dialogue",
            "  countersign trace --would-have-refused --since 7d"
        },
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:found",
            "1:nothing found",
            "64:wrong command line",
            "69:the journal cannot be read",
            "78:wrong configuration, or it keeps no journal"
        })
public final class TraceCommand implements Callable<Integer> {
    private static final int NOTHING = 1;
    private static final long LOOK_EVERY_MILLIS = 300;
    private static final Duration WEEK = Duration.ofDays(7);

    @Parameters(
            arity = "0..*",
            paramLabel = "WHAT",
            description =
                    "The id at the end of a bounce, as in (id ABC...) or by itself; a mail address (sender or recipient); a"
                            + " domain or host name; an IP address; a Message-ID; or the MTA's queue id.")
    private List<String> what = List.of();

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description =
                    "Only what is newer: 30m, 12h, 2d, or a date as 2026-03-01. Default: as far back as the journal goes.")
    private @Nullable String since;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "At most so many, newest first (default: 10; most: 1000).")
    private int limit = 10;

    @Option(names = "--json", description = "Print one JSON object a line instead.")
    private boolean json;

    @Option(names = "--dialogue", description = "Print the conversations with other servers too.")
    private boolean dialogue;

    @Option(names = "--follow", description = "Go on printing what comes, until Ctrl-C.")
    private boolean follow;

    @Option(
            names = "--would-have-refused",
            description =
                    "What enforcing would have refused, by domain and rule, with how many of the senders proved good"
                            + " later (monitor mode). Without --since: of the last week.")
    private boolean wouldHaveRefused;

    @Mixin
    private ConfigFileOption config = new ConfigFileOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (limit < 1 || limit > JournalReader.MOST) {
            throw new ParameterException(spec.commandLine(), "--limit is 1 to " + JournalReader.MOST);
        }
        if (wouldHaveRefused && (follow || dialogue || !what.isEmpty())) {
            throw new ParameterException(
                    spec.commandLine(), "--would-have-refused goes with --since, --limit and --json only");
        }
        Instant from = from();
        Wanted wanted = wanted();
        PrintWriter err = spec.commandLine().getErr();
        Loaded loaded = SettingsLoader.load(config.file());
        if (loaded instanceof Loaded.Invalid invalid) {
            return CheckCommand.fail(invalid, err);
        }
        Settings settings = ((Loaded.Ok) loaded).settings();
        Path dir = settings.journal().dir().orElse(null);
        if (dir == null) {
            err.println("countersign: journal.dir is empty in " + config.file()
                    + ": this gateway keeps no journal. Its log has one line a session.");
            return ExitCode.CONFIGURATION;
        }
        if (!Files.isDirectory(dir) || !Files.isReadable(dir)) {
            err.println("countersign: the journal's folder " + dir
                    + (Files.isDirectory(dir) ? " may not be read by this user" : " does not exist (yet)"));
            return ExitCode.UNAVAILABLE;
        }
        try (JournalReader journal = new SqliteReader(dir)) {
            return wouldHaveRefused ? wouldHaveRefused(journal, from) : trace(journal, wanted, from);
        } catch (JournalException e) {
            err.println("countersign: " + e.getMessage());
            return ExitCode.UNAVAILABLE;
        }
    }

    private Instant from() {
        if (since != null) {
            return Ages.since(since, Instant.now(), spec.commandLine());
        }
        return wouldHaveRefused ? Instant.now().minus(WEEK) : Instant.EPOCH;
    }

    private int wouldHaveRefused(JournalReader journal, Instant from) throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        List<JournalReader.WouldHave> groups = await(journal.wouldHaveRefused(from));
        if (groups.isEmpty()) {
            spec.commandLine()
                    .getErr()
                    .println("Nothing since " + TracedStory.time(from)
                            + " would have been refused by a check that only watches.");
            return NOTHING;
        }
        List<JournalReader.WouldHave> first = groups.stream().limit(limit).toList();
        if (json) {
            first.forEach(group -> out.println(WouldHaveRefused.json(group)));
        } else {
            WouldHaveRefused.lines(groups, from).stream()
                    .limit(WouldHaveRefused.HEAD + (long) limit)
                    .forEach(out::println);
            if (first.size() < groups.size()) {
                out.println("There are more: --limit shows more than " + limit + ".");
            }
        }
        out.flush();
        return ExitCode.OK;
    }

    /** Null for the latest mail. Words that a shell took apart, as those of {@code (id ABC)}, are put together again. */
    private @Nullable Wanted wanted() {
        if (what.isEmpty()) {
            return null;
        }
        String text = String.join(" ", what);
        return Wanted.parse(text)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "this can be no id, address, domain, IP address, Message-ID or queue id: "
                                + text.replaceAll("\\p{Cntrl}", "?")));
    }

    private int trace(JournalReader journal, @Nullable Wanted wanted, Instant from) throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        Found found = await(journal.find(new Query(wanted, from, 0, limit)));
        List<Story> stories = new ArrayList<>(found.stories());
        if (follow) {
            java.util.Collections.reverse(stories); // the newest at the bottom, where more comes
        }
        print(out, journal, stories);
        if (stories.isEmpty() && !follow) {
            sayThatNothingWasFound(await(journal.extent()), wanted, from);
            return NOTHING;
        }
        if (found.more() && !follow && !json) {
            out.println("There are older ones: --limit shows more than " + limit + ".");
            out.flush();
        }
        if (follow) {
            follow(out, journal, wanted, found);
        }
        return ExitCode.OK;
    }

    /** Until the process is interrupted. */
    private void follow(PrintWriter out, JournalReader journal, @Nullable Wanted wanted, Found found)
            throws InterruptedException {
        Instant begun = Instant.now();
        long last = found.stories().isEmpty() ? 0 : found.stories().get(0).position();
        while (!Thread.currentThread().isInterrupted()) {
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
            Instant from = last == 0 ? begun : Instant.EPOCH;
            Found fresh = await(journal.find(new Query(wanted, from, last, JournalReader.MOST)));
            List<Story> stories = new ArrayList<>(fresh.stories());
            java.util.Collections.reverse(stories);
            print(out, journal, stories);
            if (!stories.isEmpty()) {
                last = stories.get(stories.size() - 1).position();
            }
        }
    }

    private void print(PrintWriter out, JournalReader journal, List<Story> stories) throws InterruptedException {
        for (Story story : stories) {
            List<CalloutStory> callouts = dialogue ? await(journal.callouts(story)) : List.of();
            if (json) {
                Map<String, @Nullable Object> object = new LinkedHashMap<>(StoryJson.of(story));
                if (dialogue) {
                    object.put(
                            "callouts",
                            callouts.stream().map(StoryJson::callout).toList());
                }
                out.println(Json.of(object));
            } else {
                TracedStory.lines(story, dialogue ? callouts : null).forEach(out::println);
                out.println();
            }
        }
        out.flush();
    }

    private void sayThatNothingWasFound(Extent extent, @Nullable Wanted wanted, Instant from) {
        PrintWriter err = spec.commandLine().getErr();
        if (extent.from() == null) {
            err.println("Nothing found: the journal is empty.");
        } else {
            String searched = wanted == null
                    ? "anything"
                    : wanted.text() + " as "
                            + wanted.terms().stream().map(t -> t.what().words()).collect(Collectors.joining(", "));
            err.println("Nothing found. Searched for " + searched
                    + (from.equals(Instant.EPOCH) ? "" : ", since " + TracedStory.time(from)) + ".");
            err.println("The journal goes back to " + TracedStory.time(extent.from()) + " and has " + extent.records()
                    + " record(s).");
            err.println(
                    "Mail that never reached this gateway is not in it; mail of an hour when the disk was full may not be.");
        }
        err.flush();
    }

    private static <T> T await(CompletableFuture<T> answer) throws InterruptedException {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof JournalException known) {
                throw known;
            }
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new JournalException("the journal cannot be read: " + cause, cause);
        }
    }
}
