package io.countersign.smtp.syntax;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.smtp.BodyType;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpCommand.Kind;
import io.countersign.smtp.SmtpCommand.Origin;
import io.countersign.smtp.syntax.CommandParser.Parsed;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandParserTest {
    private static Parsed parse(String line) {
        return parse(line, StandardCharsets.UTF_8);
    }

    /** With other octets around the line, which must not be looked at. */
    private static Parsed parse(String line, Charset charset) {
        byte[] octets = line.getBytes(charset);
        byte[] buffer = new byte[octets.length + 7];
        java.util.Arrays.fill(buffer, (byte) '>');
        System.arraycopy(octets, 0, buffer, 3, octets.length);
        return CommandParser.parse(buffer, 3, octets.length);
    }

    private static SmtpCommand command(String line) {
        Parsed parsed = parse(line);
        assertThat(parsed).as(line).isInstanceOf(Parsed.Command.class);
        return ((Parsed.Command) parsed).command();
    }

    private static SmtpCommand.Mail mail(String line) {
        return (SmtpCommand.Mail) command(line);
    }

    private static SmtpCommand.Rcpt rcpt(String line) {
        return (SmtpCommand.Rcpt) command(line);
    }

    private static void assertFault(String line, Kind verb, String codes) {
        assertFault(parse(line), verb, codes);
    }

    private static void assertFault(Parsed parsed, Kind verb, String codes) {
        assertThat(parsed).isInstanceOf(Parsed.Fault.class);
        Parsed.Fault fault = (Parsed.Fault) parsed;
        assertThat(fault.verb()).isEqualTo(verb);
        assertThat(fault.reply().toString()).startsWith(codes + " ");
    }

    @ParameterizedTest
    @CsvSource({
        "EHLO a,EHLO", "ehlo a,EHLO", "HeLo a,HELO", "mail from:<>,MAIL", "RCPT to:<a@b>,RCPT", "data,DATA",
                "Bdat 5,BDAT",
        "rset,RSET", "noop,NOOP", "quit,QUIT", "vrfy a,VRFY", "expn a,EXPN", "help,HELP", "starttls,STARTTLS",
        "xclient NAME=a,UNKNOWN", "FOO,UNKNOWN", "DATAX,UNKNOWN", "STARTTLSX,UNKNOWN", "'',UNKNOWN", "' QUIT',UNKNOWN"
    })
    void a_verb_is_known_in_any_case(String line, Kind kind) {
        assertThat(command(line).kind()).isEqualTo(kind);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MAIL FROM:<a@b> SIZE=1",
                "quit",
                "starttls",
                "mail from:<a@b> size=1",
                "Bdat 1 last",
                "rcpt to:<i@b> notify=failure"
            })
    void a_Turkish_locale_changes_no_command(String line) {
        Locale before = Locale.getDefault();
        SmtpCommand expected = command(line);
        try {
            Locale.setDefault(new Locale("tr", "TR"));
            assertThat(command(line)).isEqualTo(expected);
            assertThat(((SmtpCommand.Unknown) command("ident x")).verb()).isEqualTo("IDENT");
        } finally {
            Locale.setDefault(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"DATA ", "DATA \t ", "DATA\t"})
    void blanks_at_the_end_of_a_line_are_tolerated(String line) {
        assertThat(command(line)).isEqualTo(SmtpCommand.Plain.DATA);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MAIL FROM:<a@b>",
                "MAIL FROM: <a@b>",
                "MAIL  FROM:  <a@b>",
                "mail From:<a@b>  ",
                "MAIL FROM:<@x:a@b>",
                "MAIL FROM:<@x,@y.example:a@b>",
                "MAIL FROM:<@[IPv6:::1],@y:a@b>",
                "MAIL FROM:<\"a\"@b>"
            })
    void PA52_one_sender_in_all_its_spellings(String line) {
        assertThat(mail(line).from()).hasToString("<a@b>");
        assertThat(mail(line).parameters()).isSameAs(MailParameters.NONE);
    }

    @Test
    void a_quoted_bracket_does_not_end_the_path() {
        assertThat(mail("MAIL FROM:<\"a> SIZE=1\"@b> SIZE=2").from()).hasToString("<\"a> SIZE=1\"@b>");
        assertThat(mail("MAIL FROM:<\"a> SIZE=1\"@b> SIZE=2").parameters().size())
                .isEqualTo(2);
        assertThat(mail("MAIL FROM:<\"a\\\">\"@b>").from()).hasToString("<\"a\\\">\"@b>");
    }

    @Test
    void the_null_sender_and_postmaster_have_no_domain() {
        assertThat(mail("MAIL FROM:<>").from()).isEqualTo(ReversePath.NULL);
        assertThat(rcpt("RCPT TO:<postMASTER>").to()).isEqualTo(ForwardPath.POSTMASTER);
        assertThat(rcpt("RCPT TO:<postmaster@b>").to()).hasToString("<postmaster@b>");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MAIL|501 5.5.4",
                "MAIL FROM|501 5.5.4",
                "MAIL FROM:|501 5.5.4",
                "MAIL FROM:a@b|501 5.5.4",
                "MAIL FROM :<a@b>|501 5.5.4",
                "MAIL TO:<a@b>|501 5.5.4",
                "MAIL <a@b>|501 5.5.4",
                "MAIL FROM:<a@b>SIZE=1|501 5.5.4",
                "MAIL FROM:<a@b>>|501 5.5.4",
                "MAIL FROM:<a@b><c@d>|501 5.5.4",
                "MAIL FROM:<a@b|501 5.1.7",
                "MAIL FROM:< >|501 5.1.7",
                "MAIL FROM:<a>|501 5.1.7",
                "MAIL FROM:<postmaster>|501 5.1.7",
                "MAIL FROM:<a@b@c>|501 5.1.7",
                "MAIL FROM:<a b@c>|501 5.1.7",
                "MAIL FROM:<@x>|501 5.1.7",
                "MAIL FROM:<@x:>|501 5.1.7",
                "MAIL FROM:<@x;a@b>|501 5.1.7",
                "MAIL FROM:<@x,y:a@b>|501 5.1.7",
                "MAIL FROM:<@x,@:a@b>|501 5.1.7",
                "MAIL FROM:<\"a@b>|501 5.1.7",
            })
    void PA52_a_malformed_sender_gets_its_own_code(String line, String codes) {
        assertFault(line, Kind.MAIL, codes);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RCPT TO:|501 5.5.4",
                "RCPT FROM:<a@b>|501 5.5.4",
                "RCPT TO:a@b|501 5.5.4",
                "RCPT TO:<a@b>x|501 5.5.4",
                "RCPT TO:<>|501 5.1.3",
                "RCPT TO:<a>|501 5.1.3",
                "RCPT TO:<a@b..c>|501 5.1.3",
                "RCPT TO:<a@[tag:x]>|501 5.1.3"
            })
    void PA52_a_malformed_recipient_gets_its_own_code(String line, String codes) {
        assertFault(line, Kind.RCPT, codes);
    }

    @Test
    void PA53_a_percent_hack_is_an_address_for_the_rules_to_judge() {
        assertThat(rcpt("RCPT TO:<user%victim@ours.example>")
                        .to()
                        .address()
                        .orElseThrow()
                        .localPart())
                .isEqualTo("user%victim");
        assertThat(rcpt("RCPT TO:<\"user@victim\"@ours.example>")
                        .to()
                        .address()
                        .orElseThrow()
                        .localPart())
                .isEqualTo("user@victim");
        assertFault("RCPT TO:<user@victim@ours.example>", Kind.RCPT, "501 5.1.3");
    }

    @Test
    void parameters_are_read_in_any_order_and_case() {
        MailParameters parameters = mail("MAIL FROM:<a@b> envid=QQ+2B1  smtputf8 Ret=hdrs BODY=8bitmime size=42")
                .parameters();
        assertThat(parameters).isEqualTo(new MailParameters(42, BodyType.EIGHT_BIT_MIME, true, "HDRS", "QQ+2B1"));
        SmtpCommand.Rcpt rcpt = rcpt("RCPT TO:<a@b> NOTIFY=delay,success ORCPT=rfc822;x+2By@b");
        assertThat(rcpt.parameters().notifyOn()).isEqualTo("SUCCESS,DELAY");
        assertThat(rcpt.parameters().orcpt()).isEqualTo("rfc822;x+2By@b");
        assertThat(rcpt("RCPT TO:<a@b> ORCPT=utf-8;jürgen@b").parameters().orcpt())
                .isEqualTo("utf-8;jürgen@b");
        assertThat(rcpt("RCPT TO:<a@b> NOTIFY=NEVER").parameters().notifyOn()).isEqualTo("NEVER");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SIZE=99999999999999999999|501 5.5.4", // PA50
                "SIZE=9223372036854775808|501 5.5.4",
                "SIZE|501 5.5.4",
                "SIZE=|501 5.5.4",
                "SIZE=-1|501 5.5.4",
                "SIZE=+1|501 5.5.4",
                "SIZE=1 SIZE=1|501 5.5.4", // PA49
                "BODY=7BIT BODY=8BITMIME|501 5.5.4",
                "BODY=9BIT|501 5.5.4",
                "BODY|501 5.5.4",
                "BODY=BINARYMIME|555 5.5.4", // PA48
                "SMTPUTF8=1|501 5.5.4",
                "SMTPUTF8 SMTPUTF8|501 5.5.4",
                "RET=ALL|501 5.5.4",
                "RET=FULL RET=FULL|501 5.5.4",
                "ENVID=|501 5.5.4",
                "ENVID|501 5.5.4",
                "ENVID=a+00|501 5.5.4", // PA51
                "ENVID=a+0A|501 5.5.4",
                "ENVID=a+7F|501 5.5.4",
                "ENVID=a+2b|501 5.5.4",
                "ENVID=a+2|501 5.5.4",
                "ENVID=a=b|501 5.5.4",
                "ENVID=a ENVID=b|501 5.5.4",
                "AUTH=<>|555 5.5.4",
                "FOO|555 5.5.4",
                "FOO=bar|555 5.5.4",
                "NOTIFY=NEVER|555 5.5.4",
                "=x|501 5.5.4",
                "-x|501 5.5.4",
                "a_b=1|501 5.5.4",
                "FOO=|501 5.5.4"
            })
    void PA49_PA50_PA51_a_wrong_parameter_of_MAIL_is_named(String parameter, String codes) {
        assertFault("MAIL FROM:<a@b> " + parameter, Kind.MAIL, codes);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "NOTIFY=|501 5.5.4",
                "NOTIFY=NEVER,FAILURE|501 5.5.4",
                "NOTIFY=FAILURE,|501 5.5.4",
                "NOTIFY=,|501 5.5.4",
                "NOTIFY=ALWAYS|501 5.5.4",
                "NOTIFY=NEVER NOTIFY=NEVER|501 5.5.4",
                "ORCPT=a@b|501 5.5.4",
                "ORCPT=;a@b|501 5.5.4",
                "ORCPT=rfc822;|501 5.5.4",
                "ORCPT=rfc822;a+0Db|501 5.5.4",
                "ORCPT=rfc822;jürgen|501 5.5.4",
                "ORCPT=rfc822;a ORCPT=rfc822;a|501 5.5.4",
                "SIZE=1|555 5.5.4"
            })
    void PA49_PA51_a_wrong_parameter_of_RCPT_is_named(String parameter, String codes) {
        assertFault("RCPT TO:<a@b> " + parameter, Kind.RCPT, codes);
    }

    @Test
    void PA51_long_DSN_values_are_refused() {
        assertThat(mail("MAIL FROM:<a@b> ENVID=" + "x".repeat(100)).parameters().envid())
                .hasSize(100);
        assertFault("MAIL FROM:<a@b> ENVID=" + "x".repeat(101), Kind.MAIL, "501 5.5.4");
        assertFault("MAIL FROM:<a@b> ENVID=" + "x".repeat(2000), Kind.MAIL, "501 5.5.4");
        String orcpt = "rfc822;" + "x".repeat(493);
        assertThat(rcpt("RCPT TO:<a@b> ORCPT=" + orcpt).parameters().orcpt()).isEqualTo(orcpt);
        assertFault("RCPT TO:<a@b> ORCPT=" + orcpt + "x", Kind.RCPT, "501 5.5.4");
        assertFault("RCPT TO:<a@b> ORCPT=utf-8;" + "ü".repeat(248), Kind.RCPT, "501 5.5.4");
    }

    @Test
    void PA44_an_address_outside_ASCII_must_declare_SMTPUTF8() {
        assertFault("MAIL FROM:<jürgen@b>", Kind.MAIL, "553 5.6.7");
        assertThat(mail("MAIL FROM:<jürgen@b> SMTPUTF8").from()).hasToString("<jürgen@b>");
        assertThat(rcpt("RCPT TO:<jürgen@b>").to().address().orElseThrow().isAscii())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u00c0\u0080", // overlong NUL
                "\u00c0\u008a", // overlong LF
                "\u00e0\u0080\u008d", // overlong CR
                "\u00ed\u00a0\u0080", // a surrogate
                "\u00f4\u0090\u0080\u0080", // above U+10FFFF
                "\u00fc", // Latin-1
                "\u00e2\u0082", // cut short
                "\u0080",
                "\u00c2\u0085", // U+0085
                "\u00e2\u0080\u00ae" // U+202E
            })
    void PA46_malformed_or_dangerous_UTF_8_is_refused(String octets) {
        assertFault(
                parse("MAIL FROM:<a" + octets + "@b> SMTPUTF8", StandardCharsets.ISO_8859_1), Kind.MAIL, "501 5.1.7");
        assertFault(parse("RCPT TO:<a" + octets + "@b>", StandardCharsets.ISO_8859_1), Kind.RCPT, "501 5.1.3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOOP ü", "EHLO mü", "VRFY ü", "MAIL FROM:<a@b> SMTPUTF8 X=ü", "HELP ü", "DATA ü"})
    void PA44_octets_outside_ASCII_elsewhere_are_bad_syntax(String line) {
        Parsed parsed = parse(line);
        assertFault(parsed, Kind.valueOf(line.substring(0, 4)), "500 5.5.2");
    }

    @Test
    void PA20_PA21_control_characters_are_bad_syntax_wherever_they_stand() {
        for (char c : "\u0001\u0007\u0008\t\u000b\u001b\u001f\u007f".toCharArray()) {
            assertFault("MAIL FROM:<a@b" + c + ">", Kind.MAIL, "500 5.5.2");
            assertFault("MAIL" + c + "FROM:<a@b>", Kind.UNKNOWN, "500 5.5.2");
            assertFault("RCPT TO:<\"a" + c + "\"@b>", Kind.RCPT, "500 5.5.2");
            assertFault("EHLO a" + c + "b", Kind.EHLO, "500 5.5.2");
            assertFault(c + "QUIT", Kind.UNKNOWN, "500 5.5.2");
        }
        assertFault("MAIL FROM:<a@b>\rRCPT TO:<c@d>", Kind.MAIL, "500 5.5.2");
    }

    @Test
    void a_greeting_needs_one_printable_name() {
        assertThat(((SmtpCommand.Ehlo) command("EHLO [192.0.2.1]")).domain()).isEqualTo("[192.0.2.1]");
        assertThat(((SmtpCommand.Helo) command("HELO who_knows(?)")).domain()).isEqualTo("who_knows(?)");
        assertThat(((SmtpCommand.Ehlo) command("EHLO " + "a".repeat(255))).domain())
                .hasSize(255);
        assertFault("EHLO", Kind.EHLO, "501 5.5.4");
        assertFault("HELO  ", Kind.HELO, "501 5.5.4");
        assertFault("EHLO a b", Kind.EHLO, "501 5.5.4");
        assertFault("EHLO " + "a".repeat(256), Kind.EHLO, "501 5.5.4");
    }

    @ParameterizedTest
    @CsvSource({
        "BDAT 0,0,false",
        "BDAT 0 LAST,0,true",
        "BDAT 86 last,86,true",
        "BDAT 9223372036854775807,9223372036854775807,false",
        "BDAT 007  LAST,7,true"
    })
    void a_chunk_has_a_decimal_size(String line, long size, boolean last) {
        assertThat(command(line)).isEqualTo(new SmtpCommand.Bdat(size, last));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BDAT", "BDAT -1", "BDAT +1", "BDAT 0x10", "BDAT 1e3", "BDAT 9223372036854775808",
                "BDAT 99999999999999999999999", "BDAT 1 FIRST", "BDAT 1 LAST LAST", "BDAT LAST", "BDAT 1LAST",
                        "BDAT 1,LAST"
            })
    void PA33_a_chunk_of_unreadable_size_is_refused(String line) {
        assertFault(line, Kind.BDAT, "501 5.5.4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DATA", "RSET", "QUIT", "STARTTLS"})
    void commands_without_argument_refuse_one(String verb) {
        assertFault(verb + " x", Kind.valueOf(verb), "501 5.5.4");
    }

    @Test
    void commands_with_a_free_argument_take_it() {
        assertThat(command("NOOP what ever")).isEqualTo(SmtpCommand.Plain.NOOP);
        assertThat(command("HELP mail")).isEqualTo(SmtpCommand.Plain.HELP);
        assertThat(command("VRFY  a b")).isEqualTo(new SmtpCommand.Vrfy("a b"));
        assertThat(command("EXPN list")).isEqualTo(new SmtpCommand.Expn("list"));
        assertThat(command("EXPN")).isEqualTo(new SmtpCommand.Expn(""));
        assertFault("VRFY", Kind.VRFY, "501 5.5.4");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET / HTTP/1.1|GET",
                "post /x HTTP/1.0|POST",
                "CONNECT mx:25 HTTP/1.1|CONNECT",
                "PRI * HTTP/2.0|PRI",
                "Host: example.org|HOST:",
                "User-Agent: x|USER-AGENT:",
                "Subject:|SUBJECT:",
                "Host:example.org|HOST:EXAMPLE.ORG",
                "SSH-2.0-OpenSSH_9.6 Debian|SSH-2.0-OPENSSH_9.6",
                "NICK somebody|NICK"
            })
    void PA54_PA55_another_protocol_is_told_from_a_slip(String line, String verb) {
        assertThat(command(line)).isEqualTo(new SmtpCommand.Unknown(verb, Origin.FOREIGN));
    }

    @Test
    void PA54_a_TLS_greeting_is_told_from_a_slip() {
        assertThat(command("\u0016\u0003\u0001\u0002x")).isEqualTo(new SmtpCommand.Unknown("????X", Origin.FOREIGN));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FOO",
                "AUTH PLAIN AGE=",
                "XCLIENT NAME=a",
                "MAILFROM:<a@b>",
                "RCPTTO:<a@b>",
                ":",
                "Ünknown",
                "1.2.3"
            })
    void a_slip_is_not_taken_for_another_protocol(String line) {
        Parsed parsed = parse(line);
        if (parsed instanceof Parsed.Command command) {
            assertThat(((SmtpCommand.Unknown) command.command()).origin()).isEqualTo(Origin.SMTP);
        } else {
            assertFault(parsed, Kind.UNKNOWN, "500 5.5.2");
        }
    }

    @Test
    void an_unknown_verb_is_kept_short_for_the_log() {
        assertThat(((SmtpCommand.Unknown) command("x".repeat(50) + " y")).verb())
                .isEqualTo("X".repeat(20));
    }
}
