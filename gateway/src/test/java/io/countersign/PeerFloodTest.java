package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.Act;
import io.countersign.lab.DnsFault;
import io.countersign.lab.Exchangers;
import io.countersign.lab.Lab;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabExchanger;
import io.countersign.lab.LabStage;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Many at once, and peers that hang: what a flood costs others. The numbers are small in the ordinary build; {@code -Dflood=N}
 * makes N of them (issue 3: 10,000 sessions, 100,000 forgeries, 8,000 callouts).
 */
class PeerFloodTest {
    private static final int MANY = Integer.getInteger("flood", 400);
    private static final int BATCH = 40;
    private static final String ROOMY = """
            listen.limits { connections = 50000, connections-per-client = 50000, transactions = 1000000, errors = 1000000 }
            backend { connections = 20000, connections-per-client = 20000, wait = 30s }
            """;

    @AfterAll
    static void no_buffer_is_leaked() {
        LeakPresenceDetector.check();
    }

    @Test
    void CO25_sessions_that_wait_for_the_same_sender_cost_one_callout() throws IOException {
        int sessions = Math.min(MANY, 2_500);
        try (SenderScene scene = new SenderScene()) {
            LabExchanger mx =
                    scene.stage.lab.domain("b.test", Exchangers.acceptsAny().at(LabStage.RCPT, Act.never()));
            scene.start(ROOMY + "checks.sender.wait = 60s\n"
                    + "callout.timeouts { greeting = 50s, reply = 50s, total = 60s }\nlisten.limits.idle = 100s\n");
            List<LabClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < sessions; i++) {
                    LabClient client = scene.stage.client();
                    clients.add(client);
                    client.send("MAIL FROM:<jane@b.test>\r\nRCPT TO:<r@example.org>\r\n");
                }
                scene.stage.mta.tallies().recipients().awaitAtLeast(sessions, Duration.ofSeconds(60));
                mx.recipients().awaitAtLeast(1);
                mx.behaviour(Exchangers.acceptsAny());
                // What was asked is answered no more; the connection ends, and with it the one callout.
                mx.stop();
                for (LabClient client : clients) {
                    client.expect(250);
                    client.expect(250);
                }
                assertThat(mx.connections().count()).isEqualTo(1);
                assertThat(mx.recipients().count()).isEqualTo(1);
            } finally {
                clients.forEach(LabClient::close);
            }
        }
    }

    @Test
    void CO24_forgeries_at_one_domain_bother_it_no_more_than_its_limit_and_delay_no_other_mail() throws IOException {
        int forged = MANY;
        try (SenderScene scene = new SenderScene()) {
            LabExchanger victim = scene.stage.lab.domain("victim.test", Exchangers.saysNoSuchUser());
            scene.stage.lab.domain("good.test", Exchangers.acceptsAny());
            scene.start(ROOMY);
            assertThat(scene.send("known@good.test").result()).isEqualTo("pass accepted");
            long began = System.nanoTime();
            long usedBefore = 0;
            for (int sent = 0; sent < forged; sent += BATCH) {
                transactions(scene, "f" + sent + "-%d@victim.test");
                if (sent <= 2 * BATCH) {
                    usedBefore = heap();
                }
                long asked = System.nanoTime();
                assertThat(scene.send("known@good.test").result()).isEqualTo("pass accepted");
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
            }
            double minutes = (System.nanoTime() - began) / 60e9;
            assertThat(victim.connections().count())
                    .as("half of the domain's rate is for those whom SPF vouches for")
                    .isLessThanOrEqualTo((long) (10 + 10 * minutes) + 1);
            assertThat(heap() - usedBefore).as("memory").isLessThan(48L << 20);
        }
    }

    /** That many senders, on one connection: few enough for its limit of commands that lead to no message. */
    private static void transactions(SenderScene scene, String sender) throws IOException {
        StringBuilder commands = new StringBuilder();
        for (int i = 0; i < BATCH; i++) {
            commands.append("MAIL FROM:<")
                    .append(String.format(sender, i))
                    .append(">\r\nRCPT TO:<r@example.org>\r\nRSET\r\n");
        }
        try (LabClient client = scene.stage.client()) {
            client.send(commands.toString());
            for (int i = 0; i < BATCH; i++) {
                client.expect(250);
                client.read();
                client.expect(250);
            }
        }
    }

    private static long heap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @TestFactory
    List<DynamicTest> CO22_an_exchanger_that_hangs_delays_mail_no_longer_than_wait_and_it_gets_through_tagged() {
        record Hanging(String where, BiConsumer<Lab, String> made) {}
        List<Hanging> all = new ArrayList<>();
        for (LabStage stage : List.of(LabStage.GREETING, LabStage.EHLO, LabStage.MAIL, LabStage.RCPT)) {
            all.add(new Hanging(stage.name(), (lab, domain) -> lab.domain(domain, Exchangers.neverAnswers(stage))));
        }
        all.add(new Hanging(
                "STARTTLS",
                (lab, domain) -> lab.domain(
                        domain, Exchangers.acceptsAny().keyword("STARTTLS").at(LabStage.STARTTLS, Act.never()))));
        all.add(new Hanging("the handshake", (lab, domain) -> lab.domain(domain, Exchangers.silentTls("a@" + domain))));
        all.add(new Hanging(
                "connect",
                (lab, domain) -> lab.dns().mx(domain, 10, "mx." + domain).a("mx." + domain, lab.blackHole())));
        all.add(new Hanging(
                "DNS",
                (lab, domain) ->
                        lab.dns().mx(domain, 10, "mx." + domain).fault(domain, DnsFault.of(DnsFault.Kind.DROP))));
        return all.stream()
                .map(hanging -> DynamicTest.dynamicTest(hanging.where(), () -> {
                    try (SenderScene scene = new SenderScene()) {
                        hanging.made().accept(scene.stage.lab, "mute.test");
                        scene.start("checks.sender.wait = 700ms\n"
                                + "callout.timeouts { connect = 20s, greeting = 20s, reply = 20s, total = 30s }\n");
                        long began = System.nanoTime();
                        SenderScene.Fate fate = scene.send("jane@mute.test");
                        Duration took = Duration.ofNanos(System.nanoTime() - began);
                        assertThat(fate.result()).isIn("temperror no-answer", "temperror dns-failure");
                        assertThat(took).isBetween(Duration.ofMillis(200), Duration.ofSeconds(5));
                    }
                }))
                .toList();
    }

    @Test
    void callouts_that_hang_cost_little_memory_and_do_not_slow_known_senders() throws IOException {
        int callouts = Math.min(MANY, 8_000) / BATCH * BATCH;
        try (SenderScene scene = new SenderScene()) {
            LabExchanger mute = scene.stage
                    .lab
                    .domain("mute.test", Exchangers.neverAnswers(LabStage.GREETING))
                    .keepNoTranscripts();
            scene.stage.lab.domain("good.test", Exchangers.acceptsAny());
            String wide = "{ rate = \"1000000/min\", burst = 1000000, concurrent = 100000 }";
            scene.start(ROOMY
                    + "overrides = [ { sender-domain = \"mute.test\", checks.sender.mode = monitor } ]\n"
                    + "callout.limits { concurrent = 100000, per-domain " + wide + ", per-exchanger " + wide
                    + ", per-network " + wide + " }\n"
                    + "callout.timeouts { connect = 200s, greeting = 200s, reply = 200s, total = 300s }\n");
            assertThat(scene.send("known@good.test").result()).isEqualTo("pass accepted");
            Duration before = slowestOf(scene, 20);
            long heapBefore = heap();
            long directBefore = direct();
            for (int sent = 0; sent < callouts; sent += BATCH) {
                transactions(scene, "u" + sent + "-%d@mute.test");
            }
            mute.open().awaitAtLeast(callouts, Duration.ofSeconds(120));
            long heap = heap() - heapBefore;
            long direct = direct() - directBefore;
            Duration during = slowestOf(scene, 20);
            System.out.printf(
                    "%d callouts in flight: %.1f MiB heap, %.1f MiB direct, the lab's side of each included; known"
                            + " senders: slowest of 20 %d ms before, %d ms during%n",
                    callouts, heap / 1048576.0, direct / 1048576.0, before.toMillis(), during.toMillis());
            double perCallout = (heap + direct) / (double) callouts;
            // Small runs carry the fixed cost of caches and pools.
            assertThat(perCallout).isLessThan(300.0 * 1048576 / 8_000 + 8.0 * 1048576 / callouts);
            assertThat(during).isLessThan(before.multipliedBy(3).plusMillis(500));
        }
    }

    private static long direct() {
        return io.netty.util.internal.PlatformDependent.usedDirectMemory();
    }

    private static Duration slowestOf(SenderScene scene, int messages) {
        long slowest = 0;
        for (int i = 0; i < messages; i++) {
            long began = System.nanoTime();
            assertThat(scene.send("known@good.test").result()).isEqualTo("pass accepted");
            slowest = Math.max(slowest, System.nanoTime() - began);
        }
        return Duration.ofNanos(slowest);
    }
}
