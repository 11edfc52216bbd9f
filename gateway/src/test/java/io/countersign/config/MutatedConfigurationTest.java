package io.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.countersign.config.HoconScanner.Definition;
import io.countersign.config.SettingsLoader.Loaded;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Whatever an editor, a merge or a template makes of a configuration, the answer is settings or lines to look at. */
class MutatedConfigurationTest {
    private static final Pattern PROBLEM = Pattern.compile("countersign\\.conf:\\d+: .+: .+", Pattern.DOTALL);

    private static final String SAMPLE = """
            # a site
            hostname = "mx1.example.org", authserv-id = ${hostname}
            domains = [ "example.org", "*.example.net" ] // two
            domains += "bücher.example"
            listen { smtp = [ "127.0.0.1:2525", "[::1]:0" ]
              limits { connections = 100, message-size = 50MiB, idle = 300s
                unknown-recipients { delay = 1, refuse = 10 } } }
            backend { address = "127.0.0.1:10025", timeouts { connect = 5s } }
            backend.timeouts.reply : 7s
            checks.sender { mode = enforce, actions { undetermined = tag, "no-answer" = defer } }
            exempt { clients = [ "192.0.2.0/24", "2001:db8::1" ], senders = [ "a@b.example", "news@" ] }
            overrides = [ { sender-domain = "*.example.net", checks.sender.mode = off }
              { exchanger = "mx.example.com", callout.limits { per-exchanger { rate = "60/min" } } } ]
            callout { limits.per-domain { rate = 10/min }, breaker.failures = 50%, helo = ${?NO_SUCH_NAME} }
            cache { keep { accepted = 7d } }
            log.level = \"""info\"""
            """;

    private static final String[] PIECES = {
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\"\"\"",
        "${",
        "${?",
        "}",
        "=",
        ":",
        "+=",
        ",",
        "\n",
        "#",
        "//",
        "\\",
        "\\u",
        ".",
        "..",
        "include ",
        "include \"x\"",
        "include file(\"countersign.conf\")",
        "null",
        "true",
        "-1",
        "99999999999999999999",
        "1e400",
        "\0",
        "\ufeff",
        "\u2028",
        "é",
        "\ud800",
        "s",
        "%",
        "/",
        "@",
        "*",
        "*.",
        "::",
        "${hostname}",
        "${domains}",
        "${listen}",
        "[{a=1}]",
        "on"
    };

    @Test
    void the_sample_itself_is_right() {
        assertThat(load(SAMPLE)).isInstanceOf(Loaded.Ok.class);
    }

    @Test
    void no_text_makes_the_loader_throw_and_every_problem_has_its_line() {
        Random random = new Random(20261123);
        int right = 0;
        for (int round = 0; round < 600; round++) {
            String text = mutate(random);
            Loaded loaded;
            try {
                loaded = load(text);
            } catch (RuntimeException | StackOverflowError thrown) {
                throw new AssertionError("round " + round + ":\n" + text, thrown);
            }
            if (loaded instanceof Loaded.Invalid invalid) {
                assertThat(invalid.problems())
                        .as(text)
                        .isNotEmpty()
                        .allSatisfy(
                                problem -> assertThat(problem).matches(PROBLEM).doesNotContain("\n", "\r", "\0"));
            } else {
                right++;
            }
        }
        assertThat(right).as("mutations that changed nothing that matters").isBetween(10, 500);
    }

    @Test
    void the_scanner_sees_every_key_that_the_library_sees() {
        Random random = new Random(4711);
        int compared = 0;
        for (int round = 0; round < 1000; round++) {
            String text = mutate(random);
            if (text.contains("include") || HoconScanner.misplacedBracket(text).isPresent()) {
                continue;
            }
            ConfigObject parsed;
            try {
                parsed = ConfigFactory.parseString(text).root();
            } catch (ConfigException invalid) {
                continue;
            }
            Set<String> scanned = HoconScanner.scan(text).stream()
                    .filter(Definition.class::isInstance)
                    .map(item -> ConfigUtil.joinPath(((Definition) item).path()))
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<String> leaves = new TreeSet<>();
            leaves("", parsed, leaves);
            assertThat(scanned).as(text).containsAll(leaves);
            compared++;
        }
        assertThat(compared).isGreaterThan(100);
    }

    private static void leaves(String section, ConfigObject object, Set<String> leaves) {
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
            String key = ConfigUtil.joinPath(entry.getKey());
            String full = section.isEmpty() ? key : section + "." + key;
            // Values that wait for references are neither sections nor values yet.
            if (entry.getValue() instanceof ConfigObject inner && isResolved(inner)) {
                if (!inner.isEmpty()) {
                    leaves(full, inner, leaves);
                }
            } else {
                leaves.add(full);
            }
        }
    }

    private static boolean isResolved(ConfigObject object) {
        try {
            return object.entrySet() != null;
        } catch (ConfigException.NotResolved waiting) {
            return false;
        }
    }

    private static Loaded load(String text) {
        return SettingsLoader.parse(text, "countersign.conf", () -> Optional.of("mx1.example.org"));
    }

    private static String mutate(Random random) {
        StringBuilder text = new StringBuilder(SAMPLE);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(text.length());
            int length = Math.min(text.length() - at, 1 + random.nextInt(random.nextInt(4) == 0 ? 60 : 3));
            switch (random.nextInt(5)) {
                case 0 -> text.delete(at, at + length);
                case 1 -> text.insert(at, PIECES[random.nextInt(PIECES.length)]);
                case 2 -> text.replace(at, at + length, PIECES[random.nextInt(PIECES.length)]);
                case 3 -> text.insert(random.nextInt(text.length()), text.substring(at, at + length));
                default -> text.setCharAt(at, (char) (' ' + random.nextInt(95)));
            }
        }
        return text.toString();
    }
}
