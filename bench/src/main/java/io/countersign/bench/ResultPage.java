package io.countersign.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** The results of one run as a page for people (Markdown): one table a class, ours and the alternatives in it. */
final class ResultPage {
    private ResultPage() {}

    static String of(Collection<RunResult> results) {
        Map<String, List<RunResult>> classes = new TreeMap<>();
        for (RunResult result : results) {
            String benchmark = result.getParams().getBenchmark();
            classes.computeIfAbsent(benchmark.substring(0, benchmark.lastIndexOf('.')), name -> new ArrayList<>())
                    .add(result);
        }
        StringBuilder page = new StringBuilder(8192);
        head(page, results.iterator().next().getParams());
        classes.forEach((name, rows) -> table(page, name, rows));
        return page.toString();
    }

    private static void head(StringBuilder page, BenchmarkParams run) {
        page.append("# Micro-benchmarks, ")
                .append(System.getProperty("bench.date", "undated"))
                .append("\n\n- Machine: ")
                .append(Runtime.getRuntime().availableProcessors())
                .append(" cores, ")
                .append(processor())
                .append(", ")
                .append(System.getProperty("os.name"))
                .append("\n- JDK: ")
                .append(run.getVmName())
                .append(' ')
                .append(run.getVmVersion())
                .append("\n- Flags: `")
                .append(String.join(" ", run.getJvmArgs()))
                .append("`\n- Commit: ")
                .append(System.getProperty("bench.commit", "unknown"))
                .append("\n- JMH ")
                .append(run.getJmhVersion())
                .append(": ")
                .append(run.getForks())
                .append(" fork(s), warm-up ")
                .append(run.getWarmup().getCount())
                .append(" x ")
                .append(run.getWarmup().getTime())
                .append(", measured ")
                .append(run.getMeasurement().getCount())
                .append(" x ")
                .append(run.getMeasurement().getTime())
                .append(", ")
                .append(run.getThreads())
                .append(" thread(s), load of the machine at the end: ")
                .append(load())
                .append("\n\nHow to read this: [README.md](README.md).\n");
    }

    private static void table(StringBuilder page, String name, List<RunResult> rows) {
        Octets octets = octets(name);
        page.append("\n## ").append(name.substring(name.lastIndexOf('.') + 1)).append("\n\n| | ns/op | ± | B/op |");
        page.append(octets == null ? "\n|---|---:|---:|---:|\n" : " GB/s |\n|---|---:|---:|---:|---:|\n");
        for (RunResult row : rows) {
            Result<?> time = row.getPrimaryResult();
            Result<?> allocated = row.getSecondaryResults().get("gc.alloc.rate.norm");
            page.append("| ")
                    .append(label(row.getParams()))
                    .append(" | ")
                    .append(number(time.getScore()))
                    .append(" | ")
                    .append(number(time.getScoreError()))
                    .append(" | ")
                    .append(allocated == null ? "" : String.format(Locale.ROOT, "%.0f", allocated.getScore()));
            if (octets != null) {
                page.append(" | ").append(String.format(Locale.ROOT, "%.2f", octets.value() / time.getScore()));
            }
            page.append(" |\n");
        }
    }

    private static @Nullable Octets octets(String className) {
        try {
            return Class.forName(className).getAnnotation(Octets.class);
        } catch (ClassNotFoundException gone) {
            throw new IllegalStateException("a benchmark without its class: " + className, gone);
        }
    }

    private static String label(BenchmarkParams run) {
        String method = run.getBenchmark().substring(run.getBenchmark().lastIndexOf('.') + 1);
        String given = run.getParamsKeys().stream()
                .map(key -> key + " " + run.getParam(key))
                .collect(Collectors.joining(", "));
        return "`" + method + "`" + (given.isEmpty() ? "" : " " + given);
    }

    /** With one fork of one iteration JMH knows no error. */
    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
    }

    private static String processor() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).trim();
                }
            }
        } catch (IOException elsewhere) {
            // Only Linux tells it this way.
        }
        return System.getProperty("os.arch");
    }

    private static String load() {
        double load = java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                .getSystemLoadAverage();
        return load < 0 ? "unknown" : String.format(Locale.ROOT, "%.1f", load);
    }
}
