package io.countersign.command.demo;

import io.countersign.command.demo.Happened.Witness;
import io.countersign.command.demo.Ink.Tone;
import io.countersign.command.demo.Talk.Exchange;
import io.countersign.lab.MtaMessage;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints the story: what a scene is about, what was said, what came of it. Everything quoted was really said. */
final class Storyteller {
    /** How one scene came out. */
    record Told(Scene scene, Happened happened, List<String> broken) {
        boolean asExpected() {
            return broken.isEmpty();
        }
    }

    private static final int WIDTH = 100;
    private static final int COMMAND = 44;
    private static final int[] COLUMNS = {2, 34, 22, 33};

    private final PrintWriter out;
    private final Ink ink;

    Storyteller(PrintWriter out, Ink ink) {
        this.out = out;
        this.ink = ink;
    }

    void prologue() {
        line("");
        line(ink.in(Tone.TITLE, "Countersign: mail that would have disappeared"));
        wrapped(
                "",
                "On this machine there is now a small Internet: name servers, mail servers that behave well and badly, an"
                        + " MTA for " + Town.OURS
                        + ", and Countersign in front of it. Every line below was really said.");
        out.flush();
    }

    void tell(int number, Told told) {
        Scene scene = told.scene();
        Happened happened = told.happened();
        List<String> broken = told.broken();
        line("");
        line(ink.in(Tone.TITLE, "%2d. %s".formatted(number, scene.title())));
        line(ink.in(Tone.QUIET, ink.rule(WIDTH)));
        wrapped("    ", scene.story());
        wrapped("    ", "Elsewhere: " + scene.elsewhere());
        happened.notes().forEach(note -> line("    " + ink.in(Tone.WARNING, note)));
        for (Witness client : happened.clients()) {
            talk(client.name() + " [" + client.address() + "] says to us", client.talk());
        }
        for (Witness exchanger : happened.asked()) {
            talk("meanwhile we ask " + exchanger.name() + " [" + exchanger.address() + "]", exchanger.talk());
        }
        happened.arrived().forEach(this::arrived);
        broken.forEach(what -> line("    " + ink.in(Tone.BAD, "FAIL") + " expected that " + what));
        line("    %s %s  %s"
                .formatted(
                        ink.arrow(),
                        ink.in(broken.isEmpty() ? Tone.GOOD : Tone.BAD, "Here: " + happened.inShort()),
                        ink.in(Tone.QUIET, "(slowest answer " + inWords(happened) + ")")));
        out.flush();
    }

    private void talk(String who, List<Exchange> talk) {
        line("    " + ink.in(Tone.NAME, who));
        for (Exchange exchange : Talk.essence(talk)) {
            String said = exchange.said().isEmpty() ? "(connects)" : exchange.said();
            List<String> heard = exchange.heard().isEmpty() ? List.of("(no answer)") : exchange.heard();
            if (said.length() > COMMAND) {
                Ink.wrap(said, WIDTH - 6).forEach(l -> line("      " + l));
                said = "";
            }
            for (String reply : heard) {
                for (String part : Ink.wrap(reply, WIDTH - COMMAND - 8)) {
                    line("      " + pad(said, COMMAND) + "  " + ink.in(tone(reply), part));
                    said = "";
                }
            }
        }
    }

    private void arrived(MtaMessage message) {
        line("    "
                + ink.in(
                        Tone.NAME,
                        "our MTA takes " + message.queueId() + " for "
                                + String.join(", ", message.envelope().to()) + ", with this in front"));
        String results = Happened.results(message).orElse("(no Authentication-Results field)");
        results.lines().forEach(l -> line("      " + l.replace("\t", "    ")));
    }

    void summary(List<Told> told) {
        line("");
        line(ink.in(Tone.TITLE, "What became of it"));
        row(Tone.TITLE, "", "scene", "elsewhere", "here");
        line(ink.in(Tone.QUIET, ink.rule(COLUMNS)));
        for (int i = 0; i < told.size(); i++) {
            Told one = told.get(i);
            row(
                    one.asExpected() ? Tone.GOOD : Tone.BAD,
                    Integer.toString(i + 1),
                    one.scene().title(),
                    one.scene().elsewhereInShort(),
                    (one.asExpected() ? "" : "FAIL: ") + one.happened().inShort());
        }
        line("");
        long failed = told.stream().filter(t -> !t.asExpected()).count();
        long unproven =
                told.stream().filter(t -> unprovenButDelivered(t.happened())).count();
        line("%d scenes, %s. %d letters arrived although nobody could vouch for their senders."
                .formatted(
                        told.size(),
                        failed == 0 ? ink.in(Tone.GOOD, "all as they should be") : ink.in(Tone.BAD, failed + " FAILED"),
                        unproven));
        out.flush();
    }

    private static boolean unprovenButDelivered(Happened happened) {
        return happened.tag().filter(t -> !t.result().equals("pass")).isPresent();
    }

    void epilogue(Stage stage) {
        String gateway = stage.address().getAddress().getHostAddress() + ":"
                + stage.address().getPort();
        line("");
        line("It stays up until Ctrl-C. Try it:");
        line("");
        tryOut(gateway, Town.FRIENDLY.address("alice"), "her server knows her");
        tryOut(gateway, Town.FRIENDLY.address("anybody"), "refused: her server does not");
        tryOut(gateway, Town.SILENT.address("ben"), "waits a little, then goes through");
        line("  nc -C " + gateway.replace(':', ' '));
        stage.welcome().forEach(page -> line("  " + page));
        line("");
        line("  the MTA behind it " + stage.mta().backend() + ", the name server "
                + stage.lab().dns().server() + ", the exchangers at port "
                + stage.lab().calloutPort());
        line("  dig @127.0.0.1 -p " + stage.lab().dns().address().getPort() + " mx " + Town.SILENT.domain());
        out.flush();
    }

    private void tryOut(String gateway, String from, String what) {
        line("  swaks --server " + gateway + " --from " + from + " --to " + Town.RITA + "   # " + what);
    }

    private void row(Tone lastTone, String... cells) {
        List<List<String>> wrapped = new ArrayList<>();
        int height = 0;
        for (int i = 0; i < cells.length; i++) {
            wrapped.add(Ink.wrap(cells[i], COLUMNS[i]));
            height = Math.max(height, wrapped.get(i).size());
        }
        for (int y = 0; y < height; y++) {
            List<String> parts = new ArrayList<>();
            for (int x = 0; x < cells.length; x++) {
                String text = y < wrapped.get(x).size() ? wrapped.get(x).get(y) : "";
                parts.add(x == cells.length - 1 ? ink.in(lastTone, text) : pad(text, COLUMNS[x]));
            }
            line(String.join(ink.in(Tone.QUIET, ink.bar()), parts).stripTrailing());
        }
    }

    private static Tone tone(String reply) {
        return switch (reply.isEmpty() ? ' ' : reply.charAt(0)) {
            case '2', '3' -> Tone.GOOD;
            case '5' -> Tone.BAD;
            default -> Tone.WARNING;
        };
    }

    private static String inWords(Happened happened) {
        long millis = happened.slowest().toMillis();
        return millis < 1000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private void wrapped(String indent, String text) {
        Ink.wrap(text, WIDTH - indent.length()).forEach(l -> line(indent + l));
    }

    private void line(String text) {
        out.println(text);
    }
}
