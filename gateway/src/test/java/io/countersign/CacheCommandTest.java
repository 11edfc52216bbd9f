package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.DnsFault;
import io.countersign.lab.Exchangers;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Commands that ask the gateway that runs. */
class CacheCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Countersign.commandLine();
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    /** A file for commands: the same gateway, by its real port. */
    private Path configuration(InetSocketAddress admin, String token) throws IOException {
        Path tokenFile = Files.writeString(folder.resolve("token"), token + "\n");
        return Files.writeString(folder.resolve("countersign.conf"), """
                hostname = "mx1.example.org"
                domains = [ "example.org" ]
                callout.may-connect = [ "127.0.0.0/8" ]
                admin { listen = "127.0.0.1:%d", token-file = "%s" }
                """.formatted(admin.getPort(), tokenFile));
    }

    @Test
    void what_the_gateway_remembers_is_shown_and_forgotten() throws IOException {
        try (AdminStage stage = new AdminStage("")) {
            stage.lab.domain("friendly.test", Exchangers.wellBehaved("alice@friendly.test"));
            String file = configuration(
                            Objects.requireNonNull(stage.gateway.admin().address()), stage.token())
                    .toString();

            assertThat(run("verify", "-c", file, "alice@friendly.test"))
                    .as(err.toString())
                    .isZero();
            assertThat(err.toString()).contains("Asking the running gateway at http://127.0.0.1:");
            assertThat(out.toString()).contains("alice@friendly.test: deliverable (accepted)");

            assertThat(run("cache", "get", "-c", file, "alice@friendly.test")).isZero();
            assertThat(out.toString()).contains("reason: accepted").contains("recipient: -");
            assertThat(run("cache", "forget", "-c", file, "friendly.test")).isZero();
            assertThat(run("cache", "forget", "-c", file, "friendly.test")).isZero();
            assertThat(out.toString()).contains("Forgotten: 1 verdicts, ").contains("Nothing was remembered.");
            assertThat(run("cache", "stats", "-c", file)).isZero();
            assertThat(out.toString()).contains("senders").contains("misses: ");
            assertThat(run("cache", "get", "-c", file, "no domain")).isEqualTo(69);
            assertThat(err.toString()).contains("says: this is no domain");
        }
    }

    @Test
    void the_facts_of_a_domain_are_shown_without_asking_and_forgotten_with_it() throws IOException {
        try (AdminStage stage = new AdminStage("")) {
            stage.lab.domain("shy.test", Exchangers.refusesNullSender("carol@shy.test"));
            String file = configuration(
                            Objects.requireNonNull(stage.gateway.admin().address()), stage.token())
                    .toString();
            run("verify", "-c", file, "carol@shy.test");
            stage.lab.dns().fault("shy.test", "MX", DnsFault.of(DnsFault.Kind.DROP));

            assertThat(run("cache", "get", "-c", file, "shy.test"))
                    .as(err.toString())
                    .isZero();
            assertThat(out.toString())
                    .contains("domain: shy.test")
                    .contains("exchangers: mx.shy.test", "fact: refuses the null sender")
                    .contains("Null senders are not accepted here")
                    .doesNotContain("dns:");
            assertThat(run("cache", "forget", "-c", file, "shy.test")).isZero();
            assertThat(out.toString()).contains(" verdicts, 1 facts");
            out.getBuffer().setLength(0);
            assertThat(run("cache", "get", "-c", file, "--json", "shy.test")).isZero();
            assertThat(out.toString().replace(" ", "")).contains("\"facts\":[]");
        }
    }

    @Test
    void the_doctor_is_the_running_gateways() throws IOException {
        try (AdminStage stage = new AdminStage("")) {
            stage.lab.domain("shy.test", Exchangers.refusesNullSender("carol@shy.test"));
            String file = configuration(
                            Objects.requireNonNull(stage.gateway.admin().address()), stage.token())
                    .toString();

            assertThat(run("doctor", "-c", file, "shy.test")).as(err.toString()).isEqualTo(1);
            assertThat(err.toString()).contains("Asking the running gateway at http://127.0.0.1:");
            assertThat(out.toString())
                    .startsWith("shy.test")
                    .contains("  FAIL  null-sender: mx.shy.test", "Null senders are not accepted here")
                    .contains("Accept MAIL FROM:<> (RFC 5321 section 4.5.5)")
                    .contains("this gateway")
                    .as("what only the gateway knows: its MTA")
                    .contains("  mta: ");
            assertThat(stage.wire()
                            .post("/api/v1/doctor", "{\"domain\":\"no domain\"}")
                            .status())
                    .isEqualTo(400);
        }
    }

    @Test
    void without_a_running_gateway_the_doctor_examines_and_says_so() throws IOException {
        try (AdminStage stage = new AdminStage("")) {
            stage.lab.domain("friendly.test", Exchangers.wellBehaved("alice@friendly.test"));
            Path file = Files.writeString(
                    folder.resolve("alone.conf"), """
                    hostname = "mx1.example.org"
                    domains = [ "example.org" ]
                    %s
                    """.formatted(stage.lab.configuration("127.0.0.1:0")));
            assertThat(run("doctor", "-c", file.toString(), "friendly.test")).isIn(0, 1, 75);
            assertThat(err.toString())
                    .contains("No running gateway can be asked: examining from this process.")
                    .doesNotContain("Asking the running");
            assertThat(out.toString()).contains("null-sender: mx.friendly.test");
        }
    }

    @Test
    void without_a_gateway_one_sentence_says_so() throws IOException {
        InetSocketAddress nobody;
        try (AdminStage stage = new AdminStage("")) {
            nobody = Objects.requireNonNull(stage.gateway.admin().address());
        }
        String file = configuration(nobody, "x".repeat(20)).toString();
        assertThat(run("cache", "stats", "-c", file)).isEqualTo(69);
        assertThat(err.toString()).contains("countersign: no gateway is running: nobody listens at ");
    }

    @Test
    void with_a_token_that_is_not_its_the_gateway_tells_nothing() throws IOException {
        try (AdminStage stage = new AdminStage("")) {
            String file = configuration(
                            Objects.requireNonNull(stage.gateway.admin().address()), "x".repeat(43))
                    .toString();
            assertThat(run("cache", "stats", "-c", file)).isEqualTo(69);
            assertThat(err.toString())
                    .contains("does not take this user's token")
                    .doesNotContain("xxx");
        }
    }

    @Test
    void nobody_can_ask_a_gateway_whose_interface_is_off() throws IOException {
        Path file = Files.writeString(
                folder.resolve("off.conf"),
                "hostname = \"mx1.example.org\"\ndomains = [ \"example.org\" ]\nadmin.listen = \"\"\n");
        assertThat(run("cache", "stats", "-c", file.toString())).isEqualTo(69);
        assertThat(err.toString()).contains("admin.listen is empty");
        assertThat(run("cache")).isEqualTo(64);
    }
}
