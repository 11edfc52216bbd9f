package io.countersign.smtp.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.smtp.Capabilities;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpCommand.Kind;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.dialogue.ServerDialogue.Fault;
import io.countersign.smtp.dialogue.ServerDialogue.Step;
import io.countersign.smtp.syntax.CommandParser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerDialogueTest {
    private static final Capabilities OFFER = new Capabilities(
            "mx", Map.of("SIZE", "1000", "8BITMIME", "", "SMTPUTF8", "", "DSN", "", "CHUNKING", "", "STARTTLS", ""));
    private static final SmtpReply SYNTAX = SmtpReply.of("501 5.5.4 Syntax");

    private final ServerDialogue dialogue = new ServerDialogue();

    private Step say(String line) {
        byte[] octets = line.getBytes(StandardCharsets.UTF_8);
        CommandParser.Parsed parsed = CommandParser.parse(octets, 0, octets.length);
        return parsed instanceof CommandParser.Parsed.Command command
                ? dialogue.on(command.command(), OFFER)
                : dialogue.onFault(
                        ((CommandParser.Parsed.Fault) parsed).verb(), ((CommandParser.Parsed.Fault) parsed).reply());
    }

    private void transaction(String... recipients) {
        say("EHLO c");
        assertThat(say("MAIL FROM:<a@b>")).isInstanceOf(Step.Begin.class);
        for (String recipient : recipients) {
            assertThat(say("RCPT TO:" + recipient)).isInstanceOf(Step.Recipient.class);
            dialogue.recipientAccepted();
        }
    }

    private static void assertError(Step step, String codes) {
        assertThat(step).isInstanceOf(Step.Answer.class);
        assertThat(((Step.Answer) step).reply().toString()).startsWith(codes + " ");
        assertThat(((Step.Answer) step).fault()).isEqualTo(Fault.ERROR);
    }

    @ParameterizedTest
    @CsvSource({"NOOP,250 2.0.0", "HELP,214 2.0.0", "VRFY a,252 2.5.2"})
    void PA58_questions_that_harm_nobody_are_answered_at_any_time(String line, String codes) {
        for (int turn = 0; turn < 2; turn++) {
            Step step = say(line);
            assertThat(((Step.Answer) step).reply().toString()).startsWith(codes);
            assertThat(((Step.Answer) step).fault()).isEqualTo(Fault.NONE);
            transaction("<c@d>");
        }
        assertThat(say("DATA")).isInstanceOf(Step.Content.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AUTH PLAIN",
                "ETRN x",
                "TURN",
                "ATRN",
                "XADR",
                "XEXCH50 2 2",
                "XCLIENT NAME=x",
                "XFORWARD NAME=x",
                "auth login"
            })
    void PA59_commands_we_know_and_do_not_offer_are_not_implemented(String line) {
        assertError(say(line), "502 5.5.1");
    }

    @Test
    void an_invented_command_is_not_recognized() {
        assertError(say("XYZZY"), "500 5.5.2");
        assertError(say(""), "500 5.5.2");
        assertError(say("EXPN x"), "502 5.5.1");
    }

    @ParameterizedTest
    @CsvSource({
        "MAIL FROM:x,503 5.5.1,501 5.5.4,503 5.5.1",
        "RCPT TO:<>,503 5.5.1,503 5.5.1,501 5.1.3",
        "DATA x,503 5.5.1,503 5.5.1,503 5.5.1",
        "STARTTLS x,501 5.5.4,501 5.5.4,503 5.5.1",
        "EHLO,501 5.5.4,501 5.5.4,501 5.5.4",
        "RSET x,501 5.5.4,501 5.5.4,501 5.5.4"
    })
    void wrong_order_is_said_before_wrong_syntax(String line, String first, String afterHello, String afterMail) {
        assertError(say(line), first);
        say("EHLO c");
        assertError(say(line), afterHello);
        dialogue.on(new SmtpCommand.Ehlo("c"), OFFER);
        say("MAIL FROM:<a@b>");
        assertError(say(line), afterMail);
    }

    @Test
    void PA28_DATA_after_a_recipient_that_was_malformed_has_no_valid_recipients() {
        transaction();
        assertError(say("DATA"), "503 5.5.1");
        say("RCPT TO:<>");
        assertError(say("DATA"), "554 5.5.1");
        assertThat(dialogue.inTransaction()).isTrue();
        assertThat(dialogue.recipients()).isZero();
    }

    @Test
    void PA33_after_a_chunk_of_unreadable_size_the_session_closes() {
        transaction("<c@d>");
        Step step = say("BDAT -1");
        assertThat(((Step.Close) step).reply().toString()).startsWith("501 5.5.4 ");
        assertThat(dialogue.inTransaction()).isFalse();
    }

    @Test
    void PA36_DATA_and_BDAT_do_not_mix() {
        transaction("<c@d>");
        assertThat(say("BDAT 10")).isInstanceOf(Step.Chunk.class);
        assertError(say("DATA"), "503 5.5.1");
        assertError(say("RCPT TO:<e@d>"), "503 5.5.1");
        assertError(say("MAIL FROM:<e@d>"), "503 5.5.1");
        assertThat(say("BDAT 10 LAST")).isInstanceOf(Step.Chunk.class);
    }

    @Test
    void PA35_a_message_never_loses_a_refused_chunk_from_its_middle() {
        transaction();
        Step refused = say("BDAT 10");
        assertThat(refused).isInstanceOf(Step.DiscardChunk.class);
        assertThat(dialogue.inTransaction()).isFalse();
        assertError(say("RCPT TO:<c@d>"), "503 5.5.1");
        assertThat(say("BDAT 5 LAST")).isInstanceOf(Step.DiscardChunk.class);
    }

    @Test
    void PA42_everything_of_a_transaction_goes_at_once() {
        List<Runnable> ends = List.of(
                () -> say("RSET"),
                () -> say("EHLO c"),
                () -> say("HELO c"),
                dialogue::transactionEnded,
                dialogue::tlsEstablished);
        for (Runnable end : ends) {
            say("EHLO c");
            assertThat(say("MAIL FROM:<ü@b> SMTPUTF8")).isInstanceOf(Step.Begin.class);
            assertThat(dialogue.smtpUtf8()).isTrue();
            say("RCPT TO:<c@d>");
            dialogue.recipientAccepted();
            assertThat(dialogue.recipients()).isOne();
            end.run();
            assertThat(dialogue.inTransaction()).isFalse();
            assertThat(dialogue.smtpUtf8()).isFalse();
            assertThat(dialogue.recipients()).isZero();
            assertError(say("DATA"), "503 5.5.1");
        }
    }

    @Test
    void after_the_TLS_handshake_a_client_has_to_greet_again() {
        say("EHLO c");
        assertThat(say("STARTTLS")).isInstanceOf(Step.StartTls.class);
        dialogue.tlsEstablished();
        assertError(say("MAIL FROM:<a@b>"), "503 5.5.1");
        say("EHLO c");
        assertError(say("STARTTLS"), "503 5.5.1");
    }

    @Test
    void STARTTLS_needs_an_offer_and_no_transaction() {
        assertError(dialogue.on(SmtpCommand.Plain.STARTTLS, Capabilities.NONE), "502 5.5.1");
        assertError(say("STARTTLS"), "503 5.5.1");
        transaction();
        assertError(say("STARTTLS"), "503 5.5.1");
    }

    @Test
    void PA44_a_recipient_outside_ASCII_needs_a_transaction_with_SMTPUTF8() {
        transaction();
        assertError(say("RCPT TO:<ü@d>"), "553 5.6.7");
        assertError(say("RCPT TO:<a@ü.example>"), "553 5.6.7");
        assertError(say("RCPT TO:<a@d> ORCPT=utf-8;ü@d"), "553 5.6.7");
        assertError(say("DATA"), "554 5.5.1");
    }

    @Test
    void PA54_another_protocol_is_told_to_the_session() {
        assertThat(say("GET / HTTP/1.1")).isEqualTo(new Step.Foreign("GET"));
    }

    @Test
    void a_bug_of_the_session_is_an_exception() {
        assertThatThrownBy(dialogue::recipientAccepted).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> dialogue.on(new SmtpCommand.Xclient("NAME=a"), OFFER))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void a_fault_in_any_command_is_answered(Kind verb) {
        Step step = dialogue.onFault(verb, SYNTAX);
        assertThat(step).isInstanceOfAny(Step.Answer.class, Step.Close.class);
    }

    /** Whatever a client says: content is only ever taken for a recipient that was accepted after the last MAIL. */
    @Test
    void PA40_PA41_no_order_of_commands_gets_content_in_without_MAIL_and_RCPT() {
        String[] lines = {
            "EHLO c",
            "HELO c",
            "MAIL FROM:<a@b>",
            "MAIL FROM:<a@b>",
            "MAIL FROM:<ü@b>",
            "RCPT TO:<c@d>",
            "RCPT TO:<c@d>",
            "RCPT TO:<>",
            "RCPT TO:<ü@d>",
            "DATA",
            "DATA x",
            "BDAT 5",
            "BDAT 5 LAST",
            "BDAT x",
            "RSET",
            "NOOP",
            "VRFY a",
            "FOO",
            "STARTTLS",
            "AUTH x"
        };
        Random random = new Random(20_26);
        int taken = 0;
        for (int run = 0; run < 2_000; run++) {
            ServerDialogue tried = new ServerDialogue();
            List<String> said = new ArrayList<>();
            boolean mail = false;
            int accepted = 0;
            boolean chunks = false;
            for (int i = 0; i < 40; i++) {
                String line = lines[random.nextInt(lines.length)];
                said.add(line);
                byte[] octets = line.getBytes(StandardCharsets.UTF_8);
                CommandParser.Parsed parsed = CommandParser.parse(octets, 0, octets.length);
                Step step = parsed instanceof CommandParser.Parsed.Command command
                        ? tried.on(command.command(), OFFER)
                        : tried.onFault(
                                ((CommandParser.Parsed.Fault) parsed).verb(),
                                ((CommandParser.Parsed.Fault) parsed).reply());
                switch (step.kind()) {
                    case BEGIN -> {
                        assertThat(mail).as("%s", said).isFalse();
                        mail = true;
                    }
                    case RECIPIENT -> {
                        assertThat(mail && !chunks).as("%s", said).isTrue();
                        if (random.nextBoolean()) {
                            tried.recipientAccepted();
                            accepted++;
                        }
                    }
                    case CONTENT, CHUNK -> {
                        assertThat(mail && accepted > 0).as("%s", said).isTrue();
                        assertThat(step.kind() == Step.Kind.CONTENT && chunks)
                                .as("%s", said)
                                .isFalse();
                        taken++;
                        chunks = line.equals("BDAT 5");
                        if (!chunks) {
                            tried.transactionEnded();
                            mail = false;
                            accepted = 0;
                        }
                    }
                    case HELLO, RESET, DISCARD_CHUNK, CLOSE -> {
                        mail = false;
                        accepted = 0;
                        chunks = false;
                    }
                    case START_TLS -> {
                        assertThat(mail).as("%s", said).isFalse();
                        tried.tlsEstablished();
                    }
                    case ANSWER, QUIT, FOREIGN -> {}
                }
                assertThat(tried.inTransaction()).as("%s", said).isEqualTo(mail);
                assertThat(tried.recipients()).as("%s", said).isEqualTo(accepted);
            }
        }
        assertThat(taken).isGreaterThan(100);
    }
}
