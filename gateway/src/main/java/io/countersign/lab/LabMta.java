package io.countersign.lab;

import io.countersign.lab.Content.Recording;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The MTA behind the gateway: takes messages, records them, and does wrong what it is told to do wrong.
 *
 * <pre>{@code
 * LabMta mta = lab.mta(MtaBehaviour.proper().mailboxes(Mailboxes.users("r@example.org")));
 * // ... something delivers ...
 * mta.tallies().messages().awaitAtLeast(1);
 * assertThat(mta.messages().get(0).identity().attribute("NAME")).isEqualTo("client.test");
 * assertThat(mta.tallies().cut().count()).isZero();
 * }</pre>
 */
public final class LabMta implements AutoCloseable {
    private static final int MESSAGES_KEPT = 10_000;
    private static final int SESSIONS_KEPT = 1_000;

    private final LabNet net;
    private final Runnable atClose;
    private final InetSocketAddress address;
    private final SslContext tls;
    private final MtaTallies tallies = MtaTallies.zero();
    private final AtomicLong queueIds = new AtomicLong(0x1000);
    private final Deque<MtaMessage> messages = new ArrayDeque<>();
    private final Deque<LabSession> sessions = new ArrayDeque<>();
    private volatile MtaBehaviour behaviour;
    private volatile boolean paused;
    private volatile ChannelGroup channels = untilClosed();
    private @Nullable Channel listener;

    private LabMta(LabNet net, MtaBehaviour behaviour, Runnable atClose) {
        this.net = net;
        this.behaviour = named(behaviour);
        this.atClose = atClose;
        this.tls = net.certificate().server();
        Channel bound = listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        this.listener = bound;
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), LabNet.portOf(bound));
    }

    /** Starts one with threads of its own, at 127.0.0.1 and a free port. */
    public static LabMta start(MtaBehaviour behaviour, int threads) {
        LabNet net = new LabNet(threads);
        try {
            return new LabMta(net, behaviour, net::close);
        } catch (RuntimeException e) {
            net.close();
            throw e;
        }
    }

    static LabMta on(LabNet net, MtaBehaviour behaviour) {
        return new LabMta(net, behaviour, () -> {});
    }

    public InetSocketAddress address() {
        return address;
    }

    /** The address as {@code backend.address} takes it. */
    public String backend() {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    public MtaBehaviour behaviour() {
        return behaviour;
    }

    /** Behaves so from the next command on; how it reads and whether it wants PROXY, from the next connection on. */
    public LabMta behaviour(MtaBehaviour another) {
        behaviour = named(another);
        return this;
    }

    public MtaTallies tallies() {
        return tallies;
    }

    /** The messages accepted, oldest first; the last 10,000, none with {@link Recording#COUNTS}. */
    public List<MtaMessage> messages() {
        synchronized (messages) {
            return new ArrayList<>(messages);
        }
    }

    /** Waits for that many messages in all and gives those that are kept. */
    public List<MtaMessage> awaitMessages(int number) {
        tallies.messages().awaitAtLeast(number);
        return messages();
    }

    /** The last 1,000 sessions, oldest first; none with {@link Recording#COUNTS}. */
    public List<LabSession> sessions() {
        synchronized (sessions) {
            return new ArrayList<>(sessions);
        }
    }

    /** Reads no connection any more, so that their windows fill up: when this returns, nothing more is read. */
    public void pauseReading() {
        paused = true;
        setReading();
    }

    public void resumeReading() {
        paused = false;
        setReading();
    }

    /** On each connection's own loop, because from another thread a read under way would still deliver. */
    private void setReading() {
        for (Channel channel : channels) {
            channel.eventLoop()
                    .submit(() -> channel.config().setAutoRead(!paused))
                    .awaitUninterruptibly();
        }
    }

    /** Closes all connections at once and goes on listening. */
    public void dropConnections() {
        ChannelGroup dropped = channels;
        channels = untilClosed();
        dropped.close().awaitUninterruptibly();
    }

    /** Stops listening and closes all connections: it is down. */
    public synchronized void stop() {
        if (listener != null) {
            listener.close().awaitUninterruptibly();
            listener = null;
        }
        channels.close().awaitUninterruptibly();
    }

    /** Listens again at the same port. */
    public synchronized void start() {
        if (listener == null) {
            channels = untilClosed();
            listener = listen(address);
        }
    }

    @Override
    public void close() {
        stop();
        atClose.run();
    }

    private Channel listen(InetSocketAddress where) {
        return net.listen(where, behaviour.intake().receiveBuffer(), () -> new MtaSession(this, behaviour));
    }

    private static MtaBehaviour named(MtaBehaviour behaviour) {
        return behaviour.smtp().hostname().isEmpty() ? behaviour.smtp(b -> b.hostname("mta.lab.test")) : behaviour;
    }

    /** A group that also closes what is added after it was closed: a connection may be accepted while we stop. */
    private static ChannelGroup untilClosed() {
        return new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    }

    // ---- for the sessions -----------------------------------------------------------------------------------------

    /** Counts a connection and takes it among those that {@link #stop} closes. */
    LabSession opened(Channel channel, String client) {
        LabSession session;
        synchronized (sessions) {
            boolean recording = behaviour.recording() != Recording.COUNTS;
            long number = tallies.connections().count() + 1;
            session = recording ? new LabSession(number, client) : LabSession.silent(number, client);
            if (recording) {
                if (sessions.size() == SESSIONS_KEPT) {
                    sessions.removeFirst();
                }
                sessions.addLast(session);
            }
            tallies.connections().up();
        }
        tallies.open().up();
        channels.add(channel);
        if (paused) {
            channel.config().setAutoRead(false);
        }
        return session;
    }

    String nextQueueId() {
        return "LAB" + Long.toString(queueIds.incrementAndGet(), 36).toUpperCase(Locale.ROOT);
    }

    void accepted(MtaMessage message) {
        synchronized (messages) {
            if (messages.size() == MESSAGES_KEPT) {
                messages.removeFirst();
            }
            messages.addLast(message);
        }
    }

    SslContext tls() {
        return tls;
    }
}
