package io.countersign.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.GatewayStage;
import io.countersign.catalogue.Dialogue.Step;
import io.countersign.lab.Content.Recording;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import io.countersign.lab.LineRule;
import io.countersign.lab.MtaBehaviour;
import io.countersign.lab.MtaMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A gateway between a lab's clients and its MTA, in which dialogues are played whole, octet by octet and at random cuts, and in
 * which the catalogue's global oracles are asserted after each ({@link Oracles}). The names {@code example.org} and {@code
 * lenient.example} are ours, {@code client.test} is the client.
 */
public final class World implements AutoCloseable {
    /** Nothing but the MTA is asked. */
    public static final String CHECKS_OFF = """
            checks { sender.mode = off, reverse-dns.mode = off, recipient.mode = off }
            listen.limits { transactions = 1000000, connections-per-client = 10000 }
            """;

    private final GatewayStage stage;
    private final MtaBehaviour behaviour;
    private final LogWatch log;

    private World(MtaBehaviour behaviour, String configuration) {
        this.behaviour = behaviour;
        this.log = LogWatch.begin();
        this.stage = new GatewayStage(behaviour);
        try {
            stage.start(configuration);
        } catch (IOException e) {
            stage.close();
            log.end();
            throw new UncheckedIOException(e);
        }
    }

    /** Before an MTA that is strict about lines and keeps bodies. */
    public static World strict(String configuration) {
        return before(MtaBehaviour.proper(), configuration);
    }

    /** Before the laxest MTA there is: any line end, in any mixture, is one to it. */
    public static World lax(String configuration) {
        return before(MtaBehaviour.proper().lines(LineRule.LAX), configuration);
    }

    public static World before(MtaBehaviour behaviour, String configuration) {
        return new World(behaviour.recording(Recording.BODIES), configuration);
    }

    public GatewayStage stage() {
        return stage;
    }

    /** As this world began; {@code stage().mta.behaviour(…)} changes it, {@link #play} does not change it back. */
    public MtaBehaviour behaviour() {
        return behaviour;
    }

    /** For a case that is played by hand: call {@link Oracles#check} when its clients are closed. */
    public Oracles begin() {
        log.take();
        return new Oracles(stage, log);
    }

    /** With every cut, each on a connection of its own. */
    public void play(Dialogue dialogue) {
        for (Cut cut : Cut.all()) {
            play(dialogue, cut);
        }
    }

    public void play(Dialogue dialogue, Cut cut) {
        Oracles oracles = begin();
        int accepted = 0;
        try (LabClient client = stage.connect()) {
            for (Step step : dialogue.steps()) {
                accepted += perform(client, step, cut);
            }
            if (!dialogue.endsItself()) {
                // O3: nothing was said too much or too little.
                heard(client, "NOOP\r\n", "250 2.0.0 Ok", cut);
                heard(client, "QUIT\r\n", "221 ", cut);
                assertThat(client.readToEnd()).as("nothing behind QUIT").isEmpty();
            }
        } catch (IllegalStateException | UncheckedIOException | AssertionError e) {
            throw new AssertionError("played as " + cut + ": " + e.getMessage(), e);
        }
        oracles.check(cut.toString(), accepted, dialogue.refusedAtTheEnd());
        bodies(dialogue, oracles.newest(accepted), cut);
    }

    private static void bodies(Dialogue dialogue, List<MtaMessage> messages, Cut cut) {
        for (int i = 0; i < messages.size(); i++) {
            String octets = messages.get(i).content().octets().orElse("");
            assertThat(octets)
                    .as("O4: byte-identical behind our fields, as %s", cut)
                    .endsWith(dialogue.bodies().get(i));
            int ours = octets.length() - dialogue.bodies().get(i).length();
            assertThat(octets.substring(0, ours))
                    .as("O4: nothing but our fields in front, as %s", cut)
                    .matches(Oracles.OURS);
        }
    }

    /** @return how many messages the client was told were accepted */
    private int perform(LabClient client, Step step, Cut cut) {
        if (step instanceof Step.Say say) {
            say(client, say.octets(), cut);
        } else if (step instanceof Step.Hear hear) {
            heard(client, hear.beginning());
        } else if (step instanceof Step.HearOfMessage hear) {
            heard(client, hear.beginning());
            return 1;
        } else if (step instanceof Step.Closed) {
            assertThat(client.readToEnd()).as("closed without another word").isEmpty();
        } else if (step instanceof Step.Finish) {
            client.finish();
        } else if (step instanceof Step.Reset) {
            client.reset();
        } else if (step instanceof Step.StartTls) {
            client.startTls();
        } else if (step instanceof Step.Then then) {
            then.action().run();
        }
        return 0;
    }

    private static void say(LabClient client, byte[] octets, Cut cut) {
        int from = 0;
        try {
            for (int end : cut.of(octets.length)) {
                client.send(Arrays.copyOfRange(octets, from, end));
                from = end;
            }
        } catch (UncheckedIOException e) {
            // The server may be gone while the client still talks; what it said before must still be heard.
        }
    }

    private static void heard(LabClient client, String said, String beginning, Cut cut) {
        say(client, said.getBytes(java.nio.charset.StandardCharsets.US_ASCII), cut);
        heard(client, beginning);
    }

    private static void heard(LabClient client, String beginning) {
        LabReply reply = client.read();
        List<String> lines = reply.lines();
        Oracles.reply(lines);
        List<String> plain = new ArrayList<>();
        lines.forEach(l -> plain.add(l.length() > 3 ? l.substring(0, 3) + ' ' + l.substring(4) : l));
        assertThat(Arrays.stream(beginning.split("\\|")).anyMatch(plain.get(0)::startsWith))
                .as("%s begins with %s, after %s", plain.get(0), beginning, client.transcript())
                .isTrue();
    }

    /** No connection is left; that no buffer is, each class is checked for. */
    @Override
    public void close() {
        stage.mta.behaviour(behaviour);
        try {
            stage.close();
            stage.mta.tallies().open().awaitAtMost(0);
        } finally {
            log.end();
        }
    }
}
