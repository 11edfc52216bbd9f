package io.countersign.bench.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Starts the servers that are compared, each with its configuration in front of the same sink. */
final class Servers {
    /** A folder with {@code gateway.conf} and {@code peers}: {@code bench} of the sources. */
    private static final Path BENCH = Path.of(System.getProperty("bench.folder", "bench"));

    private final Path folder;
    private final LoadPlan plan;
    private final int mta;
    private final int exchangers;
    private final String names;

    /** @param exchangers the port they all listen on @param names the name server, {@code HOST:PORT} */
    Servers(Path folder, LoadPlan plan, int mta, int exchangers, String names) {
        this.folder = folder;
        this.plan = plan;
        this.mta = mta;
        this.exchangers = exchangers;
        this.names = names;
    }

    /** @return null when it is not installed here */
    @Nullable
    Subject start(String name) throws IOException, InterruptedException {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", LoadRun.freePort());
        return switch (name) {
            case "direct" -> Subject.direct(new InetSocketAddress("127.0.0.1", mta));
            case "countersign" -> start(name, countersign(address.getPort()), address);
            case "haproxy" -> peer(name, address, List.of("-db", "-f"));
            case "nginx" -> peer(name, address, List.of("-c"));
            default -> throw new IllegalArgumentException("no server is called " + name);
        };
    }

    private Subject start(String name, List<String> command, InetSocketAddress address)
            throws IOException, InterruptedException {
        return Subject.start(name, command, address, folder.resolve(name + ".log"));
    }

    private List<String> countersign(int port) throws IOException {
        String tls = plan.wire() == LoadPlan.Wire.TLS ? certificate() : "";
        String measured = Files.readString(BENCH.resolve("gateway.conf"));
        Path file = Files.writeString(
                folder.resolve("countersign.conf"),
                replaced(
                                replaced(
                                        replaced(measured, "127.0.0.1:2506", "127.0.0.1:" + port),
                                        "127.0.0.53:53",
                                        names),
                                "127.0.0.1:2600",
                                "127.0.0.1:" + mta)
                        + "callout.port = " + exchangers + "\n" + tls);
        String launcher = System.getProperty("bench.launcher");
        List<String> command = new ArrayList<>(
                launcher != null
                        ? List.of(launcher)
                        : List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                "io.countersign.Countersign"));
        command.addAll(List.of("serve", "-c", file.toString()));
        return command;
    }

    private static String replaced(String text, String what, String by) throws IOException {
        if (!text.contains(what)) {
            throw new IOException("gateway.conf has no " + what);
        }
        return text.replace(what, by);
    }

    private String certificate() throws IOException {
        Path key = folder.resolve("key.pem");
        Path certificate = folder.resolve("certificate.pem");
        Process made = new ProcessBuilder(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:prime256v1",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=gw.local.test",
                        "-keyout",
                        key.toString(),
                        "-out",
                        certificate.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(made.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!Files.exists(certificate)) {
            throw new IOException("openssl made no certificate: " + said);
        }
        return "listen.tls { certificate = \"" + certificate + "\", key = \"" + key + "\" }\n";
    }

    private @Nullable Subject peer(String name, InetSocketAddress address, List<String> flags)
            throws IOException, InterruptedException {
        Path program = program(name);
        if (program == null) {
            return null;
        }
        String template = Files.readString(BENCH.resolve("peers").resolve(name + ".conf"));
        Path file = Files.writeString(
                folder.resolve(name + ".conf"),
                template.replace("@FOLDER@", folder.toString())
                        .replace("@PORT@", String.valueOf(address.getPort()))
                        .replace("@MTA@", String.valueOf(mta))
                        .replace("@AUTH@", String.valueOf(LoadRun.freePort())));
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(flags);
        command.add(file.toString());
        return start(name, command, address);
    }

    private static @Nullable Path program(String name) {
        for (String folder : List.of("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")) {
            Path program = Path.of(folder, name);
            if (Files.isExecutable(program)) {
                return program;
            }
        }
        return null;
    }
}
