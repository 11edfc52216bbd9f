package io.countersign.catalogue;

import io.countersign.lab.Act;
import io.countersign.lab.LabStage;
import io.countersign.lab.LineRule;
import io.countersign.lab.MtaBehaviour;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where content ends, what does not end it, and what stands before and behind its end. */
class EndsOfContentTest {
    @RegisterExtension
    static final Worlds WORLDS = Worlds.with(World.CHECKS_OFF);

    @RegisterExtension
    static final Worlds SMALL = Worlds.with(World.CHECKS_OFF + "listen.limits.message-size = 64KiB\n");

    @RegisterExtension
    static final Worlds NORMALIZING = Worlds.with(
            World.CHECKS_OFF + "overrides = [ { client = \"127.9.0.1\", listen.bare-newline = normalize } ]\n");

    private static final String SMUGGLED =
            "MAIL FROM:<evil@b.test>\r\nRCPT TO:<r@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n";

    /** Everything that some server takes for an end and that is none, and what the client hears of it. */
    static Stream<String[]> falseEnds() {
        return Stream.of(
                        "\n.\n",
                        "\r\n.\n",
                        "\n.\r\n",
                        "\r.\r",
                        "\r.\n",
                        "\n.\r",
                        "\r.\r\n",
                        "\r\n.\r",
                        "\r\n.\r\r\n",
                        "\r\r\n.\r\r\n",
                        "\r\n\r.\r\n",
                        "\n\n.\r\n",
                        "\n..\n",
                        "\r\n.\n\r\n",
                        "\n\r.\r\n",
                        "\r\n\n.\n",
                        "\r\n.\r.\r\n",
                        "\n.\n.\r\n",
                        "\r\n\0.\r\n",
                        "\r\n.\0\r\n",
                        "\r\n.\r\0\n",
                        "\0\n.\n")
                .map(end -> new String[] {
                    end,
                    end.indexOf('\0') >= 0 && end.indexOf('\0') < firstBare(end) ? "550 5.6.0 " : "550 5.5.2 bare <"
                });
    }

    private static int firstBare(String text) {
        for (int i = 0; i < text.length(); i++) {
            boolean cr = text.charAt(i) == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n');
            boolean lf = text.charAt(i) == '\n' && (i == 0 || text.charAt(i - 1) != '\r');
            if (cr || lf) {
                return i;
            }
        }
        return text.length();
    }

    @ParameterizedTest
    @MethodSource("falseEnds")
    void PA01_to_PA11_no_false_end_ends_a_message_and_what_stands_behind_it_never_runs(String end, String reply) {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say("Subject: x\r\n\r\nline" + end + SMUGGLED)
                .hear(reply)
                .closed());
        // As the very first line, where even a lone dot is an end.
        WORLDS.play(Dialogue.greeted()
                .data()
                .say(end.substring(end.indexOf('\n') == 1 ? 2 : 0).replaceFirst("^\\.\r\n", "x\n") + SMUGGLED)
                .hear("550 5.5.2 bare <|550 5.6.0 ")
                .closed());
    }

    @ParameterizedTest
    @MethodSource("falseEnds")
    void PA12_a_false_end_in_a_message_already_too_large_smuggles_nothing(String end, String reply) {
        SMALL.each(world -> world.play(
                Dialogue.greeted()
                        .data()
                        .say("Subject: x\r\n\r\n"
                                + "y".repeat(998).concat("\r\n").repeat(70) + "line" + end + SMUGGLED)
                        .hear("552 5.3.4 ")
                        .closed(),
                new Cut.Random(end.hashCode())));
    }

    @Test
    void PA12_PA50_a_message_too_large_is_read_to_its_end_and_the_session_goes_on() {
        String tooLarge = "Subject: x\r\n\r\n" + "y".repeat(998).concat("\r\n").repeat(70) + ".\r\n";
        SMALL.play(Dialogue.greeted()
                .line("MAIL FROM:<a@b.test> SIZE=10")
                .hear("250 ")
                .line("RCPT TO:<r@example.org>")
                .hear("250 ")
                .line("DATA")
                .hear("354 ")
                .say(tooLarge)
                .hear("552 5.3.4 ")
                .line("RCPT TO:<r@example.org>")
                .hear("503 5.5.1 ")
                .data()
                .say("Subject: y\r\n\r\n.\r\n")
                .accepted("Subject: y\r\n\r\n"));
    }

    @ParameterizedTest
    @MethodSource("falseEnds")
    void PA13_a_false_end_behind_a_failure_of_the_mta_smuggles_nothing(String end, String reply) {
        MtaBehaviour dies = MtaBehaviour.proper().lines(LineRule.LAX).duringContent(400, Act.close());
        try (World world = World.before(dies, World.CHECKS_OFF)) {
            world.play(
                    Dialogue.greeted()
                            .data()
                            .say("Subject: x\r\n\r\n" + "y".repeat(998) + "\r\nline")
                            .then(() -> world.stage().mta.tallies().open().awaitAtMost(0))
                            .say(end + SMUGGLED)
                            .hear("451 4.4.2 |550 5.5.2 bare <|550 5.6.0 ")
                            .closed(),
                    new Cut.Random(end.hashCode()));
        }
    }

    @Test
    void PA14_lf_only_content_leaves_us_with_crlf_and_holds_no_end_of_its_own() {
        NORMALIZING.play(Dialogue.greeted()
                .data()
                .say("Subject: x\n\na\n.\nb\n..\r\nc\r\n.\n.\r\nMAIL FROM:<evil@b.test>\n\r\n.\r\n")
                .accepted("Subject: x\r\n\r\na\r\n.\r\nb\r\n.\r\nc\r\n.\r\n.\r\nMAIL FROM:<evil@b.test>\r\n\r\n"));
        NORMALIZING.play(Dialogue.greeted()
                .data()
                .say("a\nb\rc\r\n.\r\n")
                .hear("550 5.5.2 bare <CR>")
                .closed());
    }

    @Test
    void PA16_a_line_of_a_single_dot_arrives_as_one_dot() {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say("Subject: x\r\n\r\n..\r\n...\r\n..a\r\n.b\r\n.\r\n")
                .accepted("Subject: x\r\n\r\n.\r\n..\r\n.a\r\nb\r\n"));
    }

    @Test
    void PA17_an_empty_message_is_a_message_and_so_is_one_without_header() {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say(".\r\n")
                .accepted("")
                .data()
                .say("\r\n.\r\n")
                .accepted("\r\n")
                .data()
                .say("no header at all\r\n.\r\n")
                .accepted("no header at all\r\n"));
    }

    @Test
    void PA18_mbox_lines_in_front_count_like_any_other() {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say("From a@b.test Mon Jan  1\r\nFrom b\r\nSubject: x\r\n\r\nFrom c\r\n.\r\n")
                .accepted("From a@b.test Mon Jan  1\r\nFrom b\r\nSubject: x\r\n\r\nFrom c\r\n"));
        SMALL.play(Dialogue.greeted()
                .data()
                .say("From a@b.test Mon Jan  1\r\n".repeat(3000) + ".\r\n")
                .hear("552 5.3.4 "));
    }

    @Test
    void PA15_IN12_content_that_begins_with_a_blank_continues_nothing_of_ours() {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say(" by evil; spf=pass\r\n\r\nbody\r\n.\r\n")
                .accepted(" by evil; spf=pass\r\n\r\nbody\r\n")
                .data()
                .say(".\tx\r\n.\r\n")
                .accepted("\tx\r\n")
                .data()
                .say(" \r\n.\r\n")
                .accepted(" \r\n"));
    }

    @Test
    void PA24_a_hundred_hops_pass_and_one_more_is_a_loop_whatever_their_case_and_folds() {
        String hop = "rEcEiVeD : from a by b;\r\n\tMon, 1 Jan 2035 00:00:00 +0000\r\n";
        Cut whole = new Cut.Whole();
        WORLDS.each(world -> {
            world.play(
                    Dialogue.greeted()
                            .data()
                            .say(hop.repeat(100) + "\r\n" + hop + ".\r\n")
                            .accepted(hop.repeat(100) + "\r\n" + hop),
                    whole);
            world.play(
                    Dialogue.greeted()
                            .data()
                            .say("Subject: x\r\n" + hop.repeat(101) + "\r\n.\r\n")
                            .hear("554 5.4.6 "),
                    whole);
        });
    }

    @Test
    void PA47_eight_bit_content_passes_with_and_without_a_declaration() {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say("Subject: \u00e4\u00ff\r\n\r\n\u0080\u00fe\r\n.\r\n")
                .accepted("Subject: \u00e4\u00ff\r\n\r\n\u0080\u00fe\r\n")
                .line("MAIL FROM:<a@b.test> BODY=8BITMIME")
                .hear("250 ")
                .line("RCPT TO:<r@example.org>")
                .hear("250 ")
                .line("DATA")
                .hear("354 ")
                .say("\u00fc\r\n.\r\n")
                .accepted("\u00fc\r\n"));
    }

    @Test
    void PA37_PA38_in_chunks_neither_dots_nor_line_ends_end_anything() {
        String content = "Subject: x\r\n\r\n.\r\nMAIL FROM:<evil@b.test>\r\n..\r\n\r\n.\r\n";
        int half = content.length() / 2;
        WORLDS.play(Dialogue.greeted()
                .envelope("a@b.test", "r@example.org")
                .say("BDAT " + half + "\r\n" + content.substring(0, half))
                .hear("250 ")
                .say("BDAT " + (content.length() - half) + " LAST\r\n" + content.substring(half))
                .accepted(content)
                .envelope("a@b.test", "r@example.org")
                .say("BDAT 5 LAST\r\na\n.\nb")
                .hear("550 5.5.2 bare <LF>")
                .closed());
    }

    @Test
    void PA39_a_client_that_vanishes_in_mid_content_leaves_no_end_behind() {
        WORLDS.play(Dialogue.greeted().data().say("Subject: x\r\n\r\nhalf\r\n.").reset());
        WORLDS.play(Dialogue.greeted()
                .envelope("a@b.test", "r@example.org")
                .say("BDAT 100 LAST\r\nSubject: x\r\n")
                .reset());
        WORLDS.play(
                Dialogue.greeted().data().say("Subject: x\r\n\r\n.\r").finish().closed());
    }

    @Test
    void PA39_a_client_that_closes_its_side_while_the_mta_thinks_hears_what_became_of_its_message_and_of_quit() {
        MtaBehaviour thinks = MtaBehaviour.proper()
                .at(LabStage.END_OF_DATA, Act.reply("250 2.0.0 Ok: queued").after(Duration.ofMillis(50)));
        try (World world = World.before(thinks, World.CHECKS_OFF)) {
            world.play(Dialogue.greeted()
                    .data()
                    .say("Subject: x\r\n\r\n.\r\nNOOP\r\nQUIT\r\n")
                    .finish()
                    .accepted("Subject: x\r\n\r\n")
                    .hear("250 ")
                    .hear("221 ")
                    .closed());
        }
    }
}
