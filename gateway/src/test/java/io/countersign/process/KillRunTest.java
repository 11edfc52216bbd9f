package io.countersign.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * Messages while the MTA goes down and comes back, the gateway is killed with SIGKILL, and clients drop, all at random. What was
 * acknowledged is at the MTA, and nothing there is half a message. {@code -Dkill.messages=100000} for the long form, {@code
 * -Dkill.seed=N} to run one again.
 */
class KillRunTest {
    private static final int CLIENTS = 8;

    @TempDir
    private Path folder;

    @Test
    void not_one_acknowledged_message_is_missing_and_none_is_half_whoever_is_killed(TestReporter reporter)
            throws Exception {
        int most = Integer.getInteger("kill.messages", 300);
        long seed = Long.getLong("kill.seed", System.nanoTime());
        Random random = new Random(seed);
        Ledger ledger = new Ledger();
        AtomicInteger numbers = new AtomicInteger();
        int mtaKills = 0;
        int gatewayKills = 0;
        try (ProcessStage stage = new ProcessStage(folder)) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort());
            Path file = stage.configuration("gateway.conf", """
                    listen.limits.connections-per-client = 1000
                    backend { wait = 1s, timeouts.connect = 1s }
                    cache.file = "%s"
                    """.formatted(folder.resolve("verdicts")));
            Files.writeString(file, Files.readString(file).replace("127.0.0.1:0", "127.0.0.1:" + address.getPort()));
            List<Thread> clients = new ArrayList<>();
            ChildGateway gateway = ChildGateway.start(file, "");
            try {
                for (int i = 0; i < CLIENTS; i++) {
                    Courier courier = new Courier(address, ledger, numbers, most, seed + i);
                    Thread thread = new Thread(courier::run, "courier-" + i);
                    thread.start();
                    clients.add(thread);
                }
                int next = 20;
                while (clients.stream().anyMatch(Thread::isAlive)) {
                    // By messages, not by time: a slow machine is not killed more often than it can start.
                    if (ledger.acknowledged() >= next) {
                        next = ledger.acknowledged() + 20 + random.nextInt(100);
                        boolean first = mtaKills == 0; // each is killed once at least, in the shortest run too
                        boolean second = !first && gatewayKills == 0;
                        if (first || !second && random.nextInt(3) > 0) {
                            stage.mta.stop();
                            Thread.sleep(random.nextInt(300));
                            stage.mta.start();
                            mtaKills++;
                        } else {
                            gateway.signal("KILL");
                            gateway.awaitEnd();
                            gateway = ChildGateway.start(file, "");
                            gatewayKills++;
                        }
                    }
                    if (!gateway.isAlive()) {
                        throw new IllegalStateException("it ended by itself:\n" + gateway.log());
                    }
                    ledger.atTheMta(stage.mta.messages());
                    Thread.sleep(50);
                }
            } finally {
                numbers.set(most);
                gateway.close();
                for (Thread client : clients) {
                    client.join();
                }
            }
            // Whatever the MTA had whole when the gateway went is in its list now: it answers from its own threads.
            stage.mta.stop();
            ledger.atTheMta(stage.mta.messages());
        }
        String told = "seed " + seed + ": " + most + " messages, MTA killed " + mtaKills + " times, gateway "
                + gatewayKills + " times; " + ledger;
        reporter.publishEntry("kill run", told);
        assertThat(ledger.lost()).as(told).isEmpty();
        assertThat(ledger.halves()).as(told).isEmpty();
        assertThat(ledger.invented()).as(told).isEmpty();
        assertThat(ledger.doubled()).as(told).isEmpty();
        assertThat(ledger.acknowledged()).as(told).isGreaterThan(most / 3);
        assertThat(mtaKills).as(told).isPositive();
        assertThat(gatewayKills).as(told).isPositive();
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }
}
