package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.command.Running;
import io.countersign.command.demo.DemoCommand;
import io.countersign.config.ExemptSettings;
import io.countersign.config.Networks;
import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.lab.LabMta;
import io.countersign.lab.MtaBehaviour;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The first thing that anybody sees of Countersign. */
class DemoTest {
    private record Ended(int code, String out, String err) {}

    private static Ended demo(CommandLine line, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = line.execute(arguments);
        return new Ended(code, out.toString(), err.toString());
    }

    @Test
    void the_story_comes_out_as_it_is_told_and_ends_by_itself_with_exit() {
        Ended demo = demo(Countersign.commandLine(), "demo", "--exit", "--plain");

        assertThat(demo.err()).isEmpty();
        assertThat(demo.code()).as(demo.out()).isZero();
        assertThat(demo.out())
                .contains(
                        "17 scenes, all as they should be. 7 letters arrived although nobody could vouch for their senders.")
                .doesNotContain("FAIL expected", "FAIL:", "FAILED")
                .doesNotContain("Ctrl-C")
                .matches(
                        text -> text.chars().allMatch(c -> c == '\n' || c == '\r' || c >= ' ' && c < 0x7f),
                        "plain ASCII");
    }

    @Test
    void what_the_servers_said_is_shown_in_their_words() {
        String story = demo(Countersign.commandLine(), "demo", "--exit", "--plain")
                .out()
                .replaceAll("\\s+", " ");

        assertThat(story)
                .contains(
                        "meanwhile we ask mx.silent.test [127.1.0.3] MAIL FROM:<> 250 2.1.0 Ok RCPT TO:<bob@silent.test> (no answer)")
                .contains("x-sender-callout=temperror reason=\"no-answer\" smtp.mailfrom=bob@silent.test")
                .contains("MAIL FROM:<> 553 5.1.7 Null senders are not accepted here")
                .contains(
                        "RCPT TO:<rita@example.org> 550 5.1.7 <winner@friendly.test>: Sender address rejected: undeliverable"
                                + " address: 550 5.1.1 <winner@friendly.test>: Recipient address rejected: User unknown in virtual"
                                + " mailbox table (id ")
                .contains("our MTA cannot be reached: Connection refused")
                .contains("451 4.4.2 ")
                .contains("550 5.5.2 bare <LF> received (id ");
    }

    @Test
    void a_gateway_that_does_something_else_makes_the_demo_fail_and_say_where() {
        Running.Starter trusting = read -> Gateway.start(trusting(read.settings()), new SimpleMeterRegistry());

        Ended demo = demo(new CommandLine(new DemoCommand(trusting)), "--exit", "--plain");

        assertThat(demo.code()).isEqualTo(1);
        assertThat(demo.out())
                .contains("FAIL expected that the last reply is 550 5.1.7 <winner@friendly.test>")
                .contains("FAIL expected that the MTA gets no message")
                .contains(" FAILED.");
    }

    @Test
    void a_gateway_that_is_not_there_fails_scene_by_scene() {
        try (LabMta gone = LabMta.start(MtaBehaviour.sink(), 1)) {
            gone.stop();

            Ended demo = demo(
                    new CommandLine(new DemoCommand(read -> new Absent(read.settings(), gone.address()))), "--exit");

            assertThat(demo.code()).isEqualTo(1);
            assertThat(demo.out())
                    .contains("the scene broke off: connecting to " + gone.address())
                    .contains("17 scenes, 17 FAILED.");
        }
    }

    /** Says it runs, at an address where nobody listens. */
    private record Absent(Settings settings, InetSocketAddress address) implements Running {
        @Override
        public List<InetSocketAddress> addresses() {
            return List.of(address);
        }

        @Override
        public void reload(Loaded.Ok fresh) {}

        @Override
        public List<String> welcome() {
            return List.of();
        }

        @Override
        public CompletableFuture<Void> drain(Duration within) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void close() {}
    }

    @Test
    void a_gateway_that_cannot_start_is_told_in_words() {
        Running.Starter none = settings -> {
            throw new IOException("the port is taken");
        };

        Ended demo = demo(new CommandLine(new DemoCommand(none)), "--exit");

        assertThat(demo.code()).isEqualTo(69);
        assertThat(demo.err()).startsWith("countersign: the demo cannot start: the port is taken");
    }

    private static Settings trusting(Settings s) {
        Networks everybody = Networks.of(List.of("127.0.0.0/8"));
        return new Settings(
                s.hostname(),
                s.authservId(),
                s.domains(),
                s.listen(),
                s.backend(),
                s.dns(),
                s.checks(),
                new ExemptSettings(everybody, s.exempt().senders(), s.exempt().recipients(), Optional.empty()),
                s.overrides(),
                s.callout(),
                s.cache(),
                s.overload(),
                s.journal(),
                s.admin(),
                s.log(),
                s.drain());
    }
}
