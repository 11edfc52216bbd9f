package io.countersign.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.countersign.config.SettingsLoader;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import io.countersign.lab.MtaBehaviour;
import io.countersign.lab.MtaMessage;
import io.micrometer.core.instrument.Tag;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What strangers write, and where it must not have a meaning. */
class InjectionTest {
    @RegisterExtension
    static final Worlds WORLDS = Worlds.with(World.CHECKS_OFF);

    @Test
    void IN01_a_reverse_name_that_is_no_host_name_never_reaches_the_mta() {
        try (World world = World.strict("checks.sender.mode = off\n")) {
            world.stage()
                    .lab
                    .dns()
                    .ptr("127.9.0.7", "x\\032y=1]\\013\\010RCPT.evil.test")
                    .ptr("127.9.0.8", "unconfirmed.test");
            Oracles oracles = world.begin();
            for (String address : new String[] {"127.9.0.7", "127.9.0.8"}) {
                try (LabClient client = LabClient.from(
                        address, world.stage().gateway().addresses().get(0))) {
                    client.hello("client.test");
                    assertThat(client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                                    .code())
                            .isEqualTo(250);
                    client.quit();
                }
            }
            oracles.check("strange names", 2, 0);
            MtaMessage strange = oracles.newest(2).get(0);
            assertThat(strange.identity().attribute("NAME").toString()).contains("[UNAVAILABLE]");
            assertThat(strange.content().text()).contains("(unknown [127.9.0.7])");
            MtaMessage unconfirmed = oracles.newest(2).get(1);
            assertThat(unconfirmed.identity().attribute("NAME").toString()).contains("[UNAVAILABLE]");
            assertThat(unconfirmed.identity().attribute("REVERSE_NAME").toString())
                    .as("a name that does not lead back is told where the MTA asks for it")
                    .contains("unconfirmed.test");
            assertThat(unconfirmed.content().text()).contains("(unknown [127.9.0.8])");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"(x", "x)by.evil.test", "a;b", "<x>", "\"x\"", "x,y", "x\\y", "@", "[x]", "=?utf-8?q?x?="})
    void IN02_a_helo_name_of_any_kind_leaves_received_one_field(String name) {
        WORLDS.play(Dialogue.connected()
                .hear("220 ")
                .line("EHLO " + name)
                .hear("250 ")
                .data()
                .say("Subject: x\r\n\r\n.\r\n")
                .accepted("Subject: x\r\n\r\n"));
    }

    @Test
    void IN03_no_line_break_of_any_kind_reaches_an_exchanger_in_an_address() {
        try (World world = World.strict("checks { sender.mode = enforce, reverse-dns.mode = off }\n")) {
            var exchanger = world.stage().lab.domain("b.test", Exchangers.wellBehaved("alice@b.test"));
            Dialogue dialogue = Dialogue.greeted();
            for (String local : new String[] {"\"a\u2028b\"", "a\u2029b", "\"a\u0085b\"", "a\u000bb", "\"a\u001bb\""}) {
                dialogue.utf8Line("MAIL FROM:<" + local + "@b.test> SMTPUTF8").hear("501 5.1.7|500 5.5.2");
            }
            // The character whose low octets are CR and LF goes to the peer as UTF-8, or not at all.
            dialogue.utf8Line("MAIL FROM:<\u560d\u560aRSET@b.test> SMTPUTF8")
                    .hear("250 ")
                    .line("RCPT TO:<r@example.org>")
                    .hear("250 ");
            world.play(dialogue, new Cut.Whole());
            exchanger.sessions().forEach(session -> {
                assertThat(session.violations()).isEmpty();
                assertThat(session.heard()).noneMatch(line -> line.equals("RSET@b.test>"));
            });
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hostname = \"mx1.example.org\\r\\nRSET\"",
                "callout.helo = \"mx1.example.org\\nRSET\"",
                "callout.mail-from = \"a@b.test>\\r\\nRSET\"",
                "authserv-id = \"mx1.example.org\\r\\nX: y\"",
                "domains = []",
                ""
            })
    void IN04_OR02_a_configuration_that_would_speak_for_others_or_relay_for_all_is_an_error(String line) {
        String text =
                line + "\n" + (line.startsWith("domains") || line.isEmpty() ? "" : "domains = [ \"example.org\" ]\n")
                        + "backend.address = \"127.0.0.1:10025\"\n";
        assertThat(SettingsLoader.parse(text, "test.conf", Optional::empty))
                .isNotInstanceOf(SettingsLoader.Loaded.Ok.class);
    }

    @Test
    void IN05_IN10_what_a_client_says_stays_one_printable_line_in_the_log_and_out_of_every_metric() {
        Logger ours = (Logger) LoggerFactory.getLogger("io.countersign");
        Level before = ours.getLevel();
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        ours.addAppender(lines);
        ours.setLevel(Level.DEBUG);
        try {
            WORLDS.each(world -> world.play(
                    Dialogue.connected()
                            .hear("220 ")
                            .line("EHLO evil\",\"level\":\"info")
                            .hear("250 ")
                            .line("MAIL FROM:<\"zq\\\" \\\\ level=error\"@zq.test> SMTPUTF8")
                            .hear("250 ")
                            .utf8Line("RCPT TO:<\"zq'\u00fc{}${jndi:x}\"@example.org>")
                            .hear("250 ")
                            .line("ZQ\u0007\u001b[2J")
                            .hear("500 5.5.2")
                            .line("ZQZQ-UNKNOWN")
                            .hear("500 5.5.2")
                            .line("DATA")
                            .hear("354 ")
                            .say("Subject: \u001b[2Jzq\r\n\r\n.\r\n")
                            .accepted("Subject: \u001b[2Jzq\r\n\r\n"),
                    new Cut.Whole()));
        } finally {
            ours.setLevel(before);
            ours.detachAppender(lines);
        }
        assertThat(lines.list).as("something was logged").isNotEmpty();
        for (ILoggingEvent event : lines.list) {
            assertThat(event.getFormattedMessage().chars())
                    .allMatch(c -> c >= ' ' && c != 0x7f && c != 0x85 && c != 0x2028);
        }
        WORLDS.each(world -> {
            Set<String> labels = world.stage().meters.getMeters().stream()
                    .flatMap(m -> Stream.concat(
                            Stream.of(m.getId().getName()),
                            m.getId().getTags().stream().map(Tag::getValue)))
                    .collect(Collectors.toSet());
            assertThat(labels)
                    .isNotEmpty()
                    .noneMatch(l -> l.toLowerCase(java.util.Locale.ROOT).contains("zq"));
        });
    }

    static Stream<String> forged() {
        String blanks = " ".repeat(300);
        return Stream.of(
                "Authentication-Results: mx1.example.org; spf=pass\r\n",
                "AUTHENTICATION-RESULTS: MX1.EXAMPLE.ORG; spf=pass\r\n",
                "authentication-results:mx1.example.org;spf=pass\r\n",
                "Authentication-Results : mx1.example.org; spf=pass\r\n",
                "Authentication-Results \t : mx1.example.org; spf=pass\r\n",
                "Authentication-Results\r\n : mx1.example.org; spf=pass\r\n",
                "Authentication-Results\r\n \t\r\n\t: mx1.example.org; spf=pass\r\n",
                "Authentication-Results:\r\n mx1.example.org; spf=pass\r\n",
                "Authentication-Results:\r\n\t\r\n \r\n mx1.example.org;\r\n spf=pass\r\n",
                "Authentication-Results: mx1.example.org\r\n",
                "Authentication-Results: mx1.example.org 1; spf=pass\r\n",
                "Authentication-Results: mx1.example.org\r\n 1;\r\n spf=pass\r\n",
                "Authentication-Results: (c) mx1.example.org; spf=pass\r\n",
                "Authentication-Results: (c(n\\)es)ted) (two)\r\n (three) mx1.example.org (four); spf=pass\r\n",
                "Authentication-Results: \"mx1.example.org\"; spf=pass\r\n",
                "Authentication-Results: \"mx1\\.example.org\"; spf=pass\r\n",
                "Authentication-Results: mx1.example.org(c); spf=pass\r\n",
                "Authentication-Results: (" + "x".repeat(8300) + ") mx1.example.org; spf=pass\r\n",
                "Authentication-Results:" + (blanks + "\r\n").repeat(30) + " mx1.example.org; spf=pass\r\n",
                "Authentication-Results: mx1.example.org; spf=pass\r\nAuthentication-Results: mx1.example.org; x\r\n",
                "Authentication-Results: mx1.example.org; " + "y".repeat(20_000) + "\r\n");
    }

    @ParameterizedTest
    @MethodSource("forged")
    void IN09_results_that_claim_to_be_ours_are_taken_out_however_they_are_written(String field) {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say(field + "Subject: x\r\n\r\nbody\r\n.\r\n")
                .accepted("Subject: x\r\n\r\nbody\r\n")
                .data()
                .say("Subject: x\r\n" + field + "To: y\r\n\r\n" + field + ".\r\n")
                .accepted("Subject: x\r\nTo: y\r\n\r\n" + field)
                .data()
                .say("Subject: x\r\n." + field + "To: y\r\n\r\n.\r\n") // a dot that the MTA takes off
                .accepted("Subject: x\r\nTo: y\r\n\r\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authentication-Results: other.example; spf=pass\r\n",
                "Authentication-Results: mx1.example.org.evil.test; spf=pass\r\n",
                "Authentication-Results: smx1.example.org; spf=pass\r\n",
                "Authentication-Results: mx1.example.orgx; mx1.example.org\r\n",
                "Authentication-Results: x.test (mx1.example.org); spf=pass\r\n",
                "Authentication-Results-Original: mx1.example.org; spf=pass\r\n",
                "X-Authentication-Results: mx1.example.org; spf=pass\r\n",
                "ARC-Authentication-Results: i=1; mx1.example.org; spf=pass\r\n",
                "Authentication-Result: mx1.example.org; spf=pass\r\n",
                "Subject: a\r\n Authentication-Results: mx1.example.org; spf=pass\r\n",
                "Authentication-Results:\r\n",
                "Authentication-Results\r\n",
                "A: b\r\n"
            })
    void IN09_everything_else_arrives_octet_by_octet(String field) {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say(field + "To: x\r\n\r\nbody\r\n.\r\n")
                .accepted(field + "To: x\r\n\r\nbody\r\n")
                .data()
                .say(field + ".\r\n")
                .accepted(field));
    }

    @Test
    void IN12_only_the_one_recipient_of_a_message_stands_in_received() {
        try (World world = World.before(MtaBehaviour.proper(), World.CHECKS_OFF)) {
            world.play(
                    Dialogue.greeted()
                            .line("MAIL FROM:<a@b.test>")
                            .hear("250 ")
                            .line("RCPT TO:<r@example.org>")
                            .hear("250 ")
                            .line("RCPT TO:<secret@example.org>")
                            .hear("250 ")
                            .line("DATA")
                            .hear("354 ")
                            .say("Subject: x\r\n\r\n.\r\n")
                            .accepted("Subject: x\r\n\r\n"),
                    new Cut.Whole());
            assertThat(world.begin().newest(1).get(0).content().text())
                    .doesNotContain("secret")
                    .doesNotContain("for <");
        }
    }
}
