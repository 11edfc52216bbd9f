package io.countersign.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Act;
import io.countersign.lab.DnsFault;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the MTA and exchangers say on its way to the client, and what the MTA is told of the client in time. */
class RepliesToClientsTest {
    private static final Cut WHOLE = new Cut.Whole();

    @Test
    void RP12_BE08_the_mtas_words_arrive_cut_and_with_an_id_however_many_lines_they_have() {
        String line = "x".repeat(390);
        String flood = ("550-5.7.1 " + line + "\r\n").repeat(20) + "550 5.7.1 " + line;
        try (World world = World.before(MtaBehaviour.proper(), World.CHECKS_OFF)) {
            world.stage().mta.behaviour(world.behaviour().at(LabStage.MAIL, Act.reply(flood)));
            world.play(
                    Dialogue.greeted()
                            .line("MAIL FROM:<a@b.test>")
                            .hear("250 ")
                            .line("RCPT TO:<r@example.org>")
                            .hear("550 5.7.1 xxx")
                            .line("RCPT TO:<s@example.org>")
                            .hear("550 5.7.1 xxx"),
                    WHOLE);
            world.stage().mta.behaviour(world.behaviour().at(LabStage.END_OF_DATA, Act.reply(flood)));
            world.play(
                    Dialogue.greeted()
                            .data()
                            .say("Subject: x\r\n\r\n.\r\n")
                            .refusedByMta("550 5.7.1 xxx")
                            .line("DATA")
                            .hear("503 5.5.1"),
                    WHOLE);
            world.stage().mta.behaviour(world.behaviour().at(LabStage.END_OF_DATA, Act.reply("452 4.3.1 no room")));
            world.play(
                    Dialogue.greeted().data().say("Subject: x\r\n\r\n.\r\n").refusedByMta("452 4.3.1 no room (id "),
                    WHOLE);
        }
    }

    @Test
    void RP12_a_long_sender_and_a_long_refusal_keep_within_one_line_with_the_id_at_its_end() {
        String sender = "a".repeat(64) + "@" + "b".repeat(60) + "." + "c".repeat(60) + "." + "d".repeat(50) + ".test";
        try (World world = World.strict("checks { sender.mode = enforce, reverse-dns.mode = off }\n")) {
            world.stage()
                    .lab
                    .domain(
                            sender.substring(65),
                            Exchangers.wellBehaved("alice@b.test")
                                    .mailboxes(Mailboxes.all("550 5.1.1 no such user " + "y".repeat(400))));
            world.play(
                    Dialogue.greeted()
                            .line("MAIL FROM:<" + sender + ">")
                            .hear("250 ")
                            .line("RCPT TO:<r@example.org>")
                            .hear("550 5.1.7 <" + sender
                                    + ">: Sender address rejected: undeliverable address: 550 5.1.1 no"),
                    WHOLE);
        }
    }

    @Test
    void BE18_the_mta_waits_for_a_reverse_name_that_is_late_and_does_not_hear_that_it_is_unknown() {
        try (World world = World.strict("checks.sender.mode = off\n")) {
            world.stage().lab.dns().faultForAll(DnsFault.late(Duration.ofMillis(100)));
            Oracles oracles = world.begin();
            try (LabClient client = world.stage().client()) {
                assertThat(client.deliver("a@b.test", "r@example.org", "Subject: x\r\n\r\n")
                                .code())
                        .isEqualTo(250);
                client.quit();
            }
            oracles.check("a late name", 1, 0);
            String name = oracles.newest(1).get(0).identity().attribute("NAME").toString();
            double waitedInVain = world.stage()
                    .meters
                    .get("countersign.client.limit.strikes")
                    .tag("limit", "reverse-name-wait")
                    .counter()
                    .count();
            // On a machine so slow that the name comes after the whole wait, the limit must have struck.
            assertThat(name).contains(waitedInVain == 0 ? "client.test" : "[TEMPUNAVAIL]");
        }
    }
}
