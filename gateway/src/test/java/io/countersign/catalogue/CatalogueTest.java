package io.countersign.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/catalogue.md} says for each id of the catalogue which tests cover it: those whose names begin with it, also as a row of a table ({@code
 * PA19_…}, {@code AN01_AN03_…}, {@code PA01_to_PA11_…}), or why there is none ({@code catalogue/reasons.txt}). Written with {@code
 * -Dcatalogue.write=true}; this test fails when it is out of date, and when an id has neither.
 */
class CatalogueTest {
    private static final String NAME = "((?:[A-Z]{2}\\d{2}[a-z]?_(?:to_)?)+\\w*)";
    /** A test, a factory of tests, or the name of one row of a table of them. */
    private static final Pattern TEST = Pattern.compile(
            "(?:\\bvoid|\\bStream<DynamicTest>)\\s+" + NAME + "\\(|\\b(?:row|new Peer)\\(\\s*\"" + NAME + "\"");

    private static final Pattern ID = Pattern.compile("\\G([A-Z]{2}\\d{2})[a-z]?_(to_)?");

    private static final Path MODULE = module();

    private static Path module() {
        Path here = Path.of("").toAbsolutePath();
        return Files.isDirectory(here.resolve("gateway")) ? here.resolve("gateway") : here;
    }

    private static Map<String, String> read(String file) throws IOException {
        Map<String, String> entries = new LinkedHashMap<>();
        Path path = MODULE.resolve("src/test/resources/catalogue").resolve(file);
        for (String line : Files.readAllLines(path, StandardCharsets.UTF_8)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String id = line.substring(0, 4);
                assertThat(entries.put(id, line.substring(5).strip()))
                        .as("%s stands once in %s", id, file)
                        .isNull();
            }
        }
        return entries;
    }

    /** Ids in the front of a method's name. */
    static List<String> idsOf(String method) {
        List<String> ids = new ArrayList<>();
        Matcher matcher = ID.matcher(method);
        boolean range = false;
        while (matcher.find()) {
            String id = matcher.group(1);
            if (range) {
                String group = id.substring(0, 2);
                int from = Integer.parseInt(ids.get(ids.size() - 1).substring(2)) + 1;
                for (int i = from; i < Integer.parseInt(id.substring(2)); i++) {
                    ids.add("%s%02d".formatted(group, i));
                }
            }
            ids.add(id);
            range = matcher.group(2) != null;
        }
        return ids;
    }

    private static Map<String, TreeSet<String>> tests() throws IOException {
        Map<String, TreeSet<String>> tests = new TreeMap<>();
        for (String module : new String[] {"src/test/java", "../protocol/src/test/java"}) {
            try (Stream<Path> files = Files.walk(MODULE.resolve(module).normalize())) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith("Test.java")).toList()) {
                    String type = file.getFileName().toString().replace(".java", "");
                    Matcher found = TEST.matcher(Files.readString(file));
                    while (found.find()) {
                        String test = found.group(1) == null ? found.group(2) : found.group(1);
                        for (String id : idsOf(test)) {
                            String name = test.replaceFirst("^(?:[A-Z]{2}\\d{2}[a-z]?_(?:to_)?)+", "");
                            tests.computeIfAbsent(id, k -> new TreeSet<>())
                                    .add("`" + type + "` " + name.replace('_', ' '));
                        }
                    }
                }
            }
        }
        return tests;
    }

    private static String page(
            Map<String, String> ids, Map<String, TreeSet<String>> tests, Map<String, String> reasons) {
        long tested = ids.keySet().stream().filter(tests::containsKey).count();
        long reasoned = ids.keySet().stream()
                .filter(id -> !tests.containsKey(id) && reasons.containsKey(id))
                .count();
        StringBuilder page = new StringBuilder("""
                # Attacks and faults, and the tests that cover them

                Generated from the names of the tests; `mvn test -Dtest=CatalogueTest -Dcatalogue.write=true` writes it anew.
                Dialogues are played whole, octet by octet and at random cuts, and the global oracles hold after each case
                (`io.countersign.catalogue.World`).

                """);
        page.append("**%d ids: %d with tests, %d with a reason, %d missing.**\n"
                .formatted(ids.size(), tested, reasoned, ids.size() - tested - reasoned));
        String group = "";
        for (Map.Entry<String, String> entry : ids.entrySet()) {
            String id = entry.getKey();
            if (!id.startsWith(group) || group.isEmpty()) {
                group = id.substring(0, 2);
                page.append("\n## ").append(group).append("\n\n| id | case | covered by |\n|---|---|---|\n");
            }
            page.append("| ").append(id).append(" | ").append(entry.getValue()).append(" | ");
            List<String> cell = new ArrayList<>(tests.getOrDefault(id, new TreeSet<>()));
            String reason = reasons.get(id);
            if (reason != null) {
                cell.add("*" + reason.replaceFirst("^- ", "") + "*");
            }
            page.append(cell.isEmpty() ? "**missing**" : String.join("<br>", cell))
                    .append(" |\n");
        }
        return page.toString();
    }

    @Test
    void the_page_of_the_catalogue_is_up_to_date_and_nothing_is_missing() throws IOException {
        Map<String, String> ids = read("ids.txt");
        Map<String, String> reasons = read("reasons.txt");
        Map<String, TreeSet<String>> tests = tests();
        assertThat(ids.keySet()).as("reasons are about ids that exist").containsAll(reasons.keySet());
        assertThat(ids.keySet()).as("names of tests are about ids that exist").containsAll(tests.keySet());

        Path file = MODULE.resolve("../docs/catalogue.md").normalize();
        String page = page(ids, tests, reasons);
        if (Boolean.getBoolean("catalogue.write")) {
            Files.writeString(file, page);
        }
        assertThat(ids.keySet().stream().filter(id -> !tests.containsKey(id) && !reasons.containsKey(id)))
                .as("ids without a test and without a reason")
                .isEmpty();
        assertThat(page)
                .as("docs/catalogue.md, as -Dcatalogue.write=true writes it")
                .isEqualTo(Files.readString(file));
    }
}
