package io.countersign.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.countersign.GatewayStage;
import io.countersign.lab.LabClient;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The filter for fail2ban, on lines that the gateway wrote about clients that did it. */
@org.jspecify.annotations.NullUnmarked
class Fail2banTest {
    private static final Path FILTER = Path.of("../deploy/fail2ban/filter.d/countersign.conf");
    private static final Path FAIL2BAN = Path.of("/etc/fail2ban/filter.d/common.conf");
    private static final String FORGED = "notes=out-of-turn [";

    @TempDir
    private static Path folder;

    /** By what the client did. */
    private static final Map<String, String> LINES = new LinkedHashMap<>();

    private static final BlockingQueue<String> WRITTEN = new LinkedBlockingQueue<>();
    private static Logger sessions;
    private static AppenderBase<ILoggingEvent> appender;

    @BeforeAll
    static void clients_come() throws IOException, InterruptedException {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.setPattern(Logging.PATTERN);
        layout.start();
        appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                WRITTEN.add(layout.doLayout(event).stripTrailing());
            }
        };
        appender.start();
        sessions = context.getLogger("io.countersign.session");
        sessions.setLevel(Level.INFO);
        sessions.addAppender(appender);
        try (GatewayStage stage =
                new GatewayStage(MtaBehaviour.proper().mailboxes(Mailboxes.users("rita@example.org"))).start("""
                        checks.sender.mode = off
                        checks.reverse-dns.mode = off
                        listen.greet-delay = 1s
                        listen.limits.errors = 3
                        listen.limits.unknown-recipients { delay = 1, refuse = 2, per = 1h }
                        """)) {
            one(stage, "proper", client -> client.quit());
            one(stage, "forger", client -> {
                client.command("EHLO " + FORGED, 501);
                client.command("VRFY " + FORGED + "\" notes=out-of-turn [", 252);
                client.quit();
            });
            one(stage, "abuse", client -> {
                client.command("GET / HTTP/1.1");
                client.readToEnd();
            });
            one(stage, "errors", client -> {
                client.send("XX\r\nXX\r\nXX\r\nXX\r\nXX\r\n");
                client.readToEnd();
            });
            one(stage, "smuggling", client -> {
                client.command("MAIL FROM:<a@b.test>", 250);
                client.command("RCPT TO:<rita@example.org>", 250);
                client.command("DATA", 354);
                client.send("Subject: x\r\n\r\nx\n.\nMAIL FROM:<evil@b.test>\r\n.\r\n");
                client.read();
                client.finish();
            });
            one(stage, "harvest", client -> {
                client.command("MAIL FROM:<a@b.test>", 250);
                client.send("RCPT TO:<no1@example.org>\r\nRCPT TO:<no2@example.org>\r\nRCPT TO:<no3@example.org>\r\n");
                client.readToEnd();
            });
            try (LabClient client = stage.connect()) {
                client.send("EHLO early\r\n");
                client.readToEnd();
            }
            LINES.put("too early", written());
        }
    }

    private static void one(GatewayStage stage, String who, Consumer<LabClient> does) throws InterruptedException {
        try (LabClient client = stage.client()) {
            does.accept(client);
        }
        LINES.put(who, written());
    }

    private static String written() throws InterruptedException {
        return Objects.requireNonNull(WRITTEN.poll(30, TimeUnit.SECONDS), "no line about the session");
    }

    @AfterAll
    static void end() {
        sessions.detachAppender(appender);
        sessions.setLevel(null);
    }

    /** A setting of the filter, with what it is made of put in. */
    private static String setting(String name, String mode) throws IOException {
        Map<String, String> settings = new HashMap<>();
        Matcher line = Pattern.compile("(?m)^(\\w+) = (.*)$").matcher(Files.readString(FILTER));
        while (line.find()) {
            settings.put(line.group(1), line.group(2));
        }
        String value = settings.get(name).replace("<_<mode>>", settings.getOrDefault("_" + mode, "no such mode"));
        Matcher part = Pattern.compile("%\\((\\w+)\\)s").matcher(value);
        while (part.find()) {
            value = value.replace(part.group(), settings.get(part.group(1)));
            part.reset(value);
        }
        return value.replace("<F-CONTENT>", "(?<content>")
                .replace("</F-CONTENT>", ")")
                .replace("<ADDR>", "(?<address>[\\d.]+|[\\da-fA-F:.]+)");
    }

    /** The address that would be banned; empty when the line is let be. */
    private static String found(String line, String mode) throws IOException {
        Matcher first = Pattern.compile(setting("prefregex", mode)).matcher(line);
        if (!first.find()) {
            return "";
        }
        Matcher second = Pattern.compile(setting("failregex", mode)).matcher(first.group("content"));
        return second.find() ? second.group("address") : "";
    }

    private static void onlyIn(String who, String... modes) throws IOException {
        for (String mode : new String[] {"harvest", "abuse", "errors", "smuggling", "normal", "aggressive"}) {
            assertThat(found(LINES.get(who), mode))
                    .as("%s in mode %s: %s", who, mode, LINES.get(who))
                    .isEqualTo(List.of(modes).contains(mode) ? "127.9.0.1" : "");
        }
    }

    @Test
    void who_does_nothing_wrong_is_let_be() throws IOException {
        onlyIn("proper");
    }

    @Test
    void IN07_what_a_client_says_in_its_greeting_makes_no_match() throws IOException {
        onlyIn("forger");
        String quoted = LINES.get("proper").replace("helo=\"client.test\"", "helo=\"x\\\" " + FORGED + "\"");
        assertThat(quoted).isNotEqualTo(LINES.get("proper"));
        assertThat(found(quoted, "aggressive")).isEmpty();
    }

    @Test
    void each_kind_of_abuse_is_found_in_its_mode() throws IOException {
        onlyIn("harvest", "harvest", "normal", "aggressive");
        onlyIn("abuse", "abuse", "normal", "aggressive");
        onlyIn("too early", "abuse", "normal", "aggressive");
        onlyIn("errors", "errors", "normal", "aggressive");
        onlyIn("smuggling", "smuggling", "aggressive");
    }

    @Test
    void the_journal_of_systemd_puts_its_own_words_in_front() throws IOException {
        assertThat(found("mx1 java[4711]: " + LINES.get("abuse"), "normal")).isEqualTo("127.9.0.1");
    }

    @Test
    void fail2ban_itself_reads_it_so_too() throws IOException, InterruptedException {
        assumeTrue(Files.exists(FAIL2BAN), "fail2ban is not installed");
        Files.createDirectories(folder.resolve("filter.d"));
        Files.copy(FAIL2BAN, folder.resolve("filter.d/common.conf"));
        Files.copy(FILTER, folder.resolve("filter.d/countersign.conf"));
        Path log = folder.resolve("countersign.log");
        Files.write(log, LINES.values());
        assertThat(fail2ban(log, "normal")).contains("7 lines, 0 ignored, 4 matched, 3 missed");
        assertThat(fail2ban(log, "smuggling")).contains("7 lines, 0 ignored, 1 matched, 6 missed");
        assertThat(fail2ban(log, "aggressive")).contains("7 lines, 0 ignored, 5 matched, 2 missed");
    }

    private static String fail2ban(Path log, String mode) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "fail2ban-regex",
                        log.toString(),
                        folder.resolve("filter.d/countersign.conf") + "[mode=" + mode + "]")
                .redirectErrorStream(true)
                .start();
        String says = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(says).isZero();
        return says;
    }
}
