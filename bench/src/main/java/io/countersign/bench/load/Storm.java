package io.countersign.bench.load;

import io.countersign.net.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages to one server. With a rate, messages arrive by the clock, whether earlier ones are done or not, and wait for a
 * connection where there is none: the wait counts, so a server that stalls cannot hide it. Without a rate each connection sends
 * back to back. Everything on one event loop.
 */
final class Storm {
    private static final long TICK_MICROS = 500;
    /** Messages that may wait for a connection; beyond that the server is lost, and the rest counts as broken. */
    private static final int MOST_WAITING = 1_000_000;

    private final Transport transport;
    private final EventLoop loop;
    private final InetSocketAddress server;
    private final LoadPlan plan;
    private final @Nullable SslContext tls;
    private final String name;
    private final Tally tally = new Tally();
    /** When each message that waits should have begun. */
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();

    private final List<Channel> holders = new ArrayList<>();
    private final CompletableFuture<Tally> over = new CompletableFuture<>();
    private int open;
    /** Connections that were dialled and have not taken a message yet. */
    private int fresh;

    private long number;
    private long begun;
    private long end;
    private long due;

    /** @param name makes senders of this run different from those of any other */
    Storm(
            Transport transport,
            EventLoop loop,
            InetSocketAddress server,
            LoadPlan plan,
            @Nullable SslContext tls,
            String name) {
        this.transport = transport;
        this.loop = loop;
        this.server = server;
        this.plan = plan;
        this.tls = tls;
        this.name = name;
    }

    /** @return completes when the time is over and every message has its answer */
    CompletableFuture<Tally> run(Duration howLong) {
        loop.execute(() -> {
            begun = System.nanoTime();
            end = begun + howLong.toNanos();
            for (int i = 0; i < plan.idle(); i++) {
                dial(new StormConnection(this, plan, tls, 0), holders);
            }
            if (plan.rate() == 0) {
                for (int i = 0; i < plan.connections(); i++) {
                    dialNext();
                }
            } else {
                tick();
            }
        });
        return over;
    }

    private void tick() {
        long now = System.nanoTime();
        long until = Math.min(now, end);
        long arrived = (until - begun) * plan.rate() / 1_000_000_000L;
        for (; due < arrived; due++) {
            if (waiting.size() < MOST_WAITING) {
                waiting.add(begun + due * 1_000_000_000L / plan.rate());
            } else {
                tally.broken++;
            }
        }
        while (open < plan.connections() && fresh < waiting.size()) {
            dialNext();
        }
        if (now < end || !waiting.isEmpty()) {
            loop.schedule(this::tick, TICK_MICROS, TimeUnit.MICROSECONDS);
        } else {
            finishIfDone();
        }
    }

    private void dialNext() {
        open++;
        fresh++;
        dial(new StormConnection(this, plan, tls, plan.perConnection()), null);
    }

    private void dial(StormConnection connection, @Nullable List<Channel> keep) {
        Channel channel = new Bootstrap()
                .group(loop)
                .channelFactory(transport.stream())
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline().addLast(new LineBasedFrameDecoder(4096), connection);
                    }
                })
                .connect(server)
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        connection.lost();
                    }
                })
                .channel();
        if (keep != null) {
            keep.add(channel);
        }
    }

    Tally tally() {
        return tally;
    }

    /** When the next message should begin, or should have; negative when there is none now. */
    long nextStart() {
        if (plan.rate() == 0) {
            long now = System.nanoTime();
            return now < end ? now : -1;
        }
        Long next = waiting.poll();
        return next == null ? -1 : next;
    }

    /** A connection has got so far that it can take its first message, or never will. */
    void arrived() {
        fresh--;
    }

    String sender() {
        return switch (plan.senders()) {
            case KNOWN -> "known" + number++ % 100 + "@" + name + ".fast.test";
            case NEW -> "new@" + name + "-" + number++ + ".fast.test";
            case SLOW -> "new@" + name + "-" + number++ + ".slow.test";
            case NULL -> "";
        };
    }

    /** A connection has ended. @param broken whether a message was on it */
    void ended(boolean broken) {
        open--;
        if (broken) {
            tally.broken++;
        }
        if (plan.rate() == 0 && System.nanoTime() < end) {
            // After a failure not at once: it would be refused ten thousand times a second.
            loop.schedule(this::dialNext, broken ? 10 : 0, TimeUnit.MILLISECONDS);
        } else {
            finishIfDone();
        }
    }

    private void finishIfDone() {
        if (open == 0 && waiting.isEmpty() && System.nanoTime() >= end && !over.isDone()) {
            holders.forEach(Channel::close);
            over.complete(tally);
        }
    }
}
