package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import io.countersign.lab.Behaviour;
import io.countersign.lab.DnsFault;
import io.countersign.lab.Exchangers;
import io.countersign.lab.Lab;
import io.countersign.lab.LabMta;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code countersign doctor} and {@code countersign explain} as an operator sees them. */
class DoctorCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Lab lab;

    @BeforeEach
    void aSmallInternet() {
        lab = Lab.start();
        LabMta mta = lab.mta(MtaBehaviour.proper().mailboxes(Mailboxes.users("r@example.org")));
        assertThat(mta.backend()).isNotNull();
        lab.dns()
                .host("mx1.example.org", "127.0.0.1")
                .txt("mx1.example.org", "v=spf1 a -all")
                .mx("example.org", 10, "mx1.example.org")
                .txt("good.test", "v=spf1 mx -all")
                .txt("shy.test", "v=spf1 mx -all");
        Behaviour good = Exchangers.withStartTls("alice@good.test");
        lab.domain("good.test", good);
        lab.domain("shy.test", Exchangers.refusesNullSender("carol@shy.test").keyword("STARTTLS"));
    }

    @AfterEach
    void end() {
        lab.close();
    }

    private int doctor(String... arguments) throws IOException {
        Path file = folder.resolve("countersign.conf");
        Files.writeString(file, """
                hostname = "mx1.example.org"
                domains = [ "example.org" ]
                listen.smtp = [ "127.0.0.1:0" ]
                %s
                """.formatted(lab.configuration()));
        List<String> all = new ArrayList<>(List.of("doctor", "-c", file.toString()));
        all.addAll(List.of(arguments));
        return run(all.toArray(String[]::new));
    }

    private int run(String... arguments) {
        CommandLine line = Countersign.commandLine();
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    @Test
    void a_good_domain_is_exit_0_and_every_line_is_ok() throws IOException {
        assertThat(doctor("good.test")).as("%s%s", out, err).isZero();
        assertThat(out.toString().lines())
                .contains("good.test", "this gateway")
                .filteredOn(line -> line.startsWith("  "))
                .allMatch(line -> line.startsWith("  OK    "));
        assertThat(out.toString()).contains("  OK    null-sender: mx.good.test [127.1.0.2]: 250");
    }

    @Test
    void a_domain_that_refuses_callouts_is_exit_1_with_the_remedy_and_the_servers_own_words() throws IOException {
        assertThat(doctor("good.test", "shy.test")).isEqualTo(1);
        assertThat(out.toString())
                .contains("  FAIL  null-sender: mx.shy.test", "553 5.1.7 Null senders are not accepted here")
                .contains("Accept MAIL FROM:<> (RFC 5321 section 4.5.5)");
    }

    @Test
    void what_cannot_be_found_out_is_exit_75() throws IOException {
        lab.dns().txt("ill.test", "v=spf1 -all").fault("ill.test", "MX", DnsFault.of(DnsFault.Kind.SERVFAIL));
        assertThat(doctor("ill.test")).as("%s", out).isEqualTo(75);
    }

    @Test
    void json_has_what_the_text_has() throws IOException {
        assertThat(doctor("--json", "shy.test")).isEqualTo(1);
        Config json = ConfigFactory.parseString(
                "{\"all\":" + out + "}", ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
        Config report = json.getConfigList("all").get(0);
        assertThat(report.getString("subject")).isEqualTo("shy.test");
        assertThat(report.getString("level")).isEqualTo("FAIL");
        assertThat(report.getBoolean("complete")).isTrue();
        assertThat(report.getConfigList("lines")).anySatisfy(line -> {
            assertThat(line.getIsNull("fault") ? "" : line.getString("fault")).isEqualTo("null-sender-refused");
            assertThat(line.getString("check")).isEqualTo("null-sender");
            assertThat(line.getString("remedy")).isNotEmpty();
        });
    }

    @Test
    void something_that_is_no_domain_is_exit_64_and_a_wrong_configuration_78() throws IOException {
        assertThat(doctor("not a domain")).isEqualTo(64);
        Path broken = Files.writeString(folder.resolve("broken.conf"), "domains = [ ]\n");
        assertThat(run("doctor", "-c", broken.toString(), "good.test")).isEqualTo(78);
        assertThat(err.toString()).contains("broken.conf:1");
    }

    @Test
    void explain_says_what_happened_on_whose_side_and_what_to_do() {
        assertThat(run("explain", "451", "Could not complete sender verify callout"))
                .isZero();
        assertThat(out.toString())
                .startsWith("What happened")
                .contains("On whose side   the sending side", "What to do", "451 ", "Exim verify.c");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void explain_names_the_trace_of_an_id_of_ours() {
        assertThat(run("explain", "550 5.7.1 <a@b>: Relay access denied (id 01HZX3K9QWERT)"))
                .isZero();
        assertThat(out.toString()).contains("countersign trace 01HZX3K9QWERT");
    }

    @Test
    void explain_reads_a_bounce_from_standard_input() {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream("Diagnostic-Code: smtp; 550 5.1.1 <joe@example.com> User unknown\n"
                    .getBytes(StandardCharsets.US_ASCII)));
            assertThat(run("explain", "-")).isZero();
        } finally {
            System.setIn(before);
        }
        assertThat(out.toString()).contains("no such recipient", "5.1.1");
    }

    @Test
    void explain_does_not_guess_and_prints_nothing_of_a_strangers_text() {
        assertThat(run("explain", "\u001b[31mGone fishing")).isEqualTo(1);
        assertThat(out.toString())
                .startsWith("What happened   Not known")
                .doesNotContain("\u001b")
                .doesNotContain("fishing");
        assertThat(run("explain", " ")).isEqualTo(64);
    }

    @Test
    void the_help_of_every_command_fits_80_columns_and_names_its_exit_codes() {
        for (String name : Countersign.commandLine().getSubcommands().keySet()) {
            StringWriter help = new StringWriter();
            CommandLine line = Countersign.commandLine();
            line.setOut(new PrintWriter(help, true));
            assertThat(line.execute(name, "--help")).isZero();
            assertThat(help.toString()).as(name).contains("Exit codes", "64");
            assertThat(help.toString().lines()).as(name).allMatch(text -> text.length() <= 80);
        }
    }
}
