package io.countersign.smtp.syntax;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.CommandParser.Parsed;
import io.countersign.smtp.syntax.ReplyParser.State;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is printed is read back as the same value, and no line can be made to hold another one. */
class PrintParsePropertyTest {
    private static final int RUNS = 5_000;

    private final Generators chance = new Generators(20_261_123);

    static void assertOneCleanLine(String line) {
        boolean clean = line.chars().allMatch(c -> c >= ' ' && c != 0x7f && (c < 0x80 || c >= 0xa0));
        if (!clean) {
            throw new AssertionError("a forbidden character in: " + line);
        }
    }

    static Parsed parse(String line) {
        byte[] octets = line.getBytes(UTF_8);
        return CommandParser.parse(octets, 0, octets.length);
    }

    /** The replies that a printed text is, read line by line. */
    static List<SmtpReply> read(String printed) {
        ReplyParser parser = new ReplyParser(SmtpLimits.DEFAULT);
        List<SmtpReply> replies = new ArrayList<>();
        assertThat(printed).endsWith("\r\n");
        for (String line : printed.split("\r\n", -1)) {
            if (line.isEmpty()) {
                continue;
            }
            assertOneCleanLine(line);
            byte[] octets = line.getBytes(UTF_8);
            State state = parser.line(octets, 0, octets.length);
            assertThat(state).as(line).isNotEqualTo(State.BROKEN);
            if (state == State.COMPLETE) {
                replies.add(parser.reply());
            }
        }
        return replies;
    }

    @Test
    void an_address_has_one_printed_form_and_keeps_it() {
        int legal = 0;
        for (int i = 0; i < RUNS; i++) {
            String text = chance.addressText();
            Optional<MailAddress> parsed = MailAddress.parse(text);
            if (parsed.isEmpty()) {
                continue;
            }
            legal++;
            MailAddress address = parsed.get();
            assertOneCleanLine(address.text());
            Optional<MailAddress> again = MailAddress.parse(address.text());
            assertThat(again).as(text).contains(address);
            assertThat(again.get().text()).isEqualTo(address.text());
            assertThat(again.get().localPart()).isEqualTo(address.localPart());
            assertThat(MailAddress.parse(address.key())).contains(address);
        }
        assertThat(legal).isGreaterThan(RUNS * 9 / 10);
    }

    @Test
    void a_printed_command_is_read_back_as_the_same_command() {
        for (int i = 0; i < RUNS; i++) {
            SmtpCommand command = chance.command();
            String line = CommandPrinter.print(command);
            assertOneCleanLine(line);
            assertThat(parse(line)).as(line).isEqualTo(new Parsed.Command(command));
        }
    }

    @Test
    void whatever_line_is_read_as_a_command_can_be_passed_on_and_means_the_same() {
        int commands = 0;
        for (int i = 0; i < RUNS * 5; i++) {
            String line = chance.line();
            Parsed parsed = parse(line);
            if (parsed instanceof Parsed.Command read && read.command().kind() != SmtpCommand.Kind.UNKNOWN) {
                commands++;
                String printed = CommandPrinter.print(read.command());
                assertOneCleanLine(printed);
                assertThat(parse(printed)).as(line).isEqualTo(parsed);
            } else if (parsed instanceof Parsed.Fault fault) {
                assertThat(fault.reply().isPermanent()).isTrue();
                assertThat(fault.reply().enhanced()).isNotNull();
                assertOneCleanLine(fault.reply().text());
            }
        }
        assertThat(commands).isGreaterThan(RUNS / 10);
    }

    @Test
    void a_printed_reply_is_read_back_as_the_same_reply() {
        for (int i = 0; i < RUNS; i++) {
            SmtpReply reply = chance.reply();
            assertThat(read(ReplyPrinter.print(reply))).containsExactly(reply);
        }
    }

    @Test
    void whatever_lines_are_read_as_a_reply_can_be_passed_on_and_mean_the_same() {
        ReplyParser parser = new ReplyParser(SmtpLimits.DEFAULT);
        int replies = 0;
        for (int i = 0; i < RUNS; i++) {
            byte[] line = chance.replyLine();
            byte[] before = line.clone();
            switch (parser.line(line, 0, line.length)) {
                case COMPLETE -> {
                    replies++;
                    SmtpReply reply = parser.reply();
                    assertThat(read(ReplyPrinter.print(reply)))
                            .as(new String(line, ISO_8859_1))
                            .containsExactly(reply);
                }
                case BROKEN -> parser = new ReplyParser(SmtpLimits.DEFAULT);
                case INCOMPLETE -> {}
            }
            assertThat(Arrays.equals(line, before)).isTrue();
        }
        assertThat(replies).isGreaterThan(RUNS / 10);
    }
}
