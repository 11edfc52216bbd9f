package io.countersign.spf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.countersign.dns.FakeDns;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.yaml.snakeyaml.Yaml;

/**
 * The public test suite of RFC 7208 (as published with pyspf), where it is at hand: {@code -Dspf.suite=FILE}, or {@code
 * data/spf/rfc7208-tests.yml} in a folder {@code shared} beside the checkout. {@link SpfTest} stands on its own.
 */
class Rfc7208SuiteTest {
    private static final String FILE = "data/spf/rfc7208-tests.yml";
    private static final int CASES = 203;

    private static Optional<Path> suite() {
        String named = System.getProperty("spf.suite", "");
        if (!named.isEmpty()) {
            Path file = Path.of(named);
            assertThat(file).as("spf.suite").isRegularFile();
            return Optional.of(file);
        }
        // Seen from the module, and from the root of the checkout.
        return Stream.of("..", "../..", "../../..")
                .map(up -> Path.of(up, "shared").resolve(FILE))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    @TestFactory
    Stream<DynamicNode> every_case_of_the_suite_gives_the_result_it_asks_for() throws IOException {
        Optional<Path> file = suite();
        Assumptions.assumeTrue(file.isPresent(), "the RFC 7208 suite is not here: name it with -Dspf.suite=FILE");
        List<DynamicNode> sections = new ArrayList<>();
        int cases = 0;
        try (Reader reader = Files.newBufferedReader(file.orElseThrow(), StandardCharsets.UTF_8)) {
            for (Object document : new Yaml().loadAll(reader)) {
                Map<?, ?> section = (Map<?, ?>) document;
                List<DynamicTest> tests = tests(section);
                cases += tests.size();
                sections.add(DynamicContainer.dynamicContainer(String.valueOf(section.get("description")), tests));
            }
        }
        assertThat(cases).isEqualTo(CASES);
        return sections.stream();
    }

    private static List<DynamicTest> tests(Map<?, ?> section) {
        SuiteZone zone = new SuiteZone(map(section, "zonedata"));
        List<DynamicTest> tests = new ArrayList<>();
        map(section, "tests")
                .forEach((name, test) ->
                        tests.add(dynamicTest(String.valueOf(name), () -> run(zone, (Map<?, ?>) test))));
        return tests;
    }

    private static Map<?, ?> map(Map<?, ?> of, String key) {
        return (Map<?, ?>) Objects.requireNonNull(of.get(key), key);
    }

    private static void run(SuiteZone zone, Map<?, ?> test) {
        String helo = String.valueOf(test.get("helo"));
        String from = String.valueOf(test.get("mailfrom"));
        int at = from.lastIndexOf('@');
        String local = from.isEmpty() ? "postmaster" : from.substring(0, at);
        String domain = from.isEmpty() ? helo : from.substring(at + 1);
        SpfResult result = new Spf(zone)
                .check(
                        FakeDns.address(String.valueOf(test.get("host"))),
                        helo,
                        local,
                        domain,
                        System.nanoTime() + Duration.ofSeconds(10).toNanos())
                .blockOptional(Duration.ofSeconds(10))
                .orElseThrow();
        Object wanted = test.get("result");
        List<?> allowed = wanted instanceof List<?> several ? several : List.of(String.valueOf(wanted));
        assertThat(allowed).asList().contains(result.word());
    }
}
