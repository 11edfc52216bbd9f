package io.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigUtil;
import io.countersign.config.HoconScanner.Definition;
import io.countersign.config.HoconScanner.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** reference.conf is the operator's manual. */
class ReferenceConfTest {
    private static final List<String> LINES = Shipped.text().lines().toList();

    @Test
    void every_key_is_documented_right_above_it() {
        List<String> silent = new ArrayList<>();
        for (Definition definition : definitions()) {
            String above = definition.line() < 2
                    ? ""
                    : LINES.get(definition.line() - 2).trim();
            boolean speaksForItself =
                    definition.path().get(definition.path().size() - 1).equals("mode")
                            || definition.shape() == Shape.SECTION;
            if (!above.startsWith("#") && !speaksForItself) {
                silent.add(ConfigUtil.joinPath(definition.path()));
            }
        }
        assertThat(silent).isEmpty();
    }

    @Test
    void each_line_fits_the_screen_of_a_postmaster() {
        assertThat(LINES).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(130));
    }

    @Test
    void sections_stand_in_the_order_of_the_product_page() {
        assertThat(definitions().stream()
                        .filter(d -> d.path().size() == 1)
                        .map(d -> d.path().get(0)))
                .containsExactly(
                        "hostname",
                        "authserv-id",
                        "domains",
                        "listen",
                        "backend",
                        "dns",
                        "checks",
                        "exempt",
                        "overrides",
                        "callout",
                        "cache",
                        "overload",
                        "journal",
                        "admin",
                        "log",
                        "drain");
    }

    private static List<Definition> definitions() {
        return HoconScanner.scan(Shipped.text()).stream()
                .filter(Definition.class::isInstance)
                .map(Definition.class::cast)
                .toList();
    }
}
