package io.countersign.admin.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The time one connection may take: for a request from its first octet to its last, for an answer, and between the two. Absolute:
 * who sends an octet now and then gains nothing. One event loop.
 */
final class RequestClock extends ChannelInboundHandlerAdapter {
    /** Times of all connections. */
    record Times(Duration request, Duration answer, Duration idle) {
        static final Times USUAL = new Times(Duration.ofSeconds(10), Duration.ofMinutes(3), Duration.ofSeconds(30));
    }

    /** How long a connection that gets no further answer is read before it is closed, so that its last answer arrives. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private enum Phase {
        IDLE,
        REQUEST,
        ANSWER,
        STREAM,
        LAST
    }

    private final Times times;
    private final Runnable late;
    private Phase phase = Phase.REQUEST;
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable ChannelHandlerContext context;

    /** @param late a request that does not come to its end; the receiver answers */
    RequestClock(Times times, Runnable late) {
        this.times = times;
        this.late = late;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        enter(Phase.REQUEST, times.request());
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        cancel();
        context = null;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        cancel();
        super.channelInactive(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (phase == Phase.IDLE) {
            enter(Phase.REQUEST, times.request());
        }
        super.channelRead(ctx, message);
    }

    /** The request is there. */
    void answering() {
        enter(Phase.ANSWER, times.answer());
    }

    /** The answer goes on for as long as somebody listens. */
    void streaming() {
        phase = Phase.STREAM;
        cancel();
    }

    /** The answer is out. */
    void answered() {
        enter(Phase.IDLE, times.idle());
    }

    /** The answer is out, and was the last. */
    void closing() {
        enter(Phase.LAST, LINGER);
    }

    private void enter(Phase next, Duration within) {
        phase = next;
        cancel();
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            deadline = ctx.executor().schedule(() -> struck(ctx, next), within.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void struck(ChannelHandlerContext ctx, Phase in) {
        if (in == Phase.REQUEST) {
            late.run();
        } else {
            ctx.close();
        }
    }

    private void cancel() {
        ScheduledFuture<?> old = deadline;
        deadline = null;
        if (old != null) {
            old.cancel(false);
        }
    }
}
