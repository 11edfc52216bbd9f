package io.countersign.smtp.syntax;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.syntax.CommandParser.Parsed;
import io.countersign.smtp.syntax.ReplyParser.State;

/** In the ordinary build the seeds are replayed; with {@code JAZZER_FUZZ=1} new input is searched for. */
class SyntaxFuzzTest {
    @FuzzTest
    void a_command_line_never_fails_and_never_smuggles(byte[] line) {
        Parsed parsed = CommandParser.parse(line, 0, line.length);
        if (parsed instanceof Parsed.Command read && read.command().kind() != SmtpCommand.Kind.UNKNOWN) {
            String printed = CommandPrinter.print(read.command());
            PrintParsePropertyTest.assertOneCleanLine(printed);
            assertThat(PrintParsePropertyTest.parse(printed)).isEqualTo(parsed);
        } else if (parsed instanceof Parsed.Fault fault) {
            PrintParsePropertyTest.assertOneCleanLine(fault.reply().toString());
        }
    }

    /** Lines are cut at LF. */
    @FuzzTest
    void a_reply_never_fails_and_is_passed_on_as_it_was_read(byte[] octets) {
        ReplyParser parser = new ReplyParser(SmtpLimits.DEFAULT);
        int from = 0;
        for (int i = 0; i <= octets.length; i++) {
            if (i < octets.length && octets[i] != '\n') {
                continue;
            }
            State state = parser.line(octets, from, i - from);
            if (state == State.COMPLETE && parser.reply().text().length() < 1000) {
                assertThat(PrintParsePropertyTest.read(ReplyPrinter.print(parser.reply())))
                        .containsExactly(parser.reply());
            }
            assertThat(parser.fault() != null).isEqualTo(state == State.BROKEN);
            from = i + 1;
        }
    }

    @FuzzTest
    void an_address_is_refused_or_has_one_clean_form(byte[] octets) {
        MailAddress.parse(new String(octets, UTF_8)).ifPresent(address -> {
            PrintParsePropertyTest.assertOneCleanLine(address.text());
            assertThat(address.text().getBytes(UTF_8)).hasSizeLessThanOrEqualTo(254);
            assertThat(MailAddress.parse(address.text()).map(MailAddress::text)).contains(address.text());
        });
    }

    @FuzzTest
    void xtext_that_is_valid_stands_in_one_word(byte[] octets) {
        String text = new String(octets, UTF_8);
        assertThat(Xtext.encode(text)).matches("[!-~]*").doesNotContain("=");
        if (Xtext.isValid(text)) {
            assertThat(text).matches("[!-~]*").doesNotContain("=", "+0", "+1", "+7F");
        }
    }
}
