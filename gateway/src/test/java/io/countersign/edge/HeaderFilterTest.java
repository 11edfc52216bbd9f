package io.countersign.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.edge.HeaderFilter.Framing;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.LeakPresenceDetector;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderFilterTest {
    private static final String TRACE = "Authentication-Results: mx1.example.org; none\r\nReceived: ours\r\n";

    @AfterEach
    void nothing_leaks() {
        LeakPresenceDetector.check();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Subject: a~~body~                                                     | Subject: a~~body~",
                "Authentication-Results: mx1.example.org; spf=pass~Subject: a~~b~      | Subject: a~~b~",
                "AUTHENTICATION-RESULTS:mx1.EXAMPLE.org;x=y~ folded~\tmore~Subject: a~~b~ | Subject: a~~b~",
                "authentication-results : (c(o)m) mx1.example.org 1; none~Subject: a~~  | Subject: a~~",
                "Authentication-Results: \"mx1.example.org\"; none~Subject: a~~          | Subject: a~~",
                "Authentication-Results:~ mx1.example.org; none~Subject: a~~           | Subject: a~~",
                "Authentication-Results: mx1.example.org~Subject: a~~                  | Subject: a~~",
                "Authentication-Results: other.example; spf=pass~ x~Subject: a~~       | Authentication-Results: other.example; spf=pass~ x~Subject: a~~",
                "Authentication-Results: mx1.example.org.evil; none~~                  | Authentication-Results: mx1.example.org.evil; none~~",
                "Authentication-Resultsx: mx1.example.org; none~~                      | Authentication-Resultsx: mx1.example.org; none~~",
                "A: 1~Authentication-Results: mx1.example.org; a~Authentication-Results: mx1.example.org; b~B: 2~~ | A: 1~B: 2~~",
                "A: 1~~Authentication-Results: mx1.example.org; in the body~           | A: 1~~Authentication-Results: mx1.example.org; in the body~",
                "~body~                                                                | ~body~",
                ".Authentication-Results: mx1.example.org; none~A: 1~~                 | A: 1~~",
                "A: 1~.Authentication-Results: mx1.example.org; none~~b~               | A: 1~~b~",
                "Authentication-Results: mx1.example.org; a~. folded~.Authentication-Results: mx1.example.org; b~..A: 1~~ | ..A: 1~~",
                "Authentication-Results: mx1.example.org~.Authentication-Results: mx1.example.org~.A: 1~~ | .A: 1~~",
                "Authentication-Results: other~.Authentication-Results: mx1.example.org~.A: 1~~ | Authentication-Results: other~.A: 1~~",
                "..~A: 1~~                                                             | ..~A: 1~~",
            })
    void IN09_results_that_claim_to_be_ours_are_taken_out_and_nothing_else(String content, String expected) {
        String wanted = TRACE + expected.strip().replace("~", "\r\n");
        byte[] octets = content.strip().replace("~", "\r\n").getBytes(StandardCharsets.US_ASCII);
        assertThat(filtered(octets, Framing.DOT_STUFFED, octets.length)).isEqualTo(wanted);
        assertThat(filtered(octets, Framing.DOT_STUFFED, 1))
                .as("octet by octet")
                .isEqualTo(wanted);
        for (int split = 1; split < octets.length; split++) {
            assertThat(filtered(octets, Framing.DOT_STUFFED, split))
                    .as("at %d", split)
                    .isEqualTo(wanted);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '@',
            value = {"@ x: 1~~@", "@\tx~@", "@. x~~@"})
    void IN12_content_that_begins_with_a_blank_does_not_continue_our_fields(String content) {
        byte[] octets = content.replace("~", "\r\n").getBytes(StandardCharsets.US_ASCII);
        for (int split = 1; split <= octets.length; split++) {
            assertThat(filtered(octets, Framing.DOT_STUFFED, split))
                    .isEqualTo(TRACE + "\r\n" + new String(octets, StandardCharsets.US_ASCII));
        }
    }

    @Test
    void an_empty_message_still_gets_our_fields() {
        assertThat(filtered(new byte[0], Framing.DOT_STUFFED, 1)).isEqualTo(TRACE);
    }

    @Test
    void a_field_whose_owner_does_not_become_clear_within_the_hold_goes() {
        String field = "Authentication-Results: (" + "c".repeat(HeaderFilter.HOLD) + ") mx1.example.org; none\r\n";
        byte[] octets = (field + "A: 1\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        for (int split : new int[] {1, 100, 8191, 8192, 8193, octets.length}) {
            assertThat(filtered(octets, Framing.RAW, split)).isEqualTo(TRACE + "A: 1\r\n\r\n");
        }
    }

    @Test
    void PA24_received_fields_are_counted_whatever_their_case() {
        HeaderFilter filter = new HeaderFilter("mx1.example.org", Framing.DOT_STUFFED, trace());
        feed(
                filter,
                "Received: a\r\nRECEIVED : b\r\n folded Received: x\r\nX-Received: c\r\nreceived:d\r\n\r\nReceived: body\r\n"
                        .getBytes(StandardCharsets.US_ASCII),
                3);
        assertThat(filter.receivedFields()).isEqualTo(3);
        filter.release();
    }

    @Test
    void PA15_however_fields_are_made_of_parts_the_output_never_ends_early_and_no_field_of_ours_survives() {
        String[] parts = {
            ".",
            "..",
            "Authentication-Results",
            ":",
            " ",
            "\t",
            "mx1.example.org",
            ";",
            "\r\n",
            "(",
            ")",
            "\"",
            "\\",
            "A: 1",
            "other",
            "Received"
        };
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            StringBuilder content = new StringBuilder();
            for (int i = random.nextInt(14); i >= 0; i--) {
                content.append(parts[random.nextInt(parts.length)]);
            }
            content.append("\r\n");
            String clean = content.toString();
            if (clean.startsWith(".\r\n") || clean.contains("\r\n.\r\n")) {
                continue; // the body scanner ends the message there
            }
            byte[] octets = clean.getBytes(StandardCharsets.US_ASCII);
            String whole = filtered(octets, Framing.DOT_STUFFED, octets.length);
            assertThat(whole).as("seed %d: %s", seed, clean).startsWith(TRACE).doesNotContain("\r\n.\r\n");
            assertThat(filtered(octets, Framing.DOT_STUFFED, 1 + random.nextInt(octets.length)))
                    .as("seed %d: %s", seed, clean)
                    .isEqualTo(whole);
            for (String line : whole.substring(TRACE.length())
                    .replace("\r\n.", "\r\n")
                    .split("\r\n\r\n", 2)[0]
                    .split("\r\n")) {
                assertThat(line)
                        .as("seed %d: %s", seed, clean)
                        .doesNotStartWith("Authentication-Results: mx1.example.org;");
            }
        }
    }

    private static ByteBuf trace() {
        return Unpooled.copiedBuffer(TRACE, StandardCharsets.US_ASCII);
    }

    private static String filtered(byte[] octets, Framing framing, int step) {
        HeaderFilter filter = new HeaderFilter("mx1.example.org", framing, trace());
        String out = feed(filter, octets, step);
        filter.release();
        return out;
    }

    private static String feed(HeaderFilter filter, byte[] octets, int step) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < octets.length; i += step) {
            filter.filter(
                    Unpooled.copiedBuffer(octets, i, Math.min(step, octets.length - i)), piece -> take(out, piece));
        }
        filter.finish(piece -> take(out, piece));
        return out.toString();
    }

    private static void take(StringBuilder out, ByteBuf piece) {
        out.append(piece.toString(StandardCharsets.US_ASCII));
        piece.release();
    }

    private static String messageIdOf(String message, int chunk) {
        HeaderFilter filter = new HeaderFilter(
                "mx1.example.org", Framing.RAW, Unpooled.copiedBuffer(TRACE, StandardCharsets.US_ASCII));
        byte[] octets = message.replace("~", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < octets.length; i += chunk) {
            filter.filter(Unpooled.copiedBuffer(octets, i, Math.min(chunk, octets.length - i)), ByteBuf::release);
        }
        filter.finish(ByteBuf::release);
        String id = filter.messageId();
        filter.release();
        return id == null ? "none" : id;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Message-ID: <a@b>~~                                      | <a@b>",
                "A: 1~MESSAGE-id:<a@b> (a comment)~B: 2~~                 | <a@b>",
                "Message-ID:~ <folded@b>~B: 2~~                           | <folded@b>",
                "Message-ID: <first@b>~Message-ID: <second@b>~~           | <first@b>",
                "Message-ID:~B: <no@b>~~                                  | none",
                "Message-IDs: <a@b>~Message: <a@b>~Messag~~               | none",
                "A: 1~~Message-ID: <body@b>~                              | none",
                "Authentication-Results: mx1.example.org; x~Message-ID: <a@b>~~ | <a@b>",
                "Message-ID: <\u001b[2Ja\u00e9@b>~~                       | <[2Ja@b>",
                "Message-ID: a b c~ <d@b>~~                               | abc",
            })
    void the_message_id_is_noted_however_the_header_is_cut_and_folded(String message, String expected) {
        for (int chunk = 1; chunk <= 60; chunk++) {
            assertThat(messageIdOf(message, chunk)).as("in chunks of " + chunk).isEqualTo(expected);
        }
    }

    @Test
    void a_message_id_without_end_is_cut() {
        assertThat(messageIdOf("Message-ID: <" + "x".repeat(5000) + ">~~", 1000))
                .hasSize(250);
    }
}
