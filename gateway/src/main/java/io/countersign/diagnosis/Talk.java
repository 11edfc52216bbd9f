package io.countersign.diagnosis;

import io.countersign.diagnosis.Heard.What;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.codec.ServerInput;
import io.countersign.smtp.codec.SmtpClientDecoder;
import io.countersign.smtp.codec.StartTls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * One connection over which the doctor asks one thing after the other. Each answer has an absolute limit. Fields belong to the
 * event loop; {@link #greeting}, {@link #say}, {@link #secure} and {@link #quit} may be called on any thread, one at a time.
 */
final class Talk extends SimpleChannelInboundHandler<ServerInput> {
    private static final Logger LOG = LoggerFactory.getLogger(Talk.class);
    /** How long a goodbye may take. */
    private static final Duration FAREWELL = Duration.ofSeconds(2);
    /** Replies that came before they were asked for and are kept; more of them are a fault by themselves. */
    private static final int MOST_EARLY = 2;

    private final String host;
    private final SslContext tls;
    private final Duration patience;
    /** {@link System#nanoTime()} at which everything ends. */
    private final long deadline;

    private final Deque<Heard> early = new ArrayDeque<>();
    private @Nullable Channel channel;
    private @Nullable MonoSink<Heard> waiting;
    private @Nullable ScheduledFuture<?> timer;
    private long since = System.nanoTime();
    private @Nullable Heard end;
    private boolean leaving;

    /** @param patience for each reply and for the TLS handshake */
    Talk(String host, SslContext tls, Duration patience, long deadline) {
        this.host = host;
        this.tls = tls;
        this.patience = patience;
        this.deadline = deadline;
    }

    // ---- what the doctor does -------------------------------------------------------------------------------------

    Mono<Heard> greeting(Duration limit) {
        return ask(limit, "no greeting", () -> {});
    }

    Mono<Heard> say(SmtpCommand command) {
        return ask(patience, "no reply to " + command.kind(), () -> {
            since = System.nanoTime();
            if (connected().pipeline().get(SmtpClientDecoder.class).hasBuffered() || !early.isEmpty()) {
                finish(new Heard(What.BROKEN, null, Duration.ZERO, "it said more than was asked"));
                return;
            }
            connected().writeAndFlush(command).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        });
    }

    /** After the 220 to STARTTLS. */
    Mono<Heard> secure() {
        return ask(patience.plusSeconds(1), "no TLS handshake", () -> {
            since = System.nanoTime();
            StartTls.client(connected(), tls, host, 25, Math.max(1, patience.toMillis()))
                    .addListener((Future<Channel> handshake) -> secured(handshake));
        });
    }

    /** Goodbye; nobody waits for it. */
    void quit() {
        Channel open = channel;
        if (open == null) {
            return;
        }
        open.eventLoop().execute(() -> {
            if (leaving) {
                return;
            }
            leaving = true;
            disarm();
            if (end != null || !open.isActive()) {
                open.close();
                return;
            }
            open.writeAndFlush(SmtpCommand.Plain.QUIT).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
            Future<?> limit = open.eventLoop().schedule(() -> open.close(), FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
            open.closeFuture().addListener(closed -> limit.cancel(false));
        });
    }

    private Mono<Heard> ask(Duration limit, String silence, Runnable act) {
        return Mono.create(sink -> connected().eventLoop().execute(() -> {
            if (waiting != null) {
                throw new IllegalStateException("one thing at a time");
            }
            waiting = sink;
            Heard over = end;
            if (over != null) {
                answer(over);
                return;
            }
            Heard already = early.poll();
            if (already != null) {
                answer(already);
                return;
            }
            arm(limit, silence);
            act.run();
        }));
    }

    private void secured(Future<Channel> handshake) {
        if (handshake.isSuccess()) {
            String protocol = connected()
                    .pipeline()
                    .get(SslHandler.class)
                    .engine()
                    .getSession()
                    .getProtocol();
            answer(new Heard(What.SECURED, null, elapsed(), protocol));
        } else {
            Throwable cause = handshake.cause();
            finish(new Heard(
                    What.NOT_SECURED,
                    null,
                    elapsed(),
                    "the TLS handshake failed: " + cause.getClass().getSimpleName()));
        }
    }

    // ---- what happens ---------------------------------------------------------------------------------------------

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        since = System.nanoTime();
        ctx.fireChannelActive();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ServerInput input) {
        if (leaving) {
            ctx.close();
        } else if (input instanceof ServerInput.Broken broken) {
            finish(new Heard(What.BROKEN, null, elapsed(), broken.why()));
        } else if (input instanceof ServerInput.Reply reply) {
            heard(new Heard(What.REPLY, reply.reply(), elapsed(), ""));
        }
    }

    private void heard(Heard reply) {
        if (waiting != null) {
            answer(reply);
        } else if (early.size() < MOST_EARLY) {
            early.add(reply);
        } else {
            finish(new Heard(What.BROKEN, null, elapsed(), "it said more than was asked"));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        finish(new Heard(What.CLOSED, null, elapsed(), "it closed the connection"));
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof DecoderException) {
            SslHandler handler = ctx.pipeline().get(SslHandler.class);
            if (handler != null && handler.handshakeFuture().isDone()) {
                finish(new Heard(What.BROKEN, null, elapsed(), "TLS went wrong"));
            }
        } else if (cause instanceof IOException) {
            finish(new Heard(What.CLOSED, null, elapsed(), "the connection was lost"));
        } else {
            LOG.error("a fault of ours while talking to {}", host, cause);
            finish(new Heard(What.CLOSED, null, elapsed(), "an internal fault of ours"));
            ctx.close();
        }
    }

    /** Nothing more will be heard. */
    private void finish(Heard last) {
        if (end == null) {
            end = last;
        }
        if (waiting != null) {
            answer(last);
        }
    }

    private void answer(Heard heard) {
        disarm();
        MonoSink<Heard> sink = waiting;
        waiting = null;
        if (sink != null) {
            sink.success(heard);
        }
    }

    private void arm(Duration limit, String silence) {
        long nanos = Math.max(0, Math.min(limit.toNanos(), deadline - System.nanoTime()));
        timer = connected()
                .eventLoop()
                .schedule(
                        () -> finish(new Heard(
                                What.SILENCE,
                                null,
                                elapsed(),
                                silence + " within " + TimeUnit.NANOSECONDS.toSeconds(nanos) + " s")),
                        nanos,
                        TimeUnit.NANOSECONDS);
    }

    private void disarm() {
        ScheduledFuture<?> running = timer;
        timer = null;
        if (running != null) {
            running.cancel(false);
        }
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - since);
    }

    private Channel connected() {
        Channel open = channel;
        if (open == null) {
            throw new IllegalStateException("not connected");
        }
        return open;
    }
}
