package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.LabClient;
import io.countersign.lab.LabDns;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabReply;
import io.countersign.lab.MtaBehaviour;
import io.countersign.lab.MtaMessage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A message far larger than all the memory that the gateway may have: it is ended by the virtual machine should it ever need more.
 * Its length is {@code -Dreal.octets}; 1 GiB is a matter of a minute.
 */
class FlatMemoryTest {
    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final int CHUNK = 1 << 20;
    private static final String LINE = "0123456789 lines of seventy-two octets pass, one like the other, on and\r\n";

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newSingleThreadExecutor();
    private final byte[] lines = LINE.repeat(CHUNK / LINE.length() + 1).getBytes(StandardCharsets.US_ASCII);
    private LabDns dns;
    private LabMta mta;
    private GatewayProcess gateway;

    @BeforeEach
    void start() {
        dns = LabDns.start();
        mta = LabMta.start(
                MtaBehaviour.proper()
                        .smtp(b -> b.withoutKeyword("SIZE").keyword("SIZE 4000000000"))
                        .receiveBuffer(64 << 10),
                1);
        gateway = new GatewayProcess(
                folder,
                GatewayInFront.configuration(
                                mta.backend(), dns, "checks.sender.mode = off\nlisten.limits.message-size = 3GiB\n")
                        .replace("log.level = warn", "log.level = info"),
                "-Xmx64m",
                "-XX:MaxDirectMemorySize=32m",
                "-XX:+ExitOnOutOfMemoryError");
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        gateway.close();
        mta.close();
        dns.close();
    }

    @Test
    void a_huge_message_for_a_slow_mta_waits_at_the_client_and_not_in_memory() throws Exception {
        long octets = wholeLines(RealServers.longestMessage());
        AtomicLong sent = new AtomicLong();
        Future<LabReply> reply = threads.submit(() -> send(octets, CHUNK, sent));
        for (int quarter = 0; quarter < 4; quarter++) {
            long from = octets / 4 * quarter;
            await("a part of it", Duration.ofMillis(1), () -> sent.get() > from);
            mta.pauseReading();
            long stalledAt = stalled(sent);
            assertThat(stalledAt)
                    .as("the MTA reads nothing more: the client cannot send all")
                    .isLessThan(octets);
            mta.resumeReading();
        }
        assertArrived(reply, octets);
    }

    @Test
    void a_huge_message_from_a_client_that_dribbles_it_arrives_whole() throws Exception {
        long octets = wholeLines(RealServers.longestMessage());
        Future<LabReply> reply = threads.submit(() -> send(octets, 97, new AtomicLong()));
        assertArrived(reply, octets);
    }

    private static long wholeLines(long octets) {
        return octets / LINE.length() * LINE.length();
    }

    private void assertArrived(Future<LabReply> reply, long octets) throws Exception {
        assertThat(reply.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).code()).isEqualTo(250);
        MtaMessage message = mta.awaitMessages(1).get(0);
        assertThat(message.content().size() - octets)
                .as("what was added: our header fields")
                .isBetween(100L, 2000L);
        assertThat(message.content().faults()).isEmpty();
        assertThat(gateway.runs()).isTrue();
        assertThat(gateway.peakMemory())
                .as("all the memory it ever had, the virtual machine's own included")
                .isLessThan(400L << 20);
    }

    /** @param piece how many octets the client hands to its kernel at once, in the first MiB */
    private LabReply send(long octets, int piece, AtomicLong sent) {
        try (LabClient client = LabClient.from("127.0.0.9", gateway.address())) {
            client.patience(PATIENCE).hello("client.test");
            client.command("MAIL FROM:<a@sender.test> SIZE=" + octets, 250);
            client.command("RCPT TO:<r@ours.test>", 250);
            client.command("DATA", 354);
            client.send("Subject: huge\r\n\r\n"); // a header section is short: listen.limits.header-size
            long left = octets;
            while (left > 0) {
                int size = (int) Math.min(left, sent.get() < CHUNK ? piece : CHUNK);
                int from = (int) (sent.get() % LINE.length());
                client.send(Arrays.copyOfRange(lines, from, Math.min(from + size, lines.length)));
                size = Math.min(size, lines.length - from);
                left -= size;
                sent.addAndGet(size);
            }
            client.send(".\r\n");
            return client.read();
        }
    }

    /** Waits until the client gets no further. */
    private static long stalled(AtomicLong sent) {
        AtomicLong last = new AtomicLong(-1);
        await("the client stalls", Duration.ofMillis(700), () -> {
            long now = sent.get();
            return last.getAndSet(now) == now;
        });
        return last.get();
    }

    private static void await(String what, Duration every, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(every)
                .until(condition);
    }
}
