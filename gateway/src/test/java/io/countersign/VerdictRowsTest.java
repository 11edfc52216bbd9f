package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.SenderScene.Fate;
import io.countersign.lab.Act;
import io.countersign.lab.Behaviour;
import io.countersign.lab.DnsFault;
import io.countersign.lab.Exchangers;
import io.countersign.lab.Lab;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.verdict.Reason;
import io.netty.util.LeakPresenceDetector;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each row of product.md §2's table of verdicts: how it comes about, the reply and the field it leads to; the same again out of
 * memory, without another question to the peer; the same after a restart; and as a deferral, where that is configured.
 */
class VerdictRowsTest {
    /** What is asked of the peer the second time, after a restart. */
    private enum Afterwards {
        /** Nothing: memory was kept. */
        REMEMBERED,
        /** Again: a negative one refuses nobody before it was asked again, and what is our own choice is made anew. */
        ASKED_AGAIN
    }

    /**
     * @param world makes the peer of {@code ROW.test}
     * @param more settings
     * @param before senders whose mail comes first, to bring it about
     * @param fate the reply, which begins so, or the field
     * @param deferred how the reply begins where {@code actions.undetermined = defer}; empty where that does not reach it
     */
    private record Row(
            Reason reason, Consumer<Lab> world, String more, String fate, String deferred, Afterwards afterwards) {
        String domain() {
            return reason.word() + ".test";
        }

        String sender() {
            return "jane@" + domain();
        }
    }

    private static Row row(Reason reason, Consumer<Lab> world, String fate, String deferred) {
        return new Row(reason, world, "", fate, deferred, Afterwards.REMEMBERED);
    }

    private static Row proof(Reason reason, Consumer<Lab> world, String fate) {
        return new Row(reason, world, "", fate, "", Afterwards.ASKED_AGAIN);
    }

    private static Consumer<Lab> mx(Reason reason, Behaviour behaviour) {
        return lab -> lab.domain(reason.word() + ".test", behaviour);
    }

    private static String unverified(String domain, String words) {
        return "4.1.7 <jane@" + domain + ">: Sender address rejected: unverified address: " + words;
    }

    private static final List<Row> ROWS = List.of(
            row(
                    Reason.ACCEPTED,
                    mx(Reason.ACCEPTED, Exchangers.wellBehaved("jane@accepted.test")),
                    "pass accepted",
                    ""),
            new Row(
                    Reason.ACCEPTS_ANY,
                    mx(Reason.ACCEPTS_ANY, Exchangers.acceptsAny()),
                    "callout.catch-all = on",
                    "pass accepts-any",
                    "",
                    Afterwards.REMEMBERED),
            row(Reason.MAILBOX_FULL, mx(Reason.MAILBOX_FULL, Exchangers.mailboxFull()), "pass mailbox-full", ""),
            proof(
                    Reason.NO_SUCH_MAILBOX,
                    mx(Reason.NO_SUCH_MAILBOX, Exchangers.saysNoSuchUser()),
                    "5.1.7 <jane@no-such-mailbox.test>: Sender address rejected: undeliverable address: 550 5.1.1 "
                            + "<jane@no-such-mailbox.test>: Recipient address rejected: User unknown"),
            new Row(
                    Reason.MAILBOX_DISABLED,
                    mx(Reason.MAILBOX_DISABLED, Exchangers.mailboxDisabled()),
                    "",
                    "fail mailbox-disabled",
                    "",
                    Afterwards.ASKED_AGAIN),
            proof(
                    Reason.NO_SUCH_DOMAIN,
                    lab -> {},
                    "5.1.8 <jane@no-such-domain.test>: Sender address rejected: Domain not found"),
            proof(
                    Reason.NULL_MX,
                    lab -> lab.dns().nullMx("null-mx.test"),
                    "5.7.27 <jane@null-mx.test>: Sender address rejected: Domain null-mx.test does not accept mail (nullMX)"),
            row(
                    Reason.REFUSES_NULL_SENDER,
                    mx(Reason.REFUSES_NULL_SENDER, Exchangers.refusesNullSender("jane@refuses-null-sender.test")),
                    "permerror refuses-null-sender",
                    unverified("refuses-null-sender.test", "mx.refuses-null-sender.test refuses the null sender <>")),
            row(
                    Reason.REFUSED_US,
                    mx(Reason.REFUSED_US, Exchangers.saysToAll("550 5.7.1 not today")),
                    "permerror refused-us",
                    unverified("refused-us.test", "mx.refused-us.test does not talk to us: 550 5.7.1 not today")),
            row(
                    Reason.TRY_LATER,
                    mx(Reason.TRY_LATER, Exchangers.greylists(5, "jane@try-later.test")),
                    "temperror try-later",
                    unverified("try-later.test", "mx.try-later.test asked us to come back later: 450")),
            row(
                    Reason.NO_ANSWER,
                    mx(Reason.NO_ANSWER, Exchangers.neverAnswers(LabStage.RCPT)),
                    "temperror no-answer",
                    unverified("no-answer.test", "mx.no-answer.test did not answer our question in time")),
            row(
                    Reason.UNREACHABLE,
                    lab -> lab.dns()
                            .mx("unreachable.test", 10, "mx.unreachable.test")
                            .a("mx.unreachable.test", lab.deadAddress()),
                    "temperror unreachable",
                    unverified("unreachable.test", "mx.unreachable.test cannot be reached")),
            row(
                    Reason.BROKEN_PEER,
                    mx(Reason.BROKEN_PEER, Exchangers.garbage(LabStage.GREETING)),
                    "permerror broken-peer",
                    unverified("broken-peer.test", "mx.broken-peer.test does not speak SMTP as it should")),
            row(
                    Reason.DNS_FAILURE,
                    lab -> lab.dns()
                            .bare("dns-failure.test")
                            .fault("dns-failure.test", DnsFault.of(DnsFault.Kind.SERVFAIL)),
                    "temperror dns-failure",
                    "4.4.3 <jane@dns-failure.test>: Sender address rejected: unverified address: the DNS of"),
            row(
                    Reason.UNUSABLE_EXCHANGER,
                    lab -> lab.dns()
                            .mx("unusable-exchanger.test", 10, "mx.unusable-exchanger.test")
                            .a("mx.unusable-exchanger.test", "10.1.2.3"),
                    "permerror unusable-exchanger",
                    unverified("unusable-exchanger.test", "the MX records of unusable-exchanger.test name no usable")),
            new Row(
                    Reason.RATE_LIMITED,
                    mx(Reason.RATE_LIMITED, Exchangers.acceptsAny()),
                    "overrides = [ { sender-domain = \"rate-limited.test\","
                            + " callout.limits.per-domain { rate = \"1/h\", burst = 1, concurrent = 2 } } ]",
                    "temperror rate-limited",
                    "",
                    Afterwards.ASKED_AGAIN),
            new Row(
                    Reason.FORGED_SENDER,
                    lab -> {
                        lab.domain("forged-sender.test", Exchangers.acceptsAny());
                        lab.dns().txt("forged-sender.test", "v=spf1 -all");
                    },
                    "",
                    "none forged-sender",
                    "",
                    Afterwards.ASKED_AGAIN),
            new Row(
                    Reason.NOT_ASKED,
                    mx(Reason.NOT_ASKED, Exchangers.saysNoSuchUser()),
                    "exempt.senders = [ \"not-asked.test\" ]",
                    "none not-asked",
                    "",
                    Afterwards.ASKED_AGAIN));

    @TempDir
    Path folder;

    @AfterAll
    static void nothingLeaked() {
        LeakPresenceDetector.check();
    }

    @TestFactory
    Stream<DynamicTest> fresh_then_from_memory_then_after_a_restart() {
        return ROWS.stream().map(row -> DynamicTest.dynamicTest(row.reason().word(), () -> freshAndRemembered(row)));
    }

    private void freshAndRemembered(Row row) throws Exception {
        try (SenderScene scene = new SenderScene()) {
            Lab lab = scene.stage.lab;
            row.world().accept(lab);
            scene.start(row.more() + "\ncache.file = \""
                    + folder.resolve(row.reason().word()) + "\"\n");
            if (row.reason() == Reason.RATE_LIMITED) {
                assertThat(scene.send("other@rate-limited.test").result()).isEqualTo("pass accepted");
            }
            check(row, scene.send(row.sender()));
            long asked = connections(lab);
            check(row, scene.send(row.sender()));
            assertThat(connections(lab)).as("asked again though it was known").isEqualTo(asked);
            scene.restart();
            if (row.reason() == Reason.RATE_LIMITED) {
                // A rate begins anew with the process; what was learnt before it struck is still there.
                assertThat(scene.send("third@rate-limited.test").result()).isEqualTo("pass accepted");
                asked = connections(lab);
            }
            check(row, scene.send(row.sender()));
            if (row.afterwards() == Afterwards.REMEMBERED) {
                assertThat(connections(lab))
                        .as("asked again though the file has it")
                        .isEqualTo(asked);
            }
        }
    }

    private static long connections(Lab lab) {
        return lab.exchangers().stream()
                .mapToLong(mx -> mx.connections().count())
                .sum();
    }

    private static void check(Row row, Fate fate) {
        if (row.fate().startsWith("5.")) {
            assertThat(fate.code()).isEqualTo(550);
            assertThat(fate.reply()).startsWith(row.fate());
        } else {
            assertThat(fate.result()).as(fate.reply()).isEqualTo(row.fate());
        }
    }

    @TestFactory
    Stream<DynamicTest> as_a_deferral_it_says_why_and_what_to_do() {
        return ROWS.stream()
                .filter(row -> !row.deferred().isEmpty())
                .map(row -> DynamicTest.dynamicTest(row.reason().word(), () -> {
                    try (SenderScene scene = new SenderScene()) {
                        row.world().accept(scene.stage.lab);
                        scene.start("checks.sender.actions.undetermined = defer\n" + row.more());
                        Fate fate = scene.send(row.sender());
                        assertThat(fate.code()).isEqualTo(451);
                        assertThat(fate.reply()).startsWith(row.deferred());
                    }
                }));
    }

    @Test
    void an_action_for_undetermined_does_not_reach_what_we_chose_ourselves() throws Exception {
        for (Row row : ROWS) {
            if (row.reason() == Reason.FORGED_SENDER || row.reason() == Reason.NOT_ASKED) {
                try (SenderScene scene = new SenderScene()) {
                    row.world().accept(scene.stage.lab);
                    scene.start("checks.sender.actions.undetermined = defer\n" + row.more());
                    assertThat(scene.send(row.sender()).result()).isEqualTo(row.fate());
                }
            }
        }
    }

    @Test
    void CO06_a_peer_that_blocks_us_is_circuit_open_to_all_its_addresses_and_the_mail_is_tagged() throws Exception {
        try (SenderScene scene = new SenderScene()) {
            scene.stage.lab.domain("b.test", Exchangers.blocksUs());
            scene.start("");
            assertThat(scene.send("jane@b.test").result()).isEqualTo("permerror refused-us");
            assertThat(scene.send("john@b.test").result()).isEqualTo("temperror circuit-open");
            assertThat(connections(scene.stage.lab)).isEqualTo(1);
            assertThat(scene.stage
                            .meters
                            .get("countersign.callout.blocks")
                            .counter()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void callouts_beyond_the_global_limit_are_overloaded_and_the_mail_is_tagged() throws Exception {
        try (SenderScene scene = new SenderScene()) {
            scene.stage.lab.domain("mute.test", Exchangers.acceptsAny().at(LabStage.RCPT, Act.never()));
            scene.stage.lab.domain("b.test", Exchangers.acceptsAny());
            scene.start("callout.limits.concurrent = 1\n"
                    + "callout.timeouts { greeting = 5s, reply = 5s, total = 10s }\nchecks.sender.wait = 300ms\n");
            assertThat(scene.send("jane@mute.test").result()).isEqualTo("temperror no-answer");
            assertThat(scene.send("jane@b.test").result()).isEqualTo("temperror overloaded");
        }
    }

    @Test
    void every_reason_of_the_table_has_a_row_here() {
        List<Reason> here = ROWS.stream().map(Row::reason).toList();
        assertThat(Arrays.stream(Reason.values())
                        .filter(reason -> reason != Reason.CIRCUIT_OPEN && reason != Reason.OVERLOADED))
                .as("the two others have tests of their own")
                .containsExactlyInAnyOrderElementsOf(here);
    }

    @Test
    void an_answer_that_comes_after_wait_is_there_when_the_client_comes_back() throws Exception {
        try (SenderScene scene = new SenderScene()) {
            Behaviour slow = Behaviour.proper()
                    .mailboxes(Mailboxes.all(Mailboxes.UNKNOWN))
                    .pace(java.time.Duration.ofMillis(150));
            scene.stage.lab.domain("slow.test", slow);
            scene.start("checks.sender.wait = 100ms\n");
            assertThat(scene.send("jane@slow.test").result()).isEqualTo("temperror no-answer");
            scene.stage.lab.exchangers().get(0).open().awaitAtMost(0);
            org.awaitility.Awaitility.await()
                    .until(() -> scene.send("jane@slow.test").code() == 550);
            assertThat(connections(scene.stage.lab)).isEqualTo(1);
        }
    }
}
