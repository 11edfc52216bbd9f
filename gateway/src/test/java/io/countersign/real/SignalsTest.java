package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.LabClient;
import io.countersign.lab.LabDns;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabReply;
import io.countersign.lab.MtaBehaviour;
import io.countersign.real.RealServers.Need;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway as a process: what becomes of mail when it is told to reload or to end. */
class SignalsTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CLIENTS = 8;
    private static final int BEFORE = 80;

    @TempDir
    Path folder;

    @Test
    void SIGHUP_with_a_broken_file_changes_nothing_and_says_why() {
        try (LabDns dns = LabDns.start();
                LabMta mta = LabMta.start(MtaBehaviour.proper(), 1)) {
            String good = GatewayInFront.configuration(mta.backend(), dns, "checks.sender.mode = off\nlog.level = info")
                    .replace("log.level = warn\n", "");
            try (GatewayProcess gateway = new GatewayProcess(folder, good);
                    LabClient before = LabClient.to(gateway.address())) {
                before.hello("client.test");

                gateway.configure(good.replace("[ \"ours.test\" ]", "[ \"other.test\" ]")
                                .replace("checks.sender.mode = off", "checks.sender.mode = perhaps")
                        + "\nlisten.limits.recipient = 5\n");
                gateway.signal("HUP");

                gateway.log().await("what becomes of it", line -> line.contains("was not taken over: 2 problem(s)"));
                String file = folder.resolve("countersign.conf").toString();
                gateway.log()
                        .await(
                                "the unknown key",
                                line -> line.contains(file + ":")
                                        && line.contains("listen.limits.recipient:")
                                        && line.contains("did you mean"));
                gateway.log()
                        .await(
                                "the wrong value",
                                line -> line.contains(file + ":") && line.contains("checks.sender.mode:"));
                assertThat(before.deliver("a@sender.test", "r@ours.test", "Subject: an old session\r\n\r\nx\r\n")
                                .code())
                        .isEqualTo(250);
                before.quit();
                try (LabClient after = LabClient.to(gateway.address())) {
                    after.hello("client.test");
                    assertThat(after.deliver("a@sender.test", "r@other.test", "\r\n")
                                    .code())
                            .as("a domain of the broken file alone")
                            .isEqualTo(550);
                    after.command("RSET", 250);
                    assertThat(after.deliver("a@sender.test", "r@ours.test", "Subject: new\r\n\r\nx\r\n")
                                    .code())
                            .isEqualTo(250);
                    after.quit();
                }
                assertThat(gateway.runs()).isTrue();
                gateway.signal("TERM");
                assertThat(gateway.exitCode()).isIn(0, 143);
            }
        }
    }

    @Test
    void SIGTERM_during_a_load_loses_nothing_and_invents_nothing() throws Exception {
        RealServers.require(Need.POSTFIX);
        try (LabDns dns = LabDns.start();
                RealPostfix postfix = RealPostfix.sinkBehindCountersign(folder, "ours.test")) {
            String configuration = GatewayInFront.configuration(
                            postfix.place(), dns, "checks.sender.mode = off\nlog.level = info")
                    .replace("log.level = warn\n", "");
            Map<String, Integer> answers = new ConcurrentHashMap<>();
            ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
            try (GatewayProcess gateway = new GatewayProcess(folder, configuration);
                    LabClient halfway = LabClient.from("127.0.0.99", gateway.address())) {
                AtomicInteger accepted = new AtomicInteger();
                List<Future<String>> ends = new ArrayList<>();
                for (int n = 0; n < CLIENTS; n++) {
                    String name = "c" + n + "x";
                    String local = "127.0.0." + (10 + n);
                    ends.add(threads.submit(() -> sendUntilTheEnd(local, gateway.address(), name, answers, accepted)));
                }
                halfway.patience(PATIENCE).hello("client.test");
                halfway.command("MAIL FROM:<a@sender.test>", 250);
                halfway.command("RCPT TO:<halfway@ours.test>", 250);
                halfway.command("DATA", 354);
                halfway.send("Subject: halfway\r\n\r\nthe first half\r\n");
                Awaitility.await("a load")
                        .atMost(PATIENCE)
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> accepted.get() >= BEFORE);

                gateway.signal("TERM");
                gateway.log().await("it drains", line -> line.contains("SIGTERM: draining"));
                halfway.send("the other half\r\n.\r\n");
                answers.put("halfway@ours.test", halfway.read().code());

                for (Future<String> end : ends) {
                    assertThat(end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                            .as("how a client was told")
                            .matches("421|4[0-9][0-9]|closed");
                }
                assertThat(gateway.exitCode()).isIn(0, 143);
            } finally {
                threads.shutdownNow();
            }
            assertThat(answers).as("content under way at the signal").containsEntry("halfway@ours.test", 250);

            Set<String> toldAccepted = answers.entrySet().stream()
                    .filter(e -> e.getValue() == 250)
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
            assertThat(toldAccepted).hasSizeGreaterThan(BEFORE);
            List<String> delivered = everythingDelivered(postfix);
            assertThat(delivered)
                    .as("what the MTA took, and what the clients were told that it took")
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(toldAccepted);
        }
    }

    /**
     * One message after another over one connection, each to a recipient of its own.
     *
     * @return what ended it: a code of the 4xx class, or {@code closed}
     */
    private static String sendUntilTheEnd(
            String local, InetSocketAddress server, String name, Map<String, Integer> answers, AtomicInteger accepted) {
        try (LabClient client = LabClient.from(local, server)) {
            client.patience(PATIENCE).hello("client.test");
            for (int i = 0; ; i++) {
                String recipient = name + i + "@ours.test";
                answers.put(recipient, 0); // none yet
                LabReply reply = client.deliver("a@sender.test", recipient, "Subject: " + recipient + "\r\n\r\nx\r\n");
                answers.put(recipient, reply.code());
                if (reply.code() != 250) {
                    return Integer.toString(reply.code());
                }
                accepted.incrementAndGet();
                if (i % 90 == 89) {
                    client.command("NOOP", 250);
                }
            }
        } catch (UncheckedIOException e) {
            return "closed";
        }
    }

    /** The recipients of all that this Postfix took in, once its queue is empty. */
    private static List<String> everythingDelivered(RealPostfix postfix) {
        Awaitility.await("an empty queue")
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    Set<String> taken = ids(postfix, ": message-id=");
                    return ids(postfix, ": removed").containsAll(taken);
                });
        return postfix.log().lines(line -> line.contains("status=sent")).stream()
                .map(line -> line.replaceAll(".* to=<([^>]*)>.*", "$1"))
                .toList();
    }

    private static Set<String> ids(RealPostfix postfix, String what) {
        return postfix.log().lines(line -> line.contains(what)).stream()
                .map(line -> line.replaceAll(".*\\]: ([0-9A-F]+): .*", "$1"))
                .collect(Collectors.toSet());
    }
}
