package io.countersign.bench.load;

import io.countersign.net.Transport;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Measures servers one after the other under the same load, between the same generator and the same sinks. Prints for each:
 * messages a second, CPU time of its process a message, quantiles of the time a message took, memory, and how many times longer it
 * took than the direct path from client to sink. What the sink has got is compared with what clients were told.
 */
public final class LoadRun {
    private static final int KILO = 1000;

    private final LoadPlan plan;
    private final Path folder;
    private final PrintStream out;

    /** @param median of a message, microseconds */
    record Result(String server, Tally tally, double perSecond, double cpuMicros, long memoryKib, long median) {}

    LoadRun(LoadPlan plan, Path folder, PrintStream out) {
        this.plan = plan;
        this.folder = folder;
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        LoadPlan plan;
        try {
            plan = LoadPlan.parse(List.of(args));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n\n" + LoadPlan.USAGE);
            System.exit(64);
            return;
        }
        Path folder = Files.createTempDirectory("countersign-load");
        new LoadRun(plan, folder, System.out).run();
        System.exit(0);
    }

    /** @return one result a server; the direct path first when it is asked for */
    List<Result> run() throws Exception {
        Transport transport = Transport.best();
        EventLoopGroup loops = transport.newGroup(1, "sinks");
        EventLoopGroup clients = transport.newGroup(1, "clients");
        try (NameSink names = new NameSink();
                SmtpSink mta = new SmtpSink(transport, loops, at("127.0.0.1", 0), Duration.ZERO);
                SmtpSink fast = new SmtpSink(transport, loops, at(SmtpSink.FAST, 0), Duration.ZERO);
                SmtpSink slow =
                        new SmtpSink(transport, loops, at(SmtpSink.SLOW, fast.port()), Duration.ofMillis(200))) {
            Servers servers = new Servers(folder, plan, mta.port(), fast.port(), names.server());
            out.printf(
                    Locale.ROOT,
                    "%s, %d message(s) a connection, %d connections, %d octets, senders %s, %s%n",
                    plan.rate() == 0 ? "as many as go" : plan.rate() + " a second",
                    plan.perConnection(),
                    plan.connections(),
                    plan.size(),
                    plan.senders(),
                    plan.wire());
            out.printf(
                    "%-12s %9s %9s %9s %9s %9s %9s %7s%n",
                    "server", "msg/s", "cpu us", "p50 ms", "p99 ms", "p99.9 ms", "PSS MiB", "x direct");
            @Nullable Result direct = null;
            List<Result> results = new ArrayList<>();
            for (String name : plan.servers()) {
                Subject subject;
                try {
                    subject = servers.start(name);
                } catch (IOException e) {
                    if (name.equals("countersign")) {
                        throw e;
                    }
                    // Another's configuration is not what is measured here: it is said, and the others go on.
                    out.printf("%-12s %s%n", name, e.getMessage());
                    continue;
                }
                if (subject == null) {
                    out.printf("%-12s not installed%n", name);
                    continue;
                }
                try (subject) {
                    Result result = measure(transport, clients, subject, mta);
                    direct = direct == null && name.equals("direct") ? result : direct;
                    results.add(result);
                    print(result, direct);
                }
            }
            return results;
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            clients.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private Result measure(Transport transport, EventLoopGroup clients, Subject subject, SmtpSink mta)
            throws Exception {
        SslContext tls = plan.wire() == LoadPlan.Wire.TLS && !subject.name().equals("direct")
                ? SslContextBuilder.forClient()
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .endpointIdentificationAlgorithm(null)
                        .build()
                : null;
        if (!plan.warmUp().isZero()) {
            new Storm(transport, clients.next(), subject.address(), plan, tls, "warm" + subject.name())
                    .run(plan.warmUp())
                    .get();
        }
        long cpu = subject.cpuMicros();
        long messages = mta.messages();
        long octets = mta.octets();
        long begun = System.nanoTime();
        Tally tally = new Storm(transport, clients.next(), subject.address(), plan, tls, subject.name())
                .run(plan.length())
                .get();
        double seconds = (System.nanoTime() - begun) / 1e9;
        double micros = subject.cpuMicros() - cpu;
        long memory = subject.memoryKib();
        verify(subject.name(), tally, mta.messages() - messages, mta.octets() - octets);
        return new Result(
                subject.name(),
                tally,
                tally.accepted / seconds,
                micros / Math.max(1, tally.accepted),
                memory,
                tally.micros.getValueAtPercentile(50));
    }

    /** A client was told 250 only for what the sink has got, and got whole. */
    private void verify(String server, Tally tally, long messages, long octets) throws IOException {
        if (messages < tally.accepted || messages > tally.accepted + tally.broken) {
            throw new IOException(
                    server + ": clients were told of " + tally.accepted + " messages, the sink has " + messages);
        }
        if (octets < messages * (plan.size() - 3L)) {
            throw new IOException(server + ": octets are missing: " + octets + " in " + messages + " messages");
        }
    }

    private void print(Result result, @Nullable Result direct) {
        Tally t = result.tally();
        out.printf(
                Locale.ROOT,
                "%-12s %9.0f %9.1f %9.2f %9.2f %9.2f %9d %7s%s%n",
                result.server(),
                result.perSecond(),
                result.cpuMicros(),
                t.micros.getValueAtPercentile(50) / (double) KILO,
                t.micros.getValueAtPercentile(99) / (double) KILO,
                t.micros.getValueAtPercentile(99.9) / (double) KILO,
                result.memoryKib() / 1024,
                direct == null
                        ? "-"
                        : String.format(Locale.ROOT, "%.2f", result.median() / (double) Math.max(1, direct.median())),
                t.rejected + t.deferred + t.broken == 0
                        ? ""
                        : "  rejected " + t.rejected + ", deferred " + t.deferred + ", broken " + t.broken);
    }

    private static InetSocketAddress at(String host, int port) {
        return new InetSocketAddress(host, port);
    }

    /** A port nobody has now. */
    static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        }
    }
}
