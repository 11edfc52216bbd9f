package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.lab.LabClient;
import io.countersign.real.RealServers.Need;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same octets to a real server and to the same server through Countersign. What arrives through us (how many messages, in
 * whose mailbox, with which body) arrives directly too, or we are the stricter one; never is there a message more.
 */
class DifferentialTest {
    private static final String CLIENT = "127.0.0.9";
    private static final List<String> USERS = List.of("alice", "bob");
    private static final Pattern TAKEN = Pattern.compile("(?m)^250 .*(queued as|id=)");
    private static final Pattern SCRIPT = Pattern.compile("(?m)^Subject: (\\d+) ");

    /** Behind MAIL and RCPT: DATA is said and answered first where the octets are content. */
    private record Script(String name, boolean data, String octets, boolean honest) {}

    @TempDir
    Path folder;

    @Test
    void PA01_to_PA13_PA37_PA38_through_us_postfix_gets_what_it_gets_directly_or_less() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix direct = RealPostfix.exchanger(folder, RealServers.freePlace(), "ours.test", USERS);
                RealPostfix behind = RealPostfix.behindCountersign(folder, "ours.test", USERS);
                GatewayInFront gateway = gateway(behind.place(), "")) {
            compare("Postfix", run(direct.address(), direct::mailbox), run(gateway.address(), behind::mailbox));
        }
    }

    @Test
    void PA01_to_PA13_PA37_PA38_through_us_exim_gets_what_it_gets_directly_or_less() {
        RealServers.require(Need.EXIM);
        try (RealExim direct = RealExim.exchanger(folder, RealServers.freePlace(), "ours.test", USERS);
                RealExim behind = RealExim.behindCountersign(folder, "ours.test", USERS);
                GatewayInFront gateway = gateway(behind.place(), "backend.client-identity = proxy-protocol")) {
            compare("Exim", run(direct.address(), direct::mailbox), run(gateway.address(), behind::mailbox));
        }
    }

    private static GatewayInFront gateway(String backend, String more) {
        return new GatewayInFront(
                backend,
                "checks.sender.mode = off\nchecks.reverse-dns.mode = off\nlisten.limits.message-size = 1MiB\n" + more);
    }

    // ---- what is said -----------------------------------------------------------------------------------------------

    private static List<Script> scripts() {
        List<Script> scripts = new ArrayList<>();
        String[] ends = {"\n", "\r", "\r\n", "\r\r\n", "\n\r"};
        for (String before : ends) {
            for (String after : ends) {
                if (!(before + after).equals("\r\n\r\n")) {
                    falseEnd(scripts, before + "." + after);
                }
            }
        }
        for (String end : List.of(
                "\r\n\0.\r\n",
                "\r\n.\0\r\n",
                "\r\n.\r\0\n",
                "\0\n.\n",
                "\n..\n",
                "\r\n.\r.\r\n",
                "\n.\n.\r\n",
                "\r\n..\n")) {
            falseEnd(scripts, end);
        }
        scripts.add(new Script("plain", true, "Subject: # x\r\n\r\nbody\r\n.\r\n", true));
        scripts.add(new Script("dots", true, "Subject: # x\r\n\r\n..\r\n...\r\n..a\r\n.b\r\n.\r\n", true));
        scripts.add(new Script("two messages", true, "Subject: # x\r\n\r\none\r\n.\r\n" + second(), true));
        scripts.add(new Script("NUL", true, "Subject: # x\r\n\r\na\0b\r\n.\r\n", false));
        scripts.add(new Script("bare LF in a line", true, "Subject: # x\r\n\r\na\nb\r\n.\r\n", false));
        scripts.add(new Script("no end", true, "Subject: # x\r\n\r\nhalf\r\n.", false));
        scripts.add(new Script(
                "over-size",
                true,
                "Subject: # x\r\n\r\n" + "y".repeat(98).concat("\r\n").repeat(12_000) + ".\r\n",
                false));
        String body = "Subject: # x\r\n\r\n.\r\nMAIL FROM:<evil@sender.test>\r\n..\r\n";
        scripts.add(new Script("a chunk", false, chunk(body, true), true));
        scripts.add(new Script("two chunks", false, chunk(body, false) + chunk("more\r\n", true), true));
        scripts.add(new Script("a chunk cut off", false, chunk(body, true).substring(0, 40), false));
        scripts.add(new Script(
                "bare LF in a chunk", false, chunk("Subject: # x\r\n\r\na\n.\nb\r\n", true) + second(), false));
        scripts.add(
                new Script("too many octets", false, "BDAT 99999999999999999999 LAST\r\n" + body + second(), false));
        return scripts;
    }

    private static void falseEnd(List<Script> scripts, String end) {
        String name = end.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
        scripts.add(new Script(name, true, "Subject: # x\r\n\r\nline" + end + second() + ".\r\n", false));
        scripts.add(new Script(
                name + " and DATA",
                true,
                "Subject: # x\r\n\r\nline" + end
                        + "MAIL FROM:<evil@sender.test>\r\nRCPT TO:<bob@ours.test>\r\nDATA\r\nSubject: # y\r\n\r\nz\r\n.\r\n",
                false));
    }

    /** A second message, to bob, that may follow in the same segment. */
    private static String second() {
        return "MAIL FROM:<evil@sender.test>\r\nRCPT TO:<bob@ours.test>\r\n"
                + chunk("Subject: # y\r\n\r\nsecond\r\n", true);
    }

    /** {@code #} stands for a number of three digits. */
    private static String chunk(String content, boolean last) {
        return "BDAT "
                + (content.length()
                        + 2 * (int) content.chars().filter(c -> c == '#').count()) + (last ? " LAST" : "") + "\r\n"
                + content;
    }

    // ---- what arrives -----------------------------------------------------------------------------------------------

    /** By script: mailbox and hash of the body of each message. */
    private static Map<String, List<String>> run(InetSocketAddress server, Function<String, Maildir> mailbox) {
        List<Script> scripts = scripts();
        int expected = 0;
        // Side by side, because servers let clients wait after errors.
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try {
            List<Future<Integer>> taken = new ArrayList<>();
            for (int i = 0; i < scripts.size(); i++) {
                Script script = scripts.get(i);
                String number = Integer.toString(100 + i);
                taken.add(clients.submit(() -> send(server, script, number)));
            }
            for (Future<Integer> messages : taken) {
                expected += messages.get();
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError(e.getMessage(), e);
        } finally {
            clients.shutdownNow();
        }
        int awaited = expected;
        Map<String, List<String>> arrived = new TreeMap<>();
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofSeconds(30))
                .pollInterval(java.time.Duration.ofMillis(50))
                .until(() ->
                        USERS.stream().mapToInt(u -> mailbox.apply(u).count()).sum() >= awaited);
        for (String user : USERS) {
            for (byte[] message : mailbox.apply(user).await(0)) {
                String text = new String(message, StandardCharsets.ISO_8859_1);
                Matcher subject = SCRIPT.matcher(text);
                assertThat(subject.find()).as("a message of a script: %s", text).isTrue();
                Script script = scripts.get(Integer.parseInt(subject.group(1)) - 100);
                String body = text.substring(text.indexOf("\n\n", subject.start()));
                arrived.computeIfAbsent(script.name(), k -> new ArrayList<>()).add(user + " " + hash(body));
            }
        }
        arrived.values().forEach(list -> list.sort(null));
        assertThat(arrived.values().stream().mapToInt(List::size).sum())
                .as("as many arrived as were taken")
                .isEqualTo(awaited);
        return arrived;
    }

    /** @return how many messages the server said it took */
    private static int send(InetSocketAddress server, Script script, String number) {
        try (LabClient client = LabClient.from(CLIENT, server)) {
            client.hello("client.test");
            client.command("MAIL FROM:<a@sender.test>", 250);
            client.command("RCPT TO:<alice@ours.test>", 250);
            if (script.data()) {
                client.command("DATA", 354);
            }
            try {
                client.send((script.octets().replace("#", number) + "QUIT\r\n").getBytes(StandardCharsets.ISO_8859_1));
                client.finish();
            } catch (UncheckedIOException e) {
                // Closed by the server while we talked; what it said until then is read.
            }
            return (int) TAKEN.matcher(client.readToEnd().replace("\r\n", "\n"))
                    .results()
                    .count();
        }
    }

    private static String hash(String text) {
        try {
            byte[] digest = java.security.MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.ISO_8859_1));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void compare(String server, Map<String, List<String>> direct, Map<String, List<String>> through) {
        int stricter = 0;
        int equal = 0;
        for (Script script : scripts()) {
            List<String> plain = direct.getOrDefault(script.name(), List.of());
            List<String> ours = through.getOrDefault(script.name(), List.of());
            List<String> surplus = new ArrayList<>(ours);
            plain.forEach(surplus::remove);
            assertThat(surplus)
                    .as("%s, %s: through us %s, directly %s", server, script.name(), ours, plain)
                    .isEmpty();
            if (script.honest()) {
                assertThat(ours)
                        .as("%s, %s: as directly", server, script.name())
                        .isEqualTo(plain)
                        .isNotEmpty();
            }
            if (ours.size() == plain.size()) {
                equal++;
            } else {
                stricter++;
            }
        }
        System.out.printf("%s: %d scripts with the same outcome, stricter in %d%n", server, equal, stricter);
    }
}
