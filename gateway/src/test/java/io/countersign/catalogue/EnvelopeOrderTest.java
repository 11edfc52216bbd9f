package io.countersign.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.LabClient;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that are wrong, odd, too early or too many, and addresses of every kind. */
class EnvelopeOrderTest {
    @RegisterExtension
    static final Worlds WORLDS =
            Worlds.with(World.CHECKS_OFF.replace("transactions = ", "errors = 1000, transactions = "));

    @Test
    void PA26_what_stands_behind_ehlo_or_helo_in_one_segment_ends_the_session() {
        for (String hello : new String[] {"EHLO", "HELO"}) {
            WORLDS.each(world -> world.play(
                    Dialogue.connected()
                            .hear("220 ")
                            .say(hello + " client.test\r\nMAIL FROM:<a@b.test>\r\n")
                            .hear("554 5.5.0 SMTP protocol synchronization")
                            .closed(),
                    new Cut.Whole()));
        }
    }

    @Test
    void PA26_a_client_that_was_offered_no_pipelining_must_not_pipeline() {
        WORLDS.each(world -> world.play(
                Dialogue.connected()
                        .hear("220 ")
                        .line("HELO client.test")
                        .hear("250 ")
                        .say("MAIL FROM:<a@b.test>\r\nRCPT TO:<r@example.org>\r\n")
                        .hear("554 5.5.0 ")
                        .closed(),
                new Cut.Whole()));
        WORLDS.play(Dialogue.connected()
                .hear("220 ")
                .line("HELO client.test")
                .hear("250 ")
                .data()
                .say("Subject: helo\r\n\r\n.\r\n")
                .accepted("Subject: helo\r\n\r\n"));
    }

    @Test
    void PA27_an_envelope_in_one_segment_is_answered_in_order() {
        WORLDS.play(Dialogue.greeted()
                .say(
                        "MAIL FROM:<a@b.test>\r\nRCPT TO:<x@elsewhere.test>\r\nRCPT TO:<r@example.org>\r\nRCPT TO:<>\r\nDATA\r\n")
                .hear("250 2.1.0")
                .hear("550 5.7.1")
                .hear("250 ")
                .hear("501 5.1.3")
                .hear("354 ")
                .say("Subject: x\r\n\r\n.\r\n")
                .accepted("Subject: x\r\n\r\n"));
    }

    @Test
    void PA28_PA40_PA43_nothing_gets_content_in_without_an_envelope() {
        WORLDS.play(Dialogue.greeted()
                .line("DATA")
                .hear("503 5.5.1")
                .line("RCPT TO:<r@example.org>")
                .hear("503 5.5.1")
                .line("MAIL FROM:<a@b.test>")
                .hear("250 ")
                .line("MAIL FROM:<a@b.test>")
                .hear("503 5.5.1")
                .line("DATA")
                .hear("503 5.5.1")
                .line("RCPT TO:<x@elsewhere.test>")
                .hear("550 5.7.1")
                .line("DATA")
                .hear("554 5.5.1")
                .line("BDAT 0 LAST")
                .hear("554 5.5.1")
                .line("DATA")
                .hear("503 5.5.1"));
    }

    static Stream<String[]> badMail() {
        String long65 = "a".repeat(65);
        String label64 = "a".repeat(64);
        return Stream.of(new String[][] {
            {"MAIL FROM:<\u00e4@b.test>", "553 5.6.7 "},
            {"MAIL FROM:<a@b.test> BODY=BINARYMIME", "555 5.5.4 "},
            {"MAIL FROM:<a@b.test> BODY=9BIT", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> FNORD=1", "555 5.5.4 "},
            {"MAIL FROM:<a@b.test> SIZE=1 SIZE=2", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> SIZE=", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> SIZE", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> SIZE=-1", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> SIZE=99999999999999999999", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> SIZE=99999999999", "552 5.3.4 "},
            {"MAIL FROM:<a@b.test> RET=ALL", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> ENVID=a+00b", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> ENVID=a+0Ab", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> ENVID=a+zz", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test> ENVID=" + "e".repeat(1500), "501 5.5.4 |500 5.5.2 "},
            {"MAIL FROM:<a@b.test> AUTH=<>", "555 5.5.4 "},
            {"MAIL FROM:<a@b.test> SMTPUTF8=1", "501 5.5.4 "},
            {"MAIL FROM:<" + long65 + "@b.test>", "501 5.1.7 "},
            {"MAIL FROM:<a@" + label64 + ".test>", "501 5.1.7 "},
            {"MAIL FROM:<a@" + "b.".repeat(130) + "test>", "501 5.1.7 "},
            {"MAIL FROM:<a@b.test>garbage", "501 5.5.4 "},
            {"MAIL FROM:a@b.test", "501 5.5.4 "},
            {"MAIL FROM:<a@b.test", "501 5.1.7 "},
            {"MAIL FROM:<\"a@b.test>", "501 5.1.7 "},
            {"MAIL FROM:<a@b@c.test>", "501 5.1.7 "},
            {"MAIL FROM:<a b@c.test>", "501 5.1.7 "},
            {"MAIL FROM:<a@>", "501 5.1.7 "},
            {"MAIL FROM:<@b.test>", "501 5.1.7 "},
            {"MAIL FROM:<a@-b.test>", "501 5.1.7 "},
            {"MAIL FROM:<a..b@c.test>", "501 5.1.7 "},
            {"MAIL FROM:<a@[300.1.1.1]>", "501 5.1.7 "},
            {"MAIL", "501 5.5.4 "},
            {"MAIL FROM", "501 5.5.4 "},
            {"VRFY", "501 5.5.4 "},
            {"AUTH PLAIN AGEAYg==", "502 5.5.1 "},
            {"ETRN b.test", "502 5.5.1 "},
            {"XADR", "502 5.5.1 "},
            {"EXPN list", "502 5.5.1 "},
            {"MAI FROM:<a@b.test>", "500 5.5.2 "},
        });
    }

    @ParameterizedTest
    @MethodSource("badMail")
    void PA44_PA46_PA48_PA49_PA50_PA51_PA52_PA59_a_wrong_line_gets_its_code_and_changes_nothing(
            String line, String reply) {
        WORLDS.each(world -> world.play(
                Dialogue.greeted()
                        .line(line)
                        .hear(reply)
                        .line("RCPT TO:<r@example.org>")
                        .hear("503 5.5.1")
                        .data()
                        .say("Subject: x\r\n\r\n.\r\n")
                        .accepted("Subject: x\r\n\r\n"),
                new Cut.Random(line.hashCode())));
    }

    @Test
    void PA45_PA46_malformed_utf_8_and_characters_that_deceive_are_no_address() {
        WORLDS.play(Dialogue.greeted()
                .line("MAIL FROM:<\u00c0\u00ae@b.test> SMTPUTF8") // an overlong dot
                .hear("501 5.1.7")
                .line("MAIL FROM:<a\u00ed\u00a0\u0080@b.test> SMTPUTF8") // half a surrogate pair
                .hear("501 5.1.7")
                .utf8Line("MAIL FROM:<a@b\u3002test> SMTPUTF8")
                .hear("501 5.1.7")
                .utf8Line("MAIL FROM:<a@b\uff0etest> SMTPUTF8")
                .hear("501 5.1.7")
                .utf8Line("MAIL FROM:<a\u202eb@b.test> SMTPUTF8")
                .hear("501 5.1.7")
                .utf8Line("MAIL FROM:<a\u2028b@b.test> SMTPUTF8")
                .hear("501 5.1.7")
                .utf8Line("MAIL FROM:<\u560d\u760a@b.test> SMTPUTF8")
                .hear("250 ")
                .utf8Line("RCPT TO:<\u760a@example.org>")
                .hear("250 ")
                .line("DATA")
                .hear("354 ")
                .say("Subject: x\r\n\r\n.\r\n")
                .accepted("Subject: x\r\n\r\n"));
        assertThat(WORLDS.strict().begin().newest(1).get(0).envelope().from()).isEqualTo("\u560d\u760a@b.test");
    }

    @Test
    void PA52_a_source_route_is_dropped_and_quotes_that_are_not_needed_are_no_other_mailbox() {
        WORLDS.each(world -> {
            world.play(
                    Dialogue.greeted()
                            .line("mail from:  <@relay.test,@two.test:a@b.test>  ")
                            .hear("250 ")
                            .line("rcpt to: <@elsewhere.test:r@EXAMPLE.org>")
                            .hear("250 ")
                            .line("RCPT TO:<\"a \\\\b\"@example.org>")
                            .hear("250 ")
                            .line("RCPT TO:<Postmaster>")
                            .hear("250 ")
                            .line("data")
                            .hear("354 ")
                            .say("Subject: x\r\n\r\n.\r\n")
                            .accepted("Subject: x\r\n\r\n"),
                    new Cut.Octets());
            assertThat(world.begin().newest(1).get(0).envelope().from()).isEqualTo("a@b.test");
            assertThat(world.begin().newest(1).get(0).envelope().to().get(0)).isEqualToIgnoringCase("r@example.org");
            assertThat(world.begin().newest(1).get(0).envelope().to().get(1)).isEqualTo("\"a \\\\b\"@example.org");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<victim@elsewhere.test>",
                "<victim@ELSEWHERE.TEST>",
                "<victim@elsewhere.test.>",
                "<victim@example.org.elsewhere.test>",
                "<victim@notexample.org>",
                "<victim@sub.example.org>",
                "<victim@[127.0.0.1]>",
                "<victim@[IPv6:::1]>",
                "<victim@localhost>",
                "<@example.org:victim@elsewhere.test>",
                "<@example.org,@lenient.example:victim@elsewhere.test>",
                "<r@example.org@elsewhere.test>",
                "<\"r@example.org\"@elsewhere.test>",
                "<\"victim@elsewhere.test\"@example.org>",
                "<\"victim\\@elsewhere.test\"@example.org>",
                "<victim%elsewhere.test@example.org>",
                "<\"victim%elsewhere.test\"@example.org>",
                "<victim%elsewhere.test@EXAMPLE.ORG>",
                "<victim%elsewhere.test%example.org@example.org>",
                "<@example.org:victim%elsewhere.test@example.org>",
                "<elsewhere.test!victim@example.org>",
                "<\"elsewhere.test!victim\"@example.org>",
                "<example.org!elsewhere.test!victim@example.org>",
                "<victim@elsewhere.test,r@example.org>",
                "<victim@elsewhere.test> <r@example.org>",
                "<\"\"@elsewhere.test>",
                "<victim@example.org.>",
                "<victim>",
                "victim@elsewhere.test",
                "<>",
                "< victim@elsewhere.test>",
            })
    void OR01_OR03_OR07_PA53_an_mta_that_would_relay_for_us_never_hears_of_a_stranger(String path) {
        for (String from : new String[] {"a@b.test", "", "r@example.org", "victim@elsewhere.test"}) {
            WORLDS.each(world -> {
                long asked = world.stage().mta.tallies().recipients().count();
                world.play(
                        Dialogue.greeted()
                                .line("MAIL FROM:<" + from + ">")
                                .hear("250 ")
                                .line("RCPT TO:" + path)
                                .hear("550 5.7.1 <|501 5.")
                                .line("DATA")
                                .hear("554 5.5.1"),
                        new Cut.Whole());
                assertThat(world.stage().mta.tallies().recipients().count()).isEqualTo(asked);
            });
        }
    }

    @Test
    void OR01_a_name_that_looks_like_ours_is_not_ours_and_ours_is_in_every_spelling() {
        WORLDS.each(world -> {
            long asked = world.stage().mta.tallies().recipients().count();
            world.play(
                    Dialogue.greeted()
                            .line("MAIL FROM:<a@b.test> SMTPUTF8")
                            .hear("250 ")
                            .utf8Line("RCPT TO:<r@ex\u0430mple.org>") // a Cyrillic a
                            .hear("550 5.7.1 |501 5.1.3 ")
                            .utf8Line("RCPT TO:<r@xn--exmple-4nf.org>")
                            .hear("550 5.7.1 ")
                            .utf8Line("RCPT TO:<r@b\u00fccher.example>")
                            .hear("250 ")
                            .utf8Line("RCPT TO:<r@B\u00dcCHER.example>")
                            .hear("250 ")
                            .utf8Line("RCPT TO:<r@XN--BCHER-KVA.example>")
                            .hear("250 "),
                    new Cut.Whole());
            assertThat(world.stage().mta.tallies().recipients().count() - asked).isEqualTo(3);
        });
    }

    @Test
    void OR04_a_client_cannot_say_who_it_is() {
        try (LabClient client = WORLDS.strict().stage().connect()) {
            assertThat(client.hello("client.test").text())
                    .doesNotContain("XCLIENT")
                    .doesNotContain("XFORWARD");
        }
        WORLDS.play(Dialogue.greeted()
                .line("XCLIENT ADDR=127.0.0.1 NAME=mx1.example.org")
                .hear("502 5.5.1")
                .line("XFORWARD ADDR=127.0.0.1")
                .hear("502 5.5.1")
                .line("MAIL FROM:<a@b.test>")
                .hear("250 ")
                .line("XCLIENT LOGIN=root")
                .hear("502 5.5.1")
                .line("RCPT TO:<x@elsewhere.test>")
                .hear("550 5.7.1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"mx1.example.org", "[127.0.0.1]", "localhost", "127.0.0.1", "nowhere.invalid", "[IPv6:::1]"})
    void OR07_no_helo_name_earns_trust(String name) {
        WORLDS.play(Dialogue.connected()
                .hear("220 ")
                .line("EHLO " + name)
                .hear("250 ")
                .line("MAIL FROM:<r@example.org>")
                .hear("250 ")
                .line("RCPT TO:<x@elsewhere.test>")
                .hear("550 5.7.1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: mx1.example.org\r\n\r\n",
                "POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.test>\r\n",
                "SSH-2.0-OpenSSH_9.2\r\n",
                "NICK evil\r\nUSER evil 0 * :evil\r\n",
                "Subject: hello\r\n",
                "X-Header:value\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "OPTIONS sip:x SIP/2.0\r\n",
                "\u0016\u0003\u0001\u0000\u00f5\u0001\u0000\u0000\u00f1\u0003\u0003\r\n",
                "\u0003\u0000\u0000\u0013\u000e\u00e0\u0000\r\n"
            })
    void PA54_PA55_another_protocol_gets_one_reply_and_is_closed(String said) {
        WORLDS.each(world -> {
            for (Cut cut : Cut.all()) {
                world.play(
                        Dialogue.connected()
                                .hear("220 ")
                                .say(said)
                                .hear("521 5.5.1|500 5.5.2")
                                .closed(),
                        cut);
            }
        });
    }

    @Test
    void PA58_a_probe_ends_as_it_came_whatever_it_asks_in_between() {
        WORLDS.play(Dialogue.greeted()
                .line("MAIL FROM:<>")
                .hear("250 2.1.0")
                .line("VRFY r@example.org")
                .hear("252 2.")
                .line("RCPT TO:<r@example.org>")
                .hear("250 ")
                .line("NOOP hello")
                .hear("250 2.0.0")
                .line("RCPT TO:<victim@elsewhere.test>")
                .hear("550 5.7.1")
                .line("RCPT TO:<postmaster>")
                .hear("250 ")
                .line("RSET")
                .hear("250 2.0.0")
                .line("MAIL FROM:<double-bounce@b.test>")
                .hear("250 2.1.0"));
    }
}
