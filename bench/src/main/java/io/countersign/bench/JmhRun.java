package io.countersign.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs JMH with the arguments of its own command line, under the flags of our launcher. With the system property
 * {@code bench.results} (a folder) it writes {@code jmh-DATE-jdkN.json} and {@code .md} there; {@code bench.date} and
 * {@code bench.commit} are printed in them.
 */
public final class JmhRun {
    private JmhRun() {}

    public static void main(String[] args) throws RunnerException, CommandLineOptionException, IOException {
        int jdk = Runtime.version().feature();
        List<String> flags = new ArrayList<>(
                List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-Dio.netty.tryReflectionSetAccessible=false"));
        if (jdk >= 24) {
            flags.add("--enable-native-access=ALL-UNNAMED");
        }
        if (jdk >= 25) {
            flags.add("-XX:+UseCompactObjectHeaders");
        }
        Options options = new OptionsBuilder()
                .parent(new CommandLineOptions(args))
                .jvmArgs(flags.toArray(String[]::new))
                .build();
        Collection<RunResult> results = new Runner(options).run();
        String folder = System.getProperty("bench.results");
        if (folder != null && !results.isEmpty()) {
            String name = "jmh-" + System.getProperty("bench.date", "undated") + "-jdk" + jdk;
            write(Path.of(folder, name + ".json"), json(results));
            write(Path.of(folder, name + ".md"), ResultPage.of(results));
        }
    }

    /** JMH's own format, but for the path of the JVM, which tells of the machine and of nothing that was measured. */
    private static String json(Collection<RunResult> results) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(written, false, StandardCharsets.UTF_8);
        ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
        out.flush();
        return written.toString(StandardCharsets.UTF_8).replaceAll("(?m)^\\s*\"jvm\" : .*\\R", "");
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text);
        System.out.println("written: " + file.getFileName());
    }
}
