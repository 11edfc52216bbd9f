package io.countersign.callout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.callout.Finding.Course;
import io.countersign.callout.ProbeDialogue.Action;
import io.countersign.callout.ProbeDialogue.Tls;
import io.countersign.limit.Outcome;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.CommandPrinter;
import io.countersign.smtp.syntax.ReplyParser;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What is said to an exchanger, without any exchanger. */
class ProbeDialogueTest {
    private static final String RCPT = "RCPT TO:<jane@b.test>";
    private static final String MAIL = "MAIL FROM:<>";
    private static final String EHLO = "EHLO mx.example.org";

    /** @param peer what happens, in order: a reply, or SECURED, NOT-SECURED, CLOSED, TIMEOUT, BROKEN */
    private record Row(String name, String peer, String said, Reason reason, Stage stage, Course course) {}

    private static final List<Row> ROWS = List.of(
            row(
                    "CO01_a_250_is_accepted",
                    "220 hi|250 mx|250 ok|250 ok",
                    MAIL + "|" + RCPT,
                    Reason.ACCEPTED,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "CO04_a_550_511_is_no_such_mailbox",
                    "220 hi|250 mx|250 ok|550 5.1.1 no",
                    MAIL + "|" + RCPT,
                    Reason.NO_SUCH_MAILBOX,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "CO08_greylisting_is_try_later_and_no_other_exchanger_is_asked",
                    "220 hi|250 mx|250 ok|450 4.2.0 greylisted",
                    MAIL + "|" + RCPT,
                    Reason.TRY_LATER,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "CO09_a_421_at_RCPT_is_try_later",
                    "220 hi|250 mx|250 ok|421 4.3.2 bye",
                    MAIL + "|" + RCPT,
                    Reason.TRY_LATER,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "CO15_a_refused_null_sender_ends_it_before_RCPT",
                    "220 hi|250 mx|553 no bounces",
                    MAIL,
                    Reason.REFUSES_NULL_SENDER,
                    Stage.MAIL,
                    Course.STOP),
            row(
                    "CO16_a_451_to_MAIL_is_try_later",
                    "220 hi|250 mx|451 4.3.0 busy",
                    MAIL,
                    Reason.TRY_LATER,
                    Stage.MAIL,
                    Course.STOP),
            row(
                    "CO17_a_554_greeting_leads_to_the_next_exchanger",
                    "554 no service",
                    "",
                    Reason.REFUSED_US,
                    Stage.GREETING,
                    Course.NEXT),
            row(
                    "CO17_a_521_greeting_leads_to_the_next_exchanger",
                    "521 takes no mail",
                    "",
                    Reason.REFUSED_US,
                    Stage.GREETING,
                    Course.NEXT),
            row(
                    "CO18_a_421_greeting_leads_to_the_next_exchanger",
                    "421 busy",
                    "",
                    Reason.TRY_LATER,
                    Stage.GREETING,
                    Course.NEXT),
            row(
                    "RP14_a_421_to_EHLO_leads_to_the_next_exchanger",
                    "220 hi|421 bye",
                    "",
                    Reason.TRY_LATER,
                    Stage.HELO,
                    Course.NEXT),
            row(
                    "RP14_a_421_to_MAIL_leads_to_the_next_exchanger",
                    "220 hi|250 mx|421 bye",
                    MAIL,
                    Reason.TRY_LATER,
                    Stage.MAIL,
                    Course.NEXT),
            row(
                    "RP17_EHLO_refused_by_500_is_followed_by_HELO",
                    "220 hi|500 what|250 mx|250 ok|250 ok",
                    "HELO mx.example.org|" + MAIL + "|" + RCPT,
                    Reason.ACCEPTED,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "RP17_EHLO_refused_by_502_is_followed_by_HELO",
                    "220 hi|502 what|250 mx|250 ok|250 ok",
                    "HELO mx.example.org|" + MAIL + "|" + RCPT,
                    Reason.ACCEPTED,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "RP17_EHLO_refused_by_550_is_a_refusal_of_us",
                    "220 hi|550 no",
                    "",
                    Reason.REFUSED_US,
                    Stage.HELO,
                    Course.STOP),
            row(
                    "HELO_refused_too_is_a_refusal_of_us",
                    "220 hi|500 what|504 no",
                    "HELO mx.example.org",
                    Reason.REFUSED_US,
                    Stage.HELO,
                    Course.STOP),
            row(
                    "TLS_is_used_where_it_is_offered",
                    "220 hi|250-mx\n250 STARTTLS|220 go|SECURED|250 mx|250 ok|250 ok",
                    "STARTTLS|" + EHLO + "|" + MAIL + "|" + RCPT,
                    Reason.ACCEPTED,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "STARTTLS_offered_and_refused_leads_on_in_clear",
                    "220 hi|250-mx\n250 STARTTLS|454 not now|250 ok|250 ok",
                    "STARTTLS|" + MAIL + "|" + RCPT,
                    Reason.ACCEPTED,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "TL10_a_failed_handshake_means_once_more_in_clear",
                    "220 hi|250-mx\n250 STARTTLS|220 go|NOT-SECURED",
                    "STARTTLS",
                    Reason.BROKEN_PEER,
                    Stage.STARTTLS,
                    Course.IN_CLEAR),
            row(
                    "TL10_a_peer_that_closes_instead_of_the_handshake_is_asked_again_in_clear",
                    "220 hi|250-mx\n250 STARTTLS|220 go|CLOSED",
                    "STARTTLS",
                    Reason.BROKEN_PEER,
                    Stage.STARTTLS,
                    Course.IN_CLEAR),
            row(
                    "TL10_a_peer_that_closes_at_STARTTLS_is_asked_again_in_clear",
                    "220 hi|250-mx\n250 STARTTLS|CLOSED",
                    "STARTTLS",
                    Reason.BROKEN_PEER,
                    Stage.STARTTLS,
                    Course.IN_CLEAR),
            row(
                    "RP02_garbage_for_a_greeting_is_a_broken_peer",
                    "BROKEN",
                    "",
                    Reason.BROKEN_PEER,
                    Stage.GREETING,
                    Course.NEXT),
            row(
                    "RP09_354_to_MAIL_is_a_broken_peer",
                    "220 hi|250 mx|354 go",
                    MAIL,
                    Reason.BROKEN_PEER,
                    Stage.MAIL,
                    Course.NEXT),
            row(
                    "RP09_354_to_RCPT_is_a_broken_peer",
                    "220 hi|250 mx|250 ok|354 go",
                    MAIL + "|" + RCPT,
                    Reason.BROKEN_PEER,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "RP07_a_second_banner_is_a_broken_peer",
                    "220 hi|220 hi again",
                    "",
                    Reason.BROKEN_PEER,
                    Stage.HELO,
                    Course.NEXT),
            row(
                    "CO14_a_503_to_RCPT_is_a_broken_peer",
                    "220 hi|250 mx|250 ok|503 sequence",
                    MAIL + "|" + RCPT,
                    Reason.BROKEN_PEER,
                    Stage.RCPT,
                    Course.STOP),
            row(
                    "RP15_closed_before_the_greeting_is_unreachable",
                    "CLOSED",
                    "",
                    Reason.UNREACHABLE,
                    Stage.GREETING,
                    Course.NEXT),
            row(
                    "RP15_closed_after_EHLO_is_unreachable",
                    "220 hi|CLOSED",
                    "",
                    Reason.UNREACHABLE,
                    Stage.HELO,
                    Course.NEXT),
            row(
                    "RP15_closed_at_RCPT_is_unreachable_and_nobody_else_is_asked",
                    "220 hi|250 mx|250 ok|CLOSED",
                    MAIL + "|" + RCPT,
                    Reason.UNREACHABLE,
                    Stage.RCPT,
                    Course.STOP),
            row("RP16_no_greeting_is_no_answer", "TIMEOUT", "", Reason.NO_ANSWER, Stage.GREETING, Course.NEXT),
            row(
                    "CO22_no_answer_to_RCPT_is_no_answer",
                    "220 hi|250 mx|250 ok|TIMEOUT",
                    MAIL + "|" + RCPT,
                    Reason.NO_ANSWER,
                    Stage.RCPT,
                    Course.STOP));

    private static Row row(String name, String peer, String said, Reason reason, Stage stage, Course course) {
        return new Row(name, peer, said, reason, stage, course);
    }

    @TestFactory
    Stream<DynamicTest> a_callout_says_the_right_thing_and_draws_the_right_conclusion() {
        return ROWS.stream()
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> {
                    Talk talk = new Talk(probe(), Tls.IF_OFFERED);
                    talk.hears(row.peer());
                    List<String> said = new ArrayList<>(talk.said);
                    if (!said.isEmpty()) {
                        assertThat(said.remove(0)).isEqualTo(EHLO);
                    }
                    assertThat(String.join("|", said)).isEqualTo(row.said());
                    Finding finding = talk.finding();
                    assertThat(finding.reason()).isEqualTo(row.reason());
                    assertThat(finding.stage()).isEqualTo(row.stage());
                    assertThat(finding.course()).isEqualTo(row.course());
                }));
    }

    @Test
    void TLS_is_not_used_where_it_is_known_to_be_broken() {
        Talk talk = new Talk(probe(), Tls.AVOID);
        talk.hears("220 hi|250-mx\n250 STARTTLS|250 ok|250 ok");
        assertThat(talk.said).containsExactly(EHLO, MAIL, RCPT);
        assertThat(talk.finding().reason()).isEqualTo(Reason.ACCEPTED);
    }

    @Test
    void what_was_offered_in_clear_counts_no_more_after_TLS() {
        Talk talk = new Talk(new Probe(ReversePath.NULL, address("jürgen@b.test"), Optional.empty()), Tls.IF_OFFERED);
        talk.hears("220 hi|250-mx\n250-SMTPUTF8\n250 STARTTLS|220 go|SECURED|250 mx");
        assertThat(talk.finding().reason()).isEqualTo(Reason.NOT_ASKED);
    }

    @Test
    void an_address_outside_ASCII_is_asked_with_SMTPUTF8_and_not_at_all_without() {
        Probe probe = new Probe(ReversePath.NULL, address("jürgen@b.test"), Optional.empty());
        Talk able = new Talk(probe, Tls.AVOID);
        able.hears("220 hi|250-mx\n250 SMTPUTF8|250 ok|250 ok");
        assertThat(able.said).containsExactly(EHLO, "MAIL FROM:<> SMTPUTF8", "RCPT TO:<jürgen@b.test>");
        Talk unable = new Talk(probe, Tls.AVOID);
        unable.hears("220 hi|250 mx");
        assertThat(unable.finding().reason()).isEqualTo(Reason.NOT_ASKED);
        assertThat(unable.finding().outcome()).isEqualTo(Outcome.SUCCESS);
        assertThat(unable.dialogue.mayQuit()).isTrue();
    }

    @Test
    void a_configured_sender_stands_in_MAIL_and_its_refusal_is_a_refusal_of_us() {
        Talk talk = new Talk(
                new Probe(new ReversePath(address("probe@example.org")), address("jane@b.test"), Optional.empty()),
                Tls.AVOID);
        talk.hears("220 hi|250 mx|550 5.7.1 no");
        assertThat(talk.said).containsExactly(EHLO, "MAIL FROM:<probe@example.org>");
        assertThat(talk.finding().reason()).isEqualTo(Reason.REFUSED_US);
    }

    @Test
    void CO19_a_random_local_part_that_is_accepted_too_makes_it_accepts_any() {
        Talk talk = new Talk(withRandom(), Tls.AVOID);
        talk.hears("220 hi|250 mx|250 ok|250 yes|250 yes");
        assertThat(talk.said).containsExactly(EHLO, MAIL, RCPT, "RCPT TO:<x7q@b.test>");
        assertThat(talk.finding().reason()).isEqualTo(Reason.ACCEPTS_ANY);
        assertThat(talk.dialogue.mayBeReused()).isTrue();
    }

    @Test
    void CO19_a_random_local_part_is_not_asked_about_where_the_real_one_is_refused() {
        Talk talk = new Talk(withRandom(), Tls.AVOID);
        talk.hears("220 hi|250 mx|250 ok|550 5.1.1 no");
        assertThat(talk.said).containsExactly(EHLO, MAIL, RCPT);
        assertThat(talk.finding().reason()).isEqualTo(Reason.NO_SUCH_MAILBOX);
    }

    @TestFactory
    Stream<DynamicTest> CO20_whatever_becomes_of_the_random_one_the_real_one_stays_accepted() {
        return Stream.of("550 5.1.1 no", "450 later", "TIMEOUT", "CLOSED", "BROKEN", "354 go", "421 bye")
                .map(answer -> DynamicTest.dynamicTest(answer, () -> {
                    Talk talk = new Talk(withRandom(), Tls.AVOID);
                    talk.hears("220 hi|250 mx|250 ok|250 yes|" + answer);
                    assertThat(talk.finding().reason()).isEqualTo(Reason.ACCEPTED);
                    assertThat(talk.finding().reply()).hasToString("250 yes");
                    assertThat(talk.dialogue.mayBeReused())
                            .isEqualTo(answer.startsWith("550") || answer.startsWith("450"));
                }));
    }

    @Test
    void a_connection_is_used_again_after_RSET_without_greeting_it_twice() {
        Talk talk = new Talk(probe(), Tls.AVOID);
        talk.hears("220 hi|250 mx|250 ok|550 5.1.1 no");
        talk.takes(talk.dialogue.reset());
        talk.hears("250 reset");
        assertThat(talk.idle).isTrue();
        talk.takes(talk.dialogue.ask(new Probe(ReversePath.NULL, address("john@b.test"), Optional.empty())));
        talk.hears("250 ok|250 ok");
        assertThat(talk.said).containsExactly(EHLO, MAIL, RCPT, "RSET", MAIL, "RCPT TO:<john@b.test>");
        assertThat(talk.finding().reason()).isEqualTo(Reason.ACCEPTED);
    }

    @Test
    void RP08_a_connection_with_a_reply_too_many_is_never_used_again() {
        Talk talk = new Talk(probe(), Tls.AVOID);
        talk.hears("220 hi|250 mx|250 ok|250 ok|250 ok again");
        assertThat(talk.finding().reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(talk.dialogue.mayBeReused()).isFalse();
        assertThat(talk.closed).isTrue();
        assertThatThrownBy(talk.dialogue::reset).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void RP14_a_421_to_an_idle_connection_closes_it() {
        Talk talk = new Talk(probe(), Tls.AVOID);
        talk.hears("220 hi|250 mx|250 ok|250 ok");
        talk.takes(talk.dialogue.reset());
        talk.hears("250 reset|421 idle too long");
        assertThat(talk.closed).isTrue();
        assertThat(talk.dialogue.mayQuit()).isFalse();
    }

    @Test
    void only_a_peer_that_did_not_do_its_part_counts_as_failed() {
        for (Row row : ROWS) {
            Talk talk = new Talk(probe(), Tls.IF_OFFERED);
            talk.hears(row.peer());
            Outcome expected = row.course() == Course.IN_CLEAR
                    ? Outcome.NOT_COUNTED
                    : switch (row.reason()) {
                        case NO_ANSWER, UNREACHABLE, BROKEN_PEER -> Outcome.PEER_FAILURE;
                        default -> Outcome.SUCCESS;
                    };
            assertThat(talk.finding().outcome()).as(row.name()).isEqualTo(expected);
        }
    }

    private static Probe probe() {
        return new Probe(ReversePath.NULL, address("jane@b.test"), Optional.empty());
    }

    private static Probe withRandom() {
        return new Probe(ReversePath.NULL, address("jane@b.test"), Optional.of(address("x7q@b.test")));
    }

    private static MailAddress address(String text) {
        return MailAddress.parse(text).orElseThrow();
    }

    /** Carries out what a dialogue wants, with a peer made of text. */
    private static final class Talk {
        final ProbeDialogue dialogue;
        final List<String> said = new ArrayList<>();
        final List<Finding> findings = new ArrayList<>();
        boolean idle;
        boolean closed;

        Talk(Probe probe, Tls tls) {
            dialogue = new ProbeDialogue("mx.b.test", "mx.example.org", tls);
            takes(dialogue.ask(probe));
        }

        void hears(String events) {
            for (String event : events.split("\\|")) {
                takes(
                        switch (event) {
                            case "SECURED" -> dialogue.onSecured();
                            case "NOT-SECURED" -> dialogue.onNotSecured("handshake failed");
                            case "CLOSED" -> dialogue.onClosed("closed");
                            case "TIMEOUT" -> dialogue.onTimeout("too late");
                            case "BROKEN" -> dialogue.onBroken("not SMTP");
                            default -> dialogue.onReply(reply(event));
                        });
            }
        }

        void takes(Action action) {
            if (action instanceof Action.Send send) {
                said.add(CommandPrinter.print(send.command()));
            } else if (action instanceof Action.Finish finish) {
                findings.add(finish.finding());
            } else if (action instanceof Action.Idle) {
                idle = true;
            } else if (action instanceof Action.Close) {
                closed = true;
            }
        }

        /** The last one; each question has one. */
        Finding finding() {
            assertThat(findings).isNotEmpty();
            return findings.get(findings.size() - 1);
        }

        private static SmtpReply reply(String lines) {
            ReplyParser parser = new ReplyParser(SmtpLimits.DEFAULT);
            for (String line : lines.split("\n")) {
                byte[] octets = line.getBytes(StandardCharsets.UTF_8);
                parser.line(octets, 0, octets.length);
            }
            return parser.reply();
        }
    }
}
