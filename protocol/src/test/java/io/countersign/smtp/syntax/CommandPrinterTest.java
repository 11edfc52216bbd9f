package io.countersign.smtp.syntax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.smtp.BodyType;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandPrinterTest {
    private static MailAddress address(String text) {
        return MailAddress.parse(text).orElseThrow();
    }

    @Test
    void commands_are_printed_as_servers_expect_them() {
        assertThat(CommandPrinter.print(new SmtpCommand.Mail(ReversePath.NULL, MailParameters.NONE)))
                .isEqualTo("MAIL FROM:<>");
        assertThat(CommandPrinter.print(new SmtpCommand.Mail(
                        new ReversePath(address("jürgen@b")),
                        new MailParameters(0, BodyType.EIGHT_BIT_MIME, true, "HDRS", "QQ+2B"))))
                .isEqualTo("MAIL FROM:<jürgen@b> SIZE=0 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+2B");
        assertThat(CommandPrinter.print(new SmtpCommand.Rcpt(
                        ForwardPath.POSTMASTER, new RcptParameters("SUCCESS,DELAY", "rfc822;a@b"))))
                .isEqualTo("RCPT TO:<Postmaster> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b");
        assertThat(CommandPrinter.print(new SmtpCommand.Bdat(Long.MAX_VALUE, true)))
                .isEqualTo("BDAT 9223372036854775807 LAST");
        assertThat(CommandPrinter.print(new SmtpCommand.Xclient("ADDR=192.0.2.1 NAME=[UNAVAILABLE]")))
                .isEqualTo("XCLIENT ADDR=192.0.2.1 NAME=[UNAVAILABLE]");
        assertThat(CommandPrinter.print(SmtpCommand.Plain.STARTTLS)).isEqualTo("STARTTLS");
    }

    static Stream<SmtpCommand> unprintable() {
        ReversePath from = new ReversePath(address("a@b"));
        ForwardPath to = new ForwardPath(address("a@b"));
        return Stream.of(
                new SmtpCommand.Ehlo(""),
                new SmtpCommand.Ehlo("a b"),
                new SmtpCommand.Ehlo("a\r\nMAIL FROM:<>"),
                new SmtpCommand.Ehlo("ü"),
                new SmtpCommand.Helo("a".repeat(256)),
                new SmtpCommand.Mail(new ReversePath(address("ü@b")), MailParameters.NONE),
                new SmtpCommand.Mail(from, new MailParameters(-2, null, false, null, null)),
                new SmtpCommand.Mail(from, new MailParameters(-1, null, false, "ALL", null)),
                new SmtpCommand.Mail(from, new MailParameters(-1, null, false, null, "")),
                new SmtpCommand.Mail(from, new MailParameters(-1, null, false, null, "a b")),
                new SmtpCommand.Mail(from, new MailParameters(-1, null, false, null, "a+0A")),
                new SmtpCommand.Mail(from, new MailParameters(-1, null, false, null, "a\r\nb")),
                new SmtpCommand.Rcpt(to, new RcptParameters("never", null)),
                new SmtpCommand.Rcpt(to, new RcptParameters("NEVER\r\nDATA", null)),
                new SmtpCommand.Rcpt(to, new RcptParameters(null, "a@b")),
                new SmtpCommand.Rcpt(to, new RcptParameters(null, "rfc822;a b")),
                new SmtpCommand.Rcpt(to, new RcptParameters(null, "rfc822;ü")),
                new SmtpCommand.Rcpt(to, new RcptParameters(null, "utf-8;\u202e")),
                new SmtpCommand.Bdat(-1, false),
                new SmtpCommand.Vrfy(""),
                new SmtpCommand.Vrfy(" a"),
                new SmtpCommand.Vrfy("a\nb"),
                new SmtpCommand.Expn("a\u007f"),
                new SmtpCommand.Xclient("NAME=a\r\nRSET"),
                new SmtpCommand.Xclient("NAME=" + "a".repeat(512)),
                new SmtpCommand.Unknown("QUIT"),
                new SmtpCommand.Unknown("a b"),
                new SmtpCommand.Unknown("FOO\r\nBAR"),
                new SmtpCommand.Unknown("GET"));
    }

    @ParameterizedTest
    @MethodSource("unprintable")
    void what_would_not_be_read_back_is_never_printed(SmtpCommand unprintable) {
        assertThatThrownBy(() -> CommandPrinter.print(unprintable)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @MethodSource("unprintable")
    void a_refusal_to_print_shows_nobody_s_data(SmtpCommand unprintable) {
        assertThatThrownBy(() -> CommandPrinter.print(unprintable)).hasMessageMatching("[ -~]+");
    }

    @Test
    void plain_commands_are_only_those_without_arguments_of_their_own() {
        assertThatThrownBy(() -> new SmtpCommand.Plain(SmtpCommand.Kind.MAIL))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_reply_repeats_its_codes_on_each_line() {
        assertThat(ReplyPrinter.print(new SmtpReply(550, EnhancedStatus.of(5, 1, 1), List.of("a", "", "c"))))
                .isEqualTo("550-5.1.1 a\r\n550-5.1.1 \r\n550 5.1.1 c\r\n");
        assertThat(ReplyPrinter.print(new SmtpReply(250, null, List.of("mx", "SIZE 5"))))
                .isEqualTo("250-mx\r\n250 SIZE 5\r\n");
        assertThat(ReplyPrinter.print(SmtpReply.of(250, ""))).isEqualTo("250 \r\n");
    }

    @Test
    void a_reply_made_of_a_peer_s_line_ends_stays_one_reply() {
        assertThat(ReplyPrinter.print(SmtpReply.of(550, "a\r\n250 b"))).isEqualTo("550 a??250 b\r\n");
    }

    @Test
    void xtext_hides_nothing_that_acts() {
        assertThat(Xtext.encode("a+b=c d\u0001ü~!")).isEqualTo("a+2Bb+3Dc+20d+01+C3+BC~!");
        assertThat(Xtext.encode("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "!~", "+2B", "+20+C3+BC+FF", "a+2Bb"})
    void xtext_that_is_well_formed_is_valid(String xtext) {
        assertThat(Xtext.isValid(xtext)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+", "+2", "+2b", "+GG", "a=b", "a b", "+00", "+0A", "+0D", "+1F", "+7F", "ü", "\u007f", "a\n", "++2B"
            })
    void PA51_xtext_that_is_malformed_or_hides_a_control_character_is_not_valid(String xtext) {
        assertThat(Xtext.isValid(xtext)).isFalse();
    }

    @Test
    void whatever_has_no_control_character_is_valid_once_encoded() {
        for (int c = ' '; c < 0x3000; c++) {
            if (c != 0x7f) {
                assertThat(Xtext.isValid(Xtext.encode("x" + (char) c))).isTrue();
            }
        }
    }
}
