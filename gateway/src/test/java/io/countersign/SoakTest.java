package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import io.countersign.lab.Act;
import io.countersign.lab.Content.Recording;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.internal.PlatformDependent;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * Good, bad and faulty traffic for a while: every 250 is a message at the MTA and the other way round, and nothing grows. {@code
 * -Dsoak.seconds=3600} for the long form.
 */
class SoakTest {
    private static final int CLIENTS = 6;
    private static final MtaBehaviour PROPER = MtaBehaviour.proper()
            .recording(Recording.COUNTS)
            .mailboxes(Mailboxes.users("r@example.org", "s@example.org"));

    private final AtomicLong acknowledged = new AtomicLong();
    /** The end was sent, and the word about it did not come. */
    private final AtomicLong unknown = new AtomicLong();

    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong brokenOff = new AtomicLong();
    private final AtomicBoolean over = new AtomicBoolean();

    /** Memory in octets. */
    private record Sample(double heap, double direct, double descriptors, double threads) {
        static Sample now() {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Sample(
                    runtime.totalMemory() - runtime.freeMemory(),
                    Math.max(0, PlatformDependent.usedDirectMemory()),
                    system.getOpenFileDescriptorCount(),
                    Thread.activeCount());
        }
    }

    @Test
    void RE17_mixed_traffic_leaves_the_books_balanced_and_nothing_grows(TestReporter reporter) throws Exception {
        long seconds = Long.getLong("soak.seconds", 15);
        try (GatewayStage stage = new GatewayStage(PROPER)) {
            stage.lab.domain("b.test", Exchangers.acceptsAny());
            stage.lab.domain("bad.test", Exchangers.saysNoSuchUser());
            stage.lab.domain("grey.test", Exchangers.greylists(1));
            stage.lab.domain("hang.test", Exchangers.hangsUp(LabStage.MAIL));
            stage.lab.exchangers().forEach(exchanger -> exchanger.keepNoTranscripts());
            stage.start("""
                    checks.sender { mode = enforce, wait = 1s }
                    listen.limits { connections-per-client = 1000, transactions = 1000 }
                    cache.size = 1MiB
                    callout.limits { per-domain { rate = "10000/s", burst = 1000, concurrent = 100 }
                      per-exchanger { rate = "10000/s", burst = 1000, concurrent = 100 }
                      per-network { rate = "10000/s", burst = 1000, concurrent = 100 } }
                    """);
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Random random = new Random(i);
                Thread client = new Thread(() -> traffic(stage, random), "soak-" + i);
                client.start();
                clients.add(client);
            }
            List<Sample> samples = new ArrayList<>();
            try {
                long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
                Random random = new Random(42);
                long pause = Math.max(200, seconds * 1000 / 300);
                while (System.nanoTime() - end < 0) {
                    stage.mta.behaviour(mta(random.nextInt(10)));
                    Thread.sleep(pause);
                    samples.add(Sample.now());
                }
            } finally {
                over.set(true);
                for (Thread client : clients) {
                    client.join();
                }
            }
            stage.mta.behaviour(PROPER);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> stage.meters
                                    .get("countersign.sessions.open")
                                    .gauge()
                                    .value()
                            == 0);
            long atTheMta = stage.mta.tallies().messages().count();
            String told = seconds + " s: " + acknowledged + " acknowledged, " + atTheMta + " at the MTA, " + unknown
                    + " of unknown result, " + refused + " refused or deferred, " + brokenOff + " broken off; heap "
                    + growth(samples, Sample::heap) + ", direct " + growth(samples, Sample::direct) + ", descriptors "
                    + growth(samples, Sample::descriptors) + ", threads " + growth(samples, Sample::threads);
            reporter.publishEntry("soak", told);
            assertThat(acknowledged.get()).as(told).isPositive();
            assertThat(atTheMta).as(told).isBetween(acknowledged.get(), acknowledged.get() + unknown.get());
            flat(samples, Sample::heap, 16 << 20, told);
            flat(samples, Sample::direct, 16 << 20, told);
            flat(samples, Sample::descriptors, 30, told);
            flat(samples, Sample::threads, 5, told);
        }
    }

    /** The last third against the middle one: a tenth more, and what is always in motion. */
    private static void flat(List<Sample> samples, ToDoubleFunction<Sample> what, double slack, String told) {
        double middle = mean(samples, what, samples.size() / 3, samples.size() * 2 / 3);
        double last = mean(samples, what, samples.size() * 2 / 3, samples.size());
        assertThat(last).as(told).isLessThanOrEqualTo(middle * 1.1 + slack);
    }

    private static String growth(List<Sample> samples, ToDoubleFunction<Sample> what) {
        return String.format(
                java.util.Locale.ROOT,
                "%.0f→%.0f",
                mean(samples, what, samples.size() / 3, samples.size() * 2 / 3),
                mean(samples, what, samples.size() * 2 / 3, samples.size()));
    }

    private static double mean(List<Sample> samples, ToDoubleFunction<Sample> what, int from, int to) {
        return samples.subList(from, Math.max(from + 1, to)).stream()
                .mapToDouble(what)
                .average()
                .orElseThrow();
    }

    private static MtaBehaviour mta(int mood) {
        return switch (mood) {
            case 0 -> PROPER.at(LabStage.END_OF_DATA, Act.reply("451 4.3.0 later"));
            case 1 -> PROPER.at(LabStage.END_OF_DATA, Act.close());
            case 2 -> PROPER.at(LabStage.RCPT, Act.close());
            case 3 -> PROPER.at(LabStage.DATA, Act.reply("451 4.3.0 no room"));
            case 4 -> PROPER.at(LabStage.END_OF_DATA, Act.reply("250 2.0.0 Ok").after(Duration.ofMillis(50)));
            default -> PROPER;
        };
    }

    private void traffic(GatewayStage stage, Random random) {
        while (!over.get()) {
            try (LabClient client = stage.client().patience(Duration.ofSeconds(30))) {
                int messages = 1 + random.nextInt(5);
                for (int i = 0; i < messages && !over.get(); i++) {
                    if (!one(client, random)) {
                        break;
                    }
                }
            } catch (UncheckedIOException | IllegalStateException e) {
                brokenOff.incrementAndGet();
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
        }
    }

    /** @return false when the connection is over */
    private boolean one(LabClient client, Random random) {
        String domain = List.of("b.test", "b.test", "b.test", "bad.test", "grey.test", "hang.test", "no.test")
                .get(random.nextInt(7));
        String sender = "u" + random.nextInt(5_000) + "@" + domain;
        switch (random.nextInt(12)) {
            case 0 -> {
                client.send("MAIL FROM:<a@b>\rRCPT TO:<c@d>\r\n");
                client.readToEnd();
                return false;
            }
            case 1 -> {
                client.command("NONSENSE " + random.nextInt());
                client.command("VRFY r");
                return true;
            }
            case 2 -> {
                return smuggle(client, sender, random);
            }
            case 3 -> {
                if (open(client, sender)) {
                    client.send("Subject: half\r\n\r\nhalf of");
                    client.reset();
                }
                return false;
            }
            case 4 -> {
                client.send("MAIL FR");
                client.reset();
                return false;
            }
            default -> {
                if (!open(client, sender)) {
                    return true;
                }
                settle(client, "Subject: good\r\n\r\n" + "some words\r\n".repeat(random.nextInt(2_000)));
                return true;
            }
        }
    }

    private boolean smuggle(LabClient client, String sender, Random random) {
        if (!open(client, sender)) {
            return true;
        }
        String end = List.of("\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\0").get(random.nextInt(5));
        client.send("Subject: bad\r\n\r\nbody" + end + "MAIL FROM:<x@y>\r\n.\r\n");
        String told = client.readToEnd();
        if (told.startsWith("2")) {
            throw new AssertionError("taken: " + told);
        }
        refused.incrementAndGet();
        return false;
    }

    private boolean open(LabClient client, String sender) {
        LabReply reply = client.command("MAIL FROM:<" + sender + ">");
        if (reply.code() == 250) {
            reply = client.command("RCPT TO:<r@example.org>");
        }
        if (reply.code() == 250) {
            reply = client.command("DATA");
        }
        if (reply.code() == 354) {
            return true;
        }
        refused.incrementAndGet();
        client.command("RSET");
        return false;
    }

    private void settle(LabClient client, String content) {
        LabReply reply;
        try {
            reply = client.content(content);
        } catch (UncheckedIOException e) {
            unknown.incrementAndGet();
            throw e;
        }
        if (reply.code() == 250) {
            acknowledged.incrementAndGet();
        } else {
            if (reply.text().contains("result unknown")) {
                unknown.incrementAndGet();
            }
            refused.incrementAndGet();
        }
    }
}
