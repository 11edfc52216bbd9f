package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.LabClient;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabReply;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.countersign.real.RealServers.Need;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real servers that verify senders ask us about our users, also while our MTA is stopped: their users get our users' mail. */
class RealAskersTest {
    @TempDir
    Path folder;

    private LabMta mta;
    private GatewayInFront gateway;

    @BeforeEach
    void start() {
        RealServers.require(Need.POSTFIX, Need.EXIM);
        mta = LabMta.start(
                MtaBehaviour.proper()
                        .mailboxes(Mailboxes.users(
                                "alice@ours.test", "bob@ours.test", "carol@ours.test", "postmaster@ours.test")),
                1);
        gateway = new GatewayInFront(mta.backend(), "checks.sender.mode = enforce");
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.close();
            mta.close();
        }
    }

    @Test
    void exim_gets_right_answers_by_plain_callout() {
        try (RealExim exim = exim("callout=15s,no_cache")) {
            assertRightAnswers(exim.address());
        }
    }

    @Test
    void exim_gets_right_answers_when_it_also_tries_a_random_name() {
        try (RealExim exim = exim("callout=15s,random,no_cache")) {
            assertRightAnswersWhileTheMtaRuns(exim.address());
            learn();
            mta.stop();
            // The random name is a new one each second. Nobody can know of it, the answer is 4xx, and Exim asks no
            // further: it
            // defers, and the mail comes again. What must not be is a refusal of those who exist, or a yes to those who
            // do not.
            assertThat(answer(exim.address(), "bob@ours.test").code())
                    .as("a user of ours, while our MTA is stopped")
                    .isIn(250, 451);
            assertThat(answer(exim.address(), "mallory@ours.test").code())
                    .as("one whom we do not have, while our MTA is stopped")
                    .isIn(550, 451);
        }
    }

    @Test
    void exim_gets_right_answers_when_it_also_asks_for_the_postmaster() {
        try (RealExim exim = exim("callout=15s,postmaster,no_cache")) {
            assertRightAnswers(exim.address());
        }
    }

    @Test
    void postfix_gets_right_answers() {
        try (RealPostfix postfix = RealPostfix.asker(folder, "asker.test", "ours.test", gateway.address())) {
            assertRightAnswers(postfix.address());
        }
    }

    /** The answers of the asker to mail that claims to come from our users. */
    private void assertRightAnswers(InetSocketAddress asker) {
        assertRightAnswersWhileTheMtaRuns(asker);
        learn();
        mta.stop();
        assertThat(answer(asker, "bob@ours.test").code())
                .as("a user of ours, while our MTA is stopped")
                .isEqualTo(250);
        assertThat(answer(asker, "mallory@ours.test").code())
                .as("one whom we do not have, while our MTA is stopped")
                .isEqualTo(550);
        assertThat(answer(asker, "carol@ours.test").code() / 100)
                .as("a user of ours of whom we have never heard: nothing is known, nothing is claimed")
                .isEqualTo(4);
    }

    private void assertRightAnswersWhileTheMtaRuns(InetSocketAddress asker) {
        assertThat(answer(asker, "alice@ours.test").code()).as("a user of ours").isEqualTo(250);
        assertThat(answer(asker, "nobody@ours.test").code())
                .as("one whom we do not have")
                .isEqualTo(550);
    }

    /** What Countersign learns here answers for the MTA later. */
    private void learn() {
        try (LabClient client = LabClient.from("127.0.0.7", gateway.address())) {
            client.hello("client.test");
            client.command("MAIL FROM:<>", 250);
            client.command("RCPT TO:<bob@ours.test>", 250);
            client.command("RCPT TO:<postmaster@ours.test>", 250);
            client.command("RCPT TO:<mallory@ours.test>", 550);
            client.quit();
        }
    }

    private static LabReply answer(InetSocketAddress asker, String sender) {
        try (LabClient client = LabClient.from("127.0.0.8", asker)) {
            client.patience(Duration.ofSeconds(40)).hello("client.test");
            client.command("MAIL FROM:<" + sender + ">", 250);
            LabReply reply = client.command("RCPT TO:<x@asker.test>");
            client.quit();
            return reply;
        }
    }

    private RealExim exim(String callout) {
        return RealExim.asker(folder, "asker.test", "ours.test", gateway.address(), callout);
    }
}
