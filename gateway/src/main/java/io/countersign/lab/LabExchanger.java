package io.countersign.lab;

import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A mail exchanger on loopback that behaves as its {@link Behaviour} says, keeps transcripts and counts.
 *
 * <pre>{@code
 * LabExchanger mx = lab.exchanger("mx.b.test", Exchangers.greylists(1, "alice@b.test"));
 * lab.dns().mx("b.test", 10, "mx.b.test");
 * // ... a callout ...
 * mx.connections().awaitAtLeast(1);
 * assertThat(mx.lastSession().heard()).contains("MAIL FROM:<>");
 * assertThat(mx.open().peak()).isEqualTo(1);
 * }</pre>
 */
public final class LabExchanger implements AutoCloseable {
    private static final int SESSIONS_KEPT = 1_000;
    private static final int TRIPLES_KEPT = 100_000;

    private record Try(long firstNanos, int count) {}

    private final LabNet net;
    private final InetSocketAddress address;
    private final Tally connections = new Tally("connections");
    private final Tally open = new Tally("open connections");
    private final Tally recipients = new Tally("RCPT commands");
    private final Tally handshakes = new Tally("TLS handshakes");
    private final Deque<LabSession> sessions = new ArrayDeque<>();
    private final Map<String, Try> triples = new LinkedHashMap<>();
    private final SslContext tls;
    private volatile Behaviour behaviour;
    private volatile boolean recording = true;
    private volatile ChannelGroup channels = untilClosed();
    private @Nullable Channel listener;

    private LabExchanger(LabNet net, InetSocketAddress wanted, Behaviour behaviour) {
        this.net = net;
        this.behaviour = behaviour;
        this.tls = net.certificate().server();
        Channel bound = net.listen(wanted, this::session);
        this.listener = bound;
        this.address = new InetSocketAddress(wanted.getAddress(), LabNet.portOf(bound));
    }

    /** @throws java.io.UncheckedIOException if the address is taken */
    static LabExchanger listen(LabNet net, InetSocketAddress address, Behaviour behaviour) {
        return new LabExchanger(net, address, behaviour);
    }

    public InetSocketAddress address() {
        return address;
    }

    public Behaviour behaviour() {
        return behaviour;
    }

    /** Behaves so from the next command on, in sessions that are open as well. */
    public LabExchanger behaviour(Behaviour another) {
        behaviour = another.hostname().isEmpty() ? another.hostname(behaviour.hostname()) : another;
        return this;
    }

    /** Keeps no transcripts, for benchmarks. */
    public LabExchanger keepNoTranscripts() {
        recording = false;
        return this;
    }

    /** Connections accepted so far. */
    public Tally connections() {
        return connections;
    }

    /** Connections open now; {@link Tally#peak} is the most there were at a time. */
    public Tally open() {
        return open;
    }

    /** RCPT commands so far. */
    public Tally recipients() {
        return recipients;
    }

    /** TLS handshakes that succeeded. */
    public Tally handshakes() {
        return handshakes;
    }

    /** The last 1,000 sessions, oldest first. */
    public List<LabSession> sessions() {
        synchronized (sessions) {
            return new ArrayList<>(sessions);
        }
    }

    /** @throws IllegalStateException if there was none */
    public LabSession lastSession() {
        synchronized (sessions) {
            if (sessions.isEmpty()) {
                throw new IllegalStateException("nobody has connected to " + behaviour.hostname());
            }
            return sessions.getLast();
        }
    }

    /** Stops listening and closes what is open: connections are refused from now on. */
    public synchronized void stop() {
        if (listener != null) {
            listener.close().awaitUninterruptibly();
            listener = null;
        }
        channels.close().awaitUninterruptibly();
    }

    /** Listens again at the same address. */
    public synchronized void start() {
        if (listener == null) {
            channels = untilClosed();
            listener = net.listen(address, this::session);
        }
    }

    /** A group that also closes what is added after it was closed: a connection may be accepted while we stop. */
    private static ChannelGroup untilClosed() {
        return new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    }

    @Override
    public void close() {
        stop();
    }

    // ---- for the sessions -----------------------------------------------------------------------------------------

    private ExchangerSession session() {
        return new ExchangerSession(this);
    }

    LabSession opened(Channel channel, String client) {
        channels.add(channel);
        LabSession session;
        synchronized (sessions) {
            long number = connections.count() + 1;
            session = recording ? new LabSession(number, client) : LabSession.silent(number, client);
            if (recording) {
                if (sessions.size() == SESSIONS_KEPT) {
                    sessions.removeFirst();
                }
                sessions.addLast(session);
            }
            connections.up();
        }
        open.up();
        return session;
    }

    Supplier<SslContext> tls() {
        return () -> tls;
    }

    /** Whether greylisting lets this triple in now; counts the try. */
    boolean letIn(String client, String sender, String recipient) {
        Greylist greylist = behaviour.greylist();
        if (greylist.tries() == 0 && greylist.delay().equals(Duration.ZERO)) {
            return true;
        }
        synchronized (triples) {
            String triple = client + " " + sender + " " + recipient;
            Try before = triples.get(triple);
            long now = System.nanoTime();
            if (before == null && triples.size() == TRIPLES_KEPT) {
                triples.remove(triples.keySet().iterator().next());
            }
            Try current = before == null ? new Try(now, 0) : before;
            triples.put(triple, new Try(current.firstNanos(), current.count() + 1));
            return current.count() >= greylist.tries()
                    && now - current.firstNanos() >= greylist.delay().toNanos();
        }
    }

    @Override
    public String toString() {
        return behaviour.hostname() + " at " + address;
    }
}
