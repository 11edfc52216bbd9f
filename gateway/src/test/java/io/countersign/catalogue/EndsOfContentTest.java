package io.countersign.catalogue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where content ends, and what stands before and behind its end. */
class EndsOfContentTest {
    @RegisterExtension
    static final Worlds WORLDS = Worlds.with(World.CHECKS_OFF);

    @Test
    void PA16_a_line_of_a_single_dot_arrives_as_one_dot() {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say("Subject: x\r\n\r\n..\r\n...\r\n..a\r\n.\r\n")
                .accepted("Subject: x\r\n\r\n.\r\n..\r\n.a\r\n"));
    }

    @Test
    void PA17_an_empty_message_is_a_message() {
        WORLDS.play(Dialogue.greeted().data().say(".\r\n").accepted(""));
    }

    @Test
    void PA01_a_bare_lf_around_the_dot_ends_nothing() {
        WORLDS.play(Dialogue.greeted()
                .data()
                .say("Subject: x\r\n\r\nx\n.\nMAIL FROM:<evil@b.test>\r\nRCPT TO:<r@example.org>\r\nDATA\r\ny\r\n.\r\n")
                .hear("550 5.5.2 bare <LF> received")
                .closed());
    }
}
