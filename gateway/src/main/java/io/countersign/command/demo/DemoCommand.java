package io.countersign.command.demo;

import io.countersign.command.ExitCode;
import io.countersign.command.Logging;
import io.countersign.command.Running;
import io.countersign.command.demo.Storyteller.Told;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sun.misc.Signal;

/** {@code countersign demo}: tells, with a small Internet of its own, what becomes of mail here and elsewhere. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description =
                "Needs nothing: starts a small Internet on loopback and the gateway in front of an MTA, sends telling messages"
                        + " through, shows what became of each, and stays up until Ctrl-C.",
        footer = {"%nExamples:", "  countersign demo", "  countersign demo --exit --plain"},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every scene came out as it should",
            "1:a scene did not",
            "64:wrong command line",
            "69:it could not be started"
        })
public final class DemoCommand implements Callable<Integer> {
    private static final int FAILED = 1;

    @Option(names = "--exit", description = "End after the story instead of staying up.")
    private boolean exit;

    @Option(names = "--plain", description = "No colours and no drawn lines, also on a terminal.")
    private boolean plain;

    @Option(names = "--verbose", description = "Show the gateway's log between the lines, on standard error.")
    private boolean verbose;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final Running.Starter starter;

    public DemoCommand(Running.Starter starter) {
        this.starter = starter;
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        Storyteller storyteller = new Storyteller(out, ink());
        try (Logging.Volume quiet = verbose ? Logging.at("info") : Logging.at("off");
                Stage stage = Stage.open(starter)) {
            List<Told> told = tellAll(storyteller, stage);
            if (!exit) {
                storyteller.epilogue(stage);
                quiet.change("info");
                untilInterrupted();
            }
            return told.stream().allMatch(Told::asExpected) ? ExitCode.OK : FAILED;
        } catch (IOException e) {
            spec.commandLine().getErr().println("countersign: the demo cannot start: " + e.getMessage());
            return ExitCode.UNAVAILABLE;
        }
    }

    private static List<Told> tellAll(Storyteller storyteller, Stage stage) {
        storyteller.prologue();
        List<Told> told = new ArrayList<>();
        for (Scene scene : Scenes.all()) {
            Happened happened = stage.play(scene);
            told.add(new Told(scene, happened, scene.broken(happened)));
            storyteller.tell(told.size(), told.get(told.size() - 1));
        }
        storyteller.summary(told);
        return told;
    }

    private Ink ink() {
        boolean terminal = !plain && spec.commandLine().getColorScheme().ansi().enabled();
        return Ink.of(terminal, stdoutCharset());
    }

    /** That of standard output where this JVM names it (from 19 on, and unofficially before). */
    private static Charset stdoutCharset() {
        String name = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding", ""));
        return name.isEmpty() ? Charset.defaultCharset() : Charset.forName(name);
    }

    private static void untilInterrupted() throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        Signal.handle(new Signal("INT"), signal -> stop.countDown());
        Signal.handle(new Signal("TERM"), signal -> stop.countDown());
        stop.await();
    }
}
