package io.countersign.callout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.callout.ReplyMeaning.Asked;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.ReplyParser;
import io.countersign.verdict.Kind;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Covers CO01–CO18 and RP09, RP11 as tables: {@code reply-corpus.txt}. */
class ReplyMeaningTest {
    @TestFactory
    Stream<DynamicTest> CO01_to_CO14_RP19_a_reply_of_a_real_server_means_what_its_postmaster_meant() {
        List<Line> corpus = corpus();
        assertThat(corpus).hasSizeGreaterThan(150);
        return corpus.stream()
                .map(line -> DynamicTest.dynamicTest(
                        line.stage.word() + " " + line.reply + " -> " + line.reason,
                        () -> assertThat(ReplyMeaning.of(line.stage, parsed(line.reply), line.asked())
                                        .word())
                                .as(line.source)
                                .isEqualTo(line.reason)));
    }

    @Test
    void a_configured_sender_that_is_refused_is_our_trouble_and_no_refusal_of_the_null_sender() {
        Asked asked = new Asked("mx.example.net", new ReversePath(address("probe@example.org")), null);
        assertThat(ReplyMeaning.of(Stage.MAIL, parsed("550 5.7.1 no"), asked)).isEqualTo(Reason.REFUSED_US);
    }

    @Test
    void no_reply_without_proof_is_ever_undeliverable() {
        for (int code = 400; code < 600; code++) {
            for (String text :
                    List.of("", "no", "5.7.1 user unknown", "user unknown, blocked by rbl", "4.1.1 x", "(#5.7.0)")) {
                Reason reason = ReplyMeaning.of(Stage.RCPT, parsed(code + " " + text), Asked.UNKNOWN);
                assertThat(reason.kind()).as(code + " " + text).isNotEqualTo(Kind.UNDELIVERABLE);
            }
        }
    }

    @Test
    void no_reply_whatever_breaks_the_reading_and_only_a_5xx_is_ever_proof() {
        Random random = new Random(20260101);
        String[] scraps = {
            "user unknown",
            "<jane@b.test>",
            "5.1.1",
            "#5.7.1",
            "(#5.1.1)",
            "blocked",
            "ip",
            "@",
            "#",
            ".",
            "\u00df\u0130\u0142",
            "\ud83d\ude00",
            "%",
            "{a|b}",
            "*",
            "'",
            "  "
        };
        for (int i = 0; i < 20_000; i++) {
            int code = 200 + random.nextInt(400);
            List<String> lines = new ArrayList<>();
            for (int line = random.nextInt(3); line >= 0; line--) {
                StringBuilder text = new StringBuilder();
                for (int scrap = random.nextInt(6); scrap > 0; scrap--) {
                    text.append(scraps[random.nextInt(scraps.length)]).append(random.nextBoolean() ? " " : "");
                }
                lines.add(text.toString());
            }
            SmtpReply reply = new SmtpReply(code, null, lines);
            Asked asked = new Asked("mx.b.test", ReversePath.NULL, address("jane@b.test"));
            for (Stage stage : Stage.values()) {
                Reason reason = ReplyMeaning.of(stage, reply, asked);
                if (reason.kind() == Kind.UNDELIVERABLE) {
                    assertThat(code).as(lines.toString()).isGreaterThanOrEqualTo(500);
                    assertThat(stage).isEqualTo(Stage.RCPT);
                }
            }
        }
    }

    @Test
    void words_in_the_address_asked_decide_nothing() {
        MailAddress asked = address("no-such-user@example.net");
        assertThat(ReplyMeaning.of(
                        Stage.RCPT,
                        parsed("550 <No-Such-User@EXAMPLE.net> rejected"),
                        new Asked("mx.example.net", ReversePath.NULL, asked)))
                .isEqualTo(Reason.REFUSED_US);
    }

    @Test
    void an_endless_reply_costs_no_more_than_a_long_one() {
        SmtpReply endless = SmtpReply.of(550, "user <".repeat(100_000) + " unknown");
        long start = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            assertThat(ReplyMeaning.of(Stage.RCPT, endless, Asked.UNKNOWN)).isEqualTo(Reason.REFUSED_US);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void text_is_compared_without_case_accents_and_punctuation() {
        assertThat(ReplyText.words("  Boîte: <a@b>\tdoesn't   EXIST… łódź")).isEqualTo(" boite a b doesnt exist lodz ");
        assertThat(ReplyText.words("")).isEqualTo(" ");
        assertThat(ReplyText.withoutAddresses("User <a@b> unknown, x@y").strip())
                .isEqualTo("User < > unknown,");
        assertThat(ReplyText.without("<A@B.example>", "a@b.EXAMPLE")).isEqualTo("< >");
    }

    @Test
    void a_phrase_without_a_source_is_refused_with_its_line() {
        assertThatThrownBy(() -> new PhraseBook(List.of("[about-us]", "blocked ;")))
                .hasMessageContaining("line 2");
        assertThatThrownBy(() -> new PhraseBook(List.of("[about-us]", "{a|b ; x")))
                .hasMessageContaining("line 2");
        assertThatThrownBy(() -> new PhraseBook(List.of("[about-weather]"))).hasMessageContaining("about-weather");
        assertThatThrownBy(() -> new ProviderRules(List.of("mx | 550 | - | x | no-such-mailbox")))
                .hasMessageContaining("line 1");
    }

    @Test
    void a_block_list_in_the_address_we_asked_about_blocks_nobody() {
        MailAddress asked = address("zen.spamhaus.org-blacklisted@example.net");
        Asked question = new Asked("mx.example.net", ReversePath.NULL, asked);
        SmtpReply quoted = parsed("550 5.7.1 <zen.spamhaus.org-blacklisted@example.net>: Recipient address rejected");
        assertThat(ReplyMeaning.of(Stage.RCPT, quoted, question)).isEqualTo(Reason.REFUSED_US);
        assertThat(ReplyMeaning.namesUs(quoted, question)).isFalse();
        SmtpReply local = parsed("550 5.7.1 user zen.spamhaus.org-blacklisted is not for you");
        assertThat(ReplyMeaning.namesUs(local, question)).isFalse();
        SmtpReply ours = parsed("554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org");
        assertThat(ReplyMeaning.namesUs(ours, question)).isTrue();
    }

    private static SmtpReply parsed(String lines) {
        ReplyParser parser = new ReplyParser(SmtpLimits.DEFAULT);
        ReplyParser.State state = ReplyParser.State.INCOMPLETE;
        for (String line : lines.split("\\\\n")) {
            byte[] octets = line.getBytes(StandardCharsets.UTF_8);
            state = parser.line(octets, 0, octets.length);
        }
        assertThat(state).as(lines).isEqualTo(ReplyParser.State.COMPLETE);
        return parser.reply();
    }

    private static MailAddress address(String text) {
        return MailAddress.parse(text).orElseThrow();
    }

    private static List<Line> corpus() {
        return PhraseBook.shippedLines("reply-corpus.txt").stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(Line::of)
                .toList();
    }

    private record Line(Stage stage, String exchanger, String address, String reply, String reason, String source) {
        static Line of(String line) {
            String[] fields = line.split(" \\| ", -1);
            assertThat(fields).as(line).hasSize(6);
            return new Line(
                    Stage.valueOf(fields[0].toUpperCase(Locale.ROOT)),
                    fields[1],
                    fields[2],
                    fields[3],
                    fields[4],
                    fields[5]);
        }

        Asked asked() {
            return new Asked(exchanger, ReversePath.NULL, ReplyMeaningTest.address(address));
        }
    }
}
