package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.ConfigurationFuzz;
import io.countersign.dns.ExchangersFuzz;
import io.countersign.edge.ProxyHeaderFuzz;
import io.countersign.spf.SpfRecordFuzz;
import io.countersign.verdict.CacheFileFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What fuzzing has found once is tried in every build: each seed whole, cut short everywhere (long ones in 64 places), and with one
 * octet changed. New input is searched for with {@code bench/fuzz}.
 */
class FuzzSeedsTest {
    private static final Map<String, Consumer<byte[]>> TARGETS = Map.of(
            "spf", SpfRecordFuzz::fuzzerTestOneInput,
            "exchangers", ExchangersFuzz::fuzzerTestOneInput,
            "cache-file", CacheFileFuzz::fuzzerTestOneInput,
            "configuration", ConfigurationFuzz::fuzzerTestOneInput,
            "proxy-header", ProxyHeaderFuzz::fuzzerTestOneInput);

    @TestFactory
    List<DynamicTest> seeds() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Map.Entry<String, Consumer<byte[]>> target : TARGETS.entrySet()) {
            Path folder = Path.of("src/test/resources/fuzz", target.getKey());
            List<Path> files;
            try (Stream<Path> list = Files.list(folder)) {
                files = list.sorted().toList();
            }
            assertThat(files).as(folder.toString()).isNotEmpty();
            for (Path file : files) {
                tests.add(DynamicTest.dynamicTest(
                        target.getKey() + " " + file.getFileName(), () -> replay(target.getValue(), file)));
            }
        }
        return tests;
    }

    private static void replay(Consumer<byte[]> target, Path file) throws IOException {
        byte[] seed = Files.readAllBytes(file);
        target.accept(seed);
        int step = Math.max(1, seed.length / 64);
        for (int i = 0; i < seed.length; i += step) {
            target.accept(Arrays.copyOf(seed, i));
            byte[] changed = seed.clone();
            changed[i] ^= (byte) 0x80;
            target.accept(changed);
        }
    }
}
