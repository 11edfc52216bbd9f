package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import io.countersign.lab.Exchangers;
import io.countersign.lab.Lab;
import io.countersign.lab.LabExchanger;
import io.countersign.lab.LabMta;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code countersign verify}, against exchangers of the lab. */
class VerifyCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Lab lab;
    private LabMta mta;
    private LabExchanger exchanger;

    @BeforeEach
    void aSmallInternet() {
        lab = Lab.start();
        mta = lab.mta(MtaBehaviour.proper().mailboxes(Mailboxes.users("r@example.org")));
        lab.dns().mx("example.org", 10, "mx1.example.org").host("mx1.example.org", "127.0.0.1");
        exchanger = lab.domain("b.test", Exchangers.wellBehaved("alice@b.test"));
        lab.domain("shy.test", Exchangers.refusesNullSender("carol@shy.test"));
    }

    @AfterEach
    void end() {
        lab.close();
    }

    private int verify(String... arguments) throws IOException {
        Path file = folder.resolve("countersign.conf");
        Files.writeString(file, """
                hostname = "mx1.example.org"
                domains = [ "example.org" ]
                listen.smtp = [ "127.0.0.1:0" ]
                %s
                """.formatted(lab.configuration()));
        List<String> all = new ArrayList<>(List.of("verify", "-c", file.toString()));
        all.addAll(List.of(arguments));
        return run(all.toArray(String[]::new));
    }

    private int run(String... arguments) {
        CommandLine line = Countersign.commandLine();
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    @Test
    void an_address_that_exists_is_deliverable_and_the_peer_is_quoted() throws IOException {
        assertThat(verify("alice@b.test")).isZero();
        assertThat(out.toString().lines())
                .startsWith("alice@b.test: deliverable (accepted)", "  stage      rcpt")
                .contains("  exchanger  mx.b.test [127.1.0.2]", "  reply      250 2.1.5 Ok")
                .anyMatch(line -> line.matches("  time       \\d+ ms"))
                .noneMatch(line -> line.contains("MAIL FROM"));
        assertThat(err.toString()).isEmpty();
        assertThat(exchanger.lastSession().heard())
                .contains("EHLO mx1.example.org", "MAIL FROM:<>")
                .doesNotContain("DATA");
    }

    @Test
    void an_address_that_does_not_exist_is_exit_1() throws IOException {
        assertThat(verify("nobody@b.test")).isEqualTo(1);
        assertThat(out.toString())
                .startsWith("nobody@b.test: undeliverable (no-such-mailbox)")
                .contains("550 5.1.1 <nobody@b.test>");
    }

    @Test
    void a_domain_that_does_not_exist_is_exit_1_where_the_resolver_can_be_believed() throws IOException {
        assertThat(verify("a@no-such-domain.test")).isEqualTo(1);
        assertThat(out.toString())
                .startsWith("a@no-such-domain.test: undeliverable (no-such-domain)")
                .contains("stage      dns");
    }

    @Test
    void a_server_that_takes_no_question_is_exit_75() throws IOException {
        assertThat(verify("carol@shy.test")).isEqualTo(75);
        assertThat(out.toString())
                .startsWith("carol@shy.test: undetermined (refuses-null-sender)")
                .contains("553 5.1.7");
    }

    @Test
    void of_several_addresses_the_worst_counts() throws IOException {
        assertThat(verify("alice@b.test", "carol@shy.test")).isEqualTo(75);
        assertThat(verify("nobody@b.test", "carol@shy.test", "alice@b.test")).isEqualTo(1);
    }

    @Test
    void something_that_is_no_address_is_exit_64_and_nobody_is_asked() throws IOException {
        assertThat(verify("alice@b.test", "<no@pe")).isEqualTo(64);
        assertThat(err.toString()).startsWith("not a mail address: <no@pe");
        assertThat(out.toString()).isEmpty();
        assertThat(exchanger.connections().count()).isZero();
    }

    @Test
    void the_dialogue_is_printed_on_request() throws IOException {
        assertThat(verify("--dialogue", "alice@b.test")).isZero();
        assertThat(out.toString().lines())
                .anyMatch(line -> line.matches("    > \\+\\d+ MAIL FROM:<>"))
                .anyMatch(line -> line.matches("    > \\+\\d+ RCPT TO:<alice@b.test>"))
                .anyMatch(line -> line.matches("    < \\+\\d+ 250 2.1.5 Ok"));
    }

    @Test
    void json_has_the_same_keys_for_every_address() throws IOException {
        assertThat(verify("--json", "nobody@b.test", "a@nullmx.test")).isEqualTo(1);

        Config json = ConfigFactory.parseString(
                "{\"all\":" + out + "}", ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
        List<? extends Config> all = json.getConfigList("all");
        assertThat(all).hasSize(2);
        for (Config one : all) {
            assertThat(one.root().keySet())
                    .containsExactlyInAnyOrder(
                            "address",
                            "kind",
                            "reason",
                            "stage",
                            "source",
                            "exchanger",
                            "exchanger_address",
                            "reply",
                            "detail",
                            "at",
                            "milliseconds",
                            "dialogue");
        }
        Config first = all.get(0);
        assertThat(first.getString("kind")).isEqualTo("undeliverable");
        assertThat(first.getString("reason")).isEqualTo("no-such-mailbox");
        assertThat(first.getString("stage")).isEqualTo("rcpt");
        assertThat(first.getString("exchanger")).isEqualTo("mx.b.test");
        assertThat(first.getStringList("dialogue")).anyMatch(line -> line.endsWith("RCPT TO:<nobody@b.test>"));
    }

    @Test
    void addresses_of_ours_are_asked_of_the_mta() throws IOException {
        assertThat(verify("r@example.org")).isZero();
        assertThat(verify("unknown@example.org")).isEqualTo(1);
        assertThat(out.toString()).contains("unknown@example.org: undeliverable (no-such-mailbox)");
        mta.stop();
        assertThat(verify("r@example.org")).isEqualTo(75);
        assertThat(out.toString()).contains("r@example.org: undetermined (unreachable)");
        assertThat(lab.dns().asked("example.org", "MX")).isZero();
    }

    @Test
    void a_wrong_configuration_is_exit_78_with_its_line() throws IOException {
        Path file =
                Files.writeString(folder.resolve("broken.conf"), "domains = [ \"example.org\" ]\nhostnam = \"x\"\n");
        assertThat(run("verify", "-c", file.toString(), "alice@b.test")).isEqualTo(78);
        assertThat(err.toString()).contains("broken.conf:2").contains("did you mean");
    }

    @Test
    void without_a_configuration_the_name_that_is_used_is_said() {
        assumeThat(Path.of("/etc/countersign/countersign.conf")).doesNotExist();
        assertThat(run("verify", "a@[127.0.0.1]")).isEqualTo(75);
        assertThat(err.toString()).startsWith("No configuration: asking with defaults, HELO ");
        assertThat(out.toString()).startsWith("a@[127.0.0.1]: undetermined (not-asked)");
    }
}
