package io.countersign.smtp.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.dialogue.ClientDialogue.Awaited;
import io.countersign.smtp.dialogue.ClientDialogue.Owed;
import io.countersign.smtp.dialogue.ClientDialogue.Step;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ClientDialogueTest {
    private final ClientDialogue dialogue = new ClientDialogue();

    private Step reply(int code) {
        return dialogue.onReply(SmtpReply.of(code, "x"));
    }

    private void assertAnswered(int code, Awaited to, Owed owed) {
        SmtpReply reply = SmtpReply.of(code, "x");
        assertThat(dialogue.onReply(reply)).isEqualTo(new Step.Answered(to, reply, owed));
    }

    private void greeted() {
        assertAnswered(220, Awaited.GREETING, Owed.NOTHING);
    }

    @Test
    void pipelined_replies_go_to_their_commands_in_order() {
        assertThat(dialogue.owed()).isOne();
        assertThat(dialogue.inStep()).isFalse();
        greeted();
        for (Awaited awaited : new Awaited[] {Awaited.MAIL, Awaited.RCPT, Awaited.RCPT, Awaited.DATA}) {
            dialogue.sent(awaited);
        }
        assertAnswered(250, Awaited.MAIL, Owed.MORE);
        assertAnswered(550, Awaited.RCPT, Owed.MORE);
        assertAnswered(251, Awaited.RCPT, Owed.MORE);
        assertThat(dialogue.inStep()).isFalse();
        assertAnswered(354, Awaited.DATA, Owed.NOTHING);
        assertThat(dialogue.inStep()).isFalse();
        dialogue.sent(Awaited.CONTENT);
        assertAnswered(250, Awaited.CONTENT, Owed.NOTHING);
        assertThat(dialogue.inStep()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "EHLO,220", "EHLO,354", "EHLO,334", "HELO,220", "STARTTLS,250", "XCLIENT,250", "MAIL,354", "MAIL,220",
                "MAIL,221",
        "RCPT,354", "RCPT,300", "RCPT,220", "DATA,250", "DATA,334", "DATA,221", "CHUNK,354", "RSET,354", "RSET,220",
        "NOOP,221", "QUIT,220", "QUIT,354"
    })
    void RP09_a_code_that_cannot_answer_the_command_ends_the_trust(Awaited awaited, int code) {
        greeted();
        dialogue.sent(awaited);
        assertThat(reply(code)).isInstanceOf(Step.OutOfStep.class);
        assertThat(reply(250)).isInstanceOf(Step.OutOfStep.class);
        assertThat(dialogue.inStep()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = Awaited.class,
            names = {"GREETING", "CONTENT"},
            mode = EnumSource.Mode.EXCLUDE)
    void every_command_may_be_refused(Awaited awaited) {
        greeted();
        dialogue.sent(awaited);
        assertAnswered(550, awaited, Owed.NOTHING);
        dialogue.sent(awaited);
        assertAnswered(450, awaited, Owed.NOTHING);
        assertThat(dialogue.inStep()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"250", "354", "221"})
    void RP07_a_greeting_is_220_or_a_refusal(int code) {
        assertThat(reply(code)).isInstanceOf(Step.OutOfStep.class);
    }

    @Test
    void RP07_RP08_a_reply_too_many_poisons_the_connection() {
        greeted();
        assertThat(dialogue.inStep()).isTrue();
        assertThat(reply(250)).isInstanceOf(Step.OutOfStep.class);
        dialogue.sent(Awaited.RCPT);
        assertThat(reply(250)).isInstanceOf(Step.OutOfStep.class);
        assertThat(dialogue.inStep()).isFalse();
    }

    @Test
    void RP14_a_421_nobody_asked_for_says_that_the_server_closes() {
        greeted();
        SmtpReply closing = SmtpReply.of("421 4.3.2 closing");
        assertThat(dialogue.onReply(closing)).isEqualTo(new Step.Closing(closing));
        assertThat(dialogue.inStep()).isFalse();
    }

    @Test
    void RP14_a_421_answers_the_command_and_the_connection_is_not_used_again() {
        greeted();
        dialogue.sent(Awaited.MAIL);
        assertAnswered(421, Awaited.MAIL, Owed.NOTHING);
        assertThat(dialogue.inStep()).isFalse();
    }

    @Test
    void a_354_while_other_replies_are_owed_is_no_invitation() {
        greeted();
        dialogue.sent(Awaited.DATA);
        dialogue.sent(Awaited.QUIT);
        assertThat(reply(354)).isInstanceOf(Step.OutOfStep.class);
    }

    @Test
    void a_command_of_ours_in_the_place_of_content_is_a_bug() {
        greeted();
        assertThatThrownBy(() -> dialogue.sent(Awaited.CONTENT)).isInstanceOf(IllegalStateException.class);
        dialogue.sent(Awaited.DATA);
        reply(354);
        assertThatThrownBy(() -> dialogue.sent(Awaited.RSET)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> dialogue.sent(Awaited.GREETING)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void commands_know_what_they_wait_for() {
        assertThat(ClientDialogue.awaitedFor(new SmtpCommand.Bdat(1, false))).isEqualTo(Awaited.CHUNK);
        assertThat(ClientDialogue.awaitedFor(SmtpCommand.Plain.QUIT)).isEqualTo(Awaited.QUIT);
        assertThatThrownBy(() -> ClientDialogue.awaitedFor(new SmtpCommand.Unknown("FOO")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
