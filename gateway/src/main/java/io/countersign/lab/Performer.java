package io.countersign.lab;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Performs {@link Act}s on one connection, on its event loop, one after the other. */
final class Performer {
    private final Channel channel;
    private final Supplier<SslContext> tls;
    private final Consumer<String> onSent;
    private boolean hungUp;
    private boolean gathering;

    /** @param onSent hears the octets of each thing said; endless talk is told once */
    Performer(Channel channel, Supplier<SslContext> tls, Consumer<String> onSent) {
        this.channel = channel;
        this.tls = tls;
        this.onSent = onSent;
    }

    /** @param done run when the next command may be taken up; never, if the act ends the session */
    void perform(Act act, Runnable done) {
        if (!channel.isActive()) {
            return;
        }
        if (act instanceof Act.Send send) {
            onSent.accept(send.octets());
            write(send.octets());
            done.run();
        } else if (act instanceof Act.Sequence sequence) {
            next(sequence, 0, done);
        } else if (act instanceof Act.Pause pause) {
            channel.eventLoop().schedule(done, pause.duration().toNanos(), TimeUnit.NANOSECONDS);
        } else if (act instanceof Act.Trickle trickle) {
            onSent.accept(trickle.octets());
            trickle(trickle, 0, done);
        } else if (act instanceof Act.Endless endless) {
            onSent.accept(endless.octets());
            talk(endless.octets().repeat(1 + 4096 / endless.octets().length()));
        } else if (act instanceof Act.Deaf) {
            channel.config().setAutoRead(false);
        } else if (act instanceof Act.Close) {
            hungUp = true;
            channel.flush();
            channel.close();
        } else if (act instanceof Act.Reset) {
            hungUp = true;
            channel.flush();
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        } else if (act instanceof Act.StartTls) {
            // What was said so far goes out in clear.
            channel.flush();
            channel.pipeline().addFirst("tls", tls.get().newHandler(channel.alloc()));
            done.run();
        } else if (!(act instanceof Act.Never)) {
            throw new IllegalArgumentException("no such act: " + act);
        }
    }

    /** Replies from now on leave together, at {@link #flush}: those to commands that came together. */
    void gather() {
        gathering = true;
    }

    void flush() {
        gathering = false;
        channel.flush();
    }

    /** Whether an act closed the connection. */
    boolean hungUp() {
        return hungUp;
    }

    private void next(Act.Sequence sequence, int at, Runnable done) {
        if (at == sequence.acts().size()) {
            done.run();
        } else {
            perform(sequence.acts().get(at), () -> next(sequence, at + 1, done));
        }
    }

    private void trickle(Act.Trickle trickle, int at, Runnable done) {
        if (!channel.isActive()) {
            return;
        }
        if (at == trickle.octets().length()) {
            done.run();
            return;
        }
        write(trickle.octets().substring(at, at + 1));
        channel.eventLoop()
                .schedule(() -> trickle(trickle, at + 1, done), trickle.pause().toNanos(), TimeUnit.NANOSECONDS);
    }

    private void talk(String block) {
        channel.writeAndFlush(Unpooled.copiedBuffer(block, StandardCharsets.ISO_8859_1))
                .addListener((ChannelFutureListener) written -> {
                    if (written.isSuccess()) {
                        // Through the loop's queue: a write that succeeds at once must not recurse.
                        channel.eventLoop().execute(() -> talk(block));
                    }
                });
    }

    private void write(String octets) {
        channel.write(Unpooled.wrappedBuffer(octets.getBytes(StandardCharsets.ISO_8859_1)));
        if (!gathering) {
            channel.flush();
        }
    }
}
