package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus reads: documented, well named, and nothing in it that a stranger could choose. */
@org.jspecify.annotations.NullUnmarked
class MetricsTest {
    private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

    @TempDir
    private static Path folder;

    private static AdminStage stage;
    private static String scrape;

    @BeforeAll
    static void some_mail_has_passed() throws IOException {
        stage = new AdminStage("""
                checks.sender.mode = enforce
                cache.file = "%1$s/cache"
                journal.dir = "%1$s/journal"
                """.formatted(folder));
        stage.lab.domain("evil-label.test", Exchangers.wellBehaved("evil-label@evil-label.test"));
        LabClient client = stage.client();
        client.command("EHLO evil-label");
        client.command("MAIL FROM:<evil-label@evil-label.test>");
        client.command("RCPT TO:<evil-label@example.org>");
        client.command("RCPT TO:<evil-label@elsewhere.test>");
        client.command("evil-label");
        client.command("QUIT");
        client.close();
        stage.wire().get("/evil-label");
        stage.wire().with("GET", "/metrics", "Host: evil-label\r\n");
        scrape = stage.wire().with("GET", "/metrics", "Host: 127.0.0.1\r\n").body();
    }

    @AfterAll
    static void end() {
        stage.close();
    }

    private static Map<String, String> types() {
        Map<String, String> types = new TreeMap<>();
        Matcher type = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$").matcher(scrape);
        while (type.find()) {
            types.put(type.group(1), type.group(2));
        }
        return types;
    }

    @Test
    void every_metric_is_documented_and_every_documented_one_is_there() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        Matcher row = Pattern.compile("(?m)^\\| `(countersign_\\w+)` \\| (\\w+) \\|")
                .matcher(Files.readString(Path.of("../docs/metrics.md")));
        while (row.find()) {
            documented.put(row.group(1), row.group(2));
        }
        assertThat(types()).isEqualTo(documented);
    }

    @Test
    void the_labels_of_a_metric_are_those_of_its_documentation() throws IOException {
        String page = Files.readString(Path.of("../docs/metrics.md"));
        Matcher sample = Pattern.compile("(?m)^(countersign_\\w+)\\{([^}]*)} ").matcher(scrape);
        Map<String, TreeSet<String>> labels = new TreeMap<>();
        while (sample.find()) {
            String name = sample.group(1).replaceAll("_(bucket|sum|count)$", "");
            Matcher label = Pattern.compile("(\\w+)=\"").matcher(sample.group(2));
            while (label.find()) {
                if (!label.group(1).equals("le")) {
                    labels.computeIfAbsent(name, n -> new TreeSet<>()).add(label.group(1));
                }
            }
        }
        labels.forEach((name, keys) -> {
            String row = page.lines()
                    .filter(line -> line.startsWith("| `" + name + "` |"))
                    .findFirst()
                    .orElse("");
            keys.forEach(key -> assertThat(row).as(name).contains("`" + key + "`"));
        });
    }

    @Test
    void IN10_no_label_is_anything_a_stranger_said() {
        assertThat(scrape).doesNotContain("evil").doesNotContain("127.9.0.1").doesNotContain(".test\"");
        for (Meter meter : stage.meters.getMeters()) {
            for (Tag tag : meter.getId().getTags()) {
                assertThat(tag.getValue())
                        .as("%s %s", meter.getId().getName(), tag.getKey())
                        .matches("[A-Za-z0-9 ._+()'-]{1,64}");
            }
        }
    }

    @Test
    void every_metric_says_what_it_is() {
        for (Meter meter : stage.meters.getMeters()) {
            assertThat(meter.getId().getName()).startsWith("countersign.");
            assertThat(meter.getId().getDescription())
                    .as(meter.getId().getName())
                    .isNotBlank();
        }
    }

    @Test
    void mail_and_callouts_are_counted() {
        assertThat(scrape)
                .contains("countersign_callouts_total{reason=\"accepted\"} 1.0")
                .contains("countersign_ready 1.0")
                .contains("countersign_mta_up 1.0");
        assertThat(types().keySet().stream()
                        .filter(name -> name.startsWith("countersign_jvm_memory"))
                        .collect(Collectors.toSet()))
                .isNotEmpty();
    }

    @Test
    void promtool_finds_nothing_to_say() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(PROMTOOL), "promtool (Debian: prometheus) is not installed");
        Process promtool = new ProcessBuilder(PROMTOOL.toString(), "check", "metrics")
                .redirectErrorStream(true)
                .start();
        promtool.getOutputStream().write(scrape.getBytes(StandardCharsets.UTF_8));
        promtool.getOutputStream().close();
        String says = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(says).isZero();
        assertThat(says).isEmpty();
    }
}
