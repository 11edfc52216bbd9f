package io.countersign;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Who may call whom (CONTRIBUTING.md, "The rooms"). A room that is not listed here does not exist. */
class RoomsTest {
    private static final String ROOT = "io.countersign.";

    /** Room to the rooms it may use; {@code smtp} stands for the whole protocol module. */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            room("smtp"),
            room("json"),
            room("net"),
            room("verdict", "smtp"),
            room("config", "smtp", "verdict"),
            room("dns", "smtp", "config", "net"),
            room("spf", "smtp", "config", "dns"),
            room("limit", "smtp", "config"),
            room("overload", "config"),
            room("callout", "smtp", "config", "net", "dns", "limit", "verdict"),
            room("relay", "smtp", "config", "net", "limit"),
            room("check", "smtp", "config", "verdict", "dns", "spf", "callout", "relay", "limit"),
            room("decision", "smtp", "config", "verdict", "relay", "dns", "spf"),
            room("journal", "smtp", "config", "verdict", "decision", "dns", "spf"),
            room(
                    "edge",
                    "smtp",
                    "config",
                    "net",
                    "check",
                    "decision",
                    "relay",
                    "journal",
                    "overload",
                    "verdict",
                    "limit",
                    "dns",
                    "spf"),
            room(
                    "admin",
                    "smtp",
                    "json",
                    "config",
                    "net",
                    "verdict",
                    "journal",
                    "limit",
                    "dns",
                    "spf",
                    "callout",
                    "relay",
                    "diagnosis"),
            room("lab", "smtp"),
            room("diagnosis", "smtp", "config", "net", "dns", "spf", "limit", "callout", "verdict", "relay", "check"),
            room(
                    "command",
                    "smtp",
                    "config",
                    "net",
                    "check",
                    "decision",
                    "relay",
                    "journal",
                    "verdict",
                    "limit",
                    "dns",
                    "spf",
                    "callout",
                    "edge",
                    "diagnosis",
                    "admin",
                    "json",
                    "lab"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.countersign");

    private static Map.Entry<String, Set<String>> room(String name, String... mayUse) {
        return Map.entry(name, Set.of(mayUse));
    }

    private static String roomOf(JavaClass type) {
        String name = type.getPackageName();
        if (!name.startsWith(ROOT)) {
            return name.equals("io.countersign") ? "" : "elsewhere";
        }
        String rest = name.substring(ROOT.length());
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }

    @Test
    void only_the_arrows_of_the_plan_exist() {
        Set<String> wrong = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            String room = roomOf(type);
            if (room.isEmpty()) {
                continue; // the assembly may use every room
            }
            assertThat(ARROWS)
                    .as("room %s of %s is on the plan", room, type.getName())
                    .containsKey(room);
            Set<String> allowed = ARROWS.getOrDefault(room, Set.of());
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String other = roomOf(dependency.getTargetClass());
                if (!other.equals("elsewhere") && !other.equals(room) && !allowed.contains(other)) {
                    wrong.add(room + " -> " + (other.isEmpty() ? "the assembly" : other) + ": " + type.getSimpleName());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void no_rooms_use_each_other_in_a_circle() {
        slices().matching("io.countersign.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void libraries_stay_in_their_rooms() {
        assertThat(usersOf("org.xbill.DNS")).as("dnsjava").isSubsetOf("dns", "lab");
        assertThat(usersOf("io.github.resilience4j")).as("Resilience4j").isSubsetOf("limit");
        assertThat(usersOf("com.typesafe.config")).as("Typesafe config").isSubsetOf("config", "command");
        assertThat(usersOf("org.sqlite")).as("SQLite").isSubsetOf("journal");
        assertThat(usersOf("java.sql")).as("SQL").isSubsetOf("journal");
        assertThat(usersOf("picocli")).as("picocli").isSubsetOf("command", "");
        assertThat(usersOf("reactor.")).as("Reactor").doesNotContain("smtp", "decision", "config", "limit");
        assertThat(usersOf("io.netty.")).as("Netty").doesNotContain("decision", "verdict", "config", "journal");
    }

    private static Set<String> usersOf(String library) {
        return Arrays.stream(CLASSES.stream().toArray(JavaClass[]::new))
                .filter(type -> type.getDirectDependenciesFromSelf().stream()
                        .anyMatch(d -> d.getTargetClass().getName().startsWith(library)))
                .map(RoomsTest::roomOf)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void the_protocol_module_knows_no_channel_outside_its_codec() {
        Set<String> outside = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            if (type.getPackageName().startsWith("io.countersign.smtp")
                    && !type.getPackageName().endsWith(".codec")) {
                for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                    String target = dependency.getTargetClass().getName();
                    if (!target.startsWith("java.")
                            && !target.startsWith("io.countersign.smtp")
                            && !target.startsWith("org.jspecify")
                            && !target.startsWith("[")) {
                        outside.add(type.getSimpleName() + " -> " + target);
                    }
                }
            }
        }
        assertThat(outside).isEmpty();
    }
}
