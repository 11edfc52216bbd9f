package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.countersign.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** Alert rules and dashboard ask for metrics and labels that there are ({@code docs/metrics.md}, which {@link MetricsTest} holds). */
@org.jspecify.annotations.NullUnmarked
class DashboardsTest {
    private static final Path RULES = Path.of("../deploy/prometheus/countersign-alerts.yml");
    private static final Path DASHBOARD = Path.of("../deploy/grafana/countersign.json");
    private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

    /** Names that Prometheus itself gives. */
    private static final Set<String> USUAL_LABELS = Set.of("le", "instance", "job");

    private static final Map<String, Set<String>> LABELS = new HashMap<>();

    @BeforeAll
    static void read_the_page() throws IOException {
        Matcher row = Pattern.compile("(?m)^\\| `(countersign_\\w+)` \\| (\\w+) \\| ([^|]*) \\|")
                .matcher(Files.readString(Path.of("../docs/metrics.md")));
        while (row.find()) {
            Set<String> labels = new HashSet<>(USUAL_LABELS);
            Matcher label = Pattern.compile("`(\\w+)`").matcher(row.group(3));
            while (label.find()) {
                labels.add(label.group(1));
            }
            LABELS.put(row.group(1), labels);
            if (row.group(2).equals("histogram")) {
                List.of("_bucket", "_sum", "_count").forEach(end -> LABELS.put(row.group(1) + end, labels));
            }
        }
        assertThat(LABELS).hasSizeGreaterThan(50);
    }

    @SuppressWarnings("unchecked")
    private static <T> T cast(Object value) {
        return (T) value;
    }

    private static List<Map<String, Object>> alerts() throws IOException {
        Map<String, List<Map<String, List<Map<String, Object>>>>> file = new Yaml().load(Files.readString(RULES));
        List<Map<String, Object>> alerts = new ArrayList<>();
        file.get("groups").forEach(group -> alerts.addAll(group.get("rules")));
        return alerts;
    }

    private static List<Map<String, Object>> panels() throws IOException {
        return cast(Json.object(Files.readString(DASHBOARD)).get("panels"));
    }

    private static List<String> queries() throws IOException {
        List<String> queries = new ArrayList<>();
        for (Map<String, Object> panel : panels()) {
            List<Map<String, Object>> targets = cast(panel.getOrDefault("targets", List.of()));
            targets.forEach(target -> queries.add((String) target.get("expr")));
        }
        return queries;
    }

    /** Each metric of the expression is on the page, and so is each label that picks from it or groups it. */
    private static void isKnown(String expression) {
        Matcher selector = Pattern.compile("(countersign_\\w+)(?:\\{([^}]*)})?").matcher(expression);
        Set<String> all = new HashSet<>();
        int metrics = 0;
        while (selector.find()) {
            metrics++;
            assertThat(LABELS).as(expression).containsKey(selector.group(1));
            Set<String> labels = LABELS.get(selector.group(1));
            all.addAll(labels);
            Matcher label = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)")
                    .matcher(selector.group(2) == null ? "" : selector.group(2));
            while (label.find()) {
                assertThat(labels).as(expression).contains(label.group(1));
            }
        }
        assertThat(metrics).as(expression).isPositive();
        Matcher grouped = Pattern.compile("(?:by|without) \\(([^)]*)\\)").matcher(expression);
        while (grouped.find()) {
            assertThat(all).as(expression).contains(grouped.group(1).split(", *"));
        }
    }

    @Test
    void every_alert_asks_for_metrics_that_there_are() throws IOException {
        assertThat(alerts()).hasSizeGreaterThan(20);
        for (Map<String, Object> alert : alerts()) {
            String expression = (String) alert.get("expr");
            if (!expression.equals("up{job=\"countersign\"} == 0")) {
                isKnown(expression);
            }
        }
    }

    @Test
    void every_alert_says_what_is_wrong_how_bad_it_is_and_what_to_do() throws IOException {
        Set<String> names = new HashSet<>();
        for (Map<String, Object> alert : alerts()) {
            String name = (String) alert.get("alert");
            assertThat(names.add(name)).as(name).isTrue();
            Map<String, String> labels = cast(alert.get("labels"));
            assertThat(labels.get("severity")).as(name).isIn("critical", "warning", "info");
            Map<String, String> words = cast(alert.get("annotations"));
            assertThat(words.keySet()).as(name).containsExactlyInAnyOrder("summary", "remedy");
            assertThat(words.values())
                    .as(name)
                    .allSatisfy(text -> assertThat(text).hasSizeBetween(30, 300));
        }
    }

    @Test
    void the_values_of_labels_that_alerts_pick_are_those_of_the_code() throws IOException {
        Set<String> known = Set.of(
                "deferred", "rejected", "served", "listen.limits.unknown-recipients.refuse", "heap", "countersign");
        for (Map<String, Object> alert : alerts()) {
            Matcher value = Pattern.compile("\\w+!?=\"([^\"]*)\"").matcher((String) alert.get("expr"));
            while (value.find()) {
                assertThat(known).as((String) alert.get("alert")).contains(value.group(1));
            }
        }
    }

    @Test
    void every_panel_asks_for_metrics_that_there_are() throws IOException {
        assertThat(queries()).hasSizeGreaterThan(30).allSatisfy(DashboardsTest::isKnown);
    }

    @Test
    void every_panel_takes_its_source_from_the_variable_and_has_a_place_of_its_own() throws IOException {
        Set<Object> ids = new HashSet<>();
        Set<Object> places = new HashSet<>();
        for (Map<String, Object> panel : panels()) {
            String title = (String) panel.get("title");
            assertThat(ids.add(panel.get("id"))).as(title).isTrue();
            Map<String, Object> place = cast(panel.get("gridPos"));
            assertThat(places.add(place.get("x") + "/" + place.get("y")))
                    .as(title)
                    .isTrue();
            if (!"row".equals(panel.get("type"))) {
                assertThat(panel.get("datasource"))
                        .as(title)
                        .isEqualTo(Map.of("type", "prometheus", "uid", "${datasource}"));
            }
        }
    }

    @Test
    void promtool_takes_the_alert_rules() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(PROMTOOL), "promtool (Debian: prometheus) is not installed");
        Process promtool = new ProcessBuilder(PROMTOOL.toString(), "check", "rules", RULES.toString())
                .redirectErrorStream(true)
                .start();
        String says = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(says).isZero();
        assertThat(says).contains("SUCCESS: " + alerts().size() + " rules found");
    }
}
