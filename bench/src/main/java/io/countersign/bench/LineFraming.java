package io.countersign.bench;

import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.codec.SmtpServerDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A pipelined batch of 102 commands in one read, through an embedded channel: our decoder, which frames, checks and parses, beside
 * {@code LineBasedFrameDecoder}, which frames only (and takes a bare LF for an end), alone and with a String made of each
 * line, the least that a parser of Strings would need. Time is for the whole batch.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LineFraming {
    private static final int RECIPIENTS = 100;

    private final EmbeddedChannel ours = new EmbeddedChannel(new SmtpServerDecoder(SmtpLimits.DEFAULT), new Count());
    private final EmbeddedChannel frames =
            new EmbeddedChannel(new LineBasedFrameDecoder(SmtpLimits.DEFAULT.commandLine()), new Count());
    private final EmbeddedChannel strings =
            new EmbeddedChannel(new LineBasedFrameDecoder(SmtpLimits.DEFAULT.commandLine()), new Strings());
    private final ByteBuf batch = batch();

    private static ByteBuf batch() {
        StringBuilder text = new StringBuilder("MAIL FROM:<alice.liddell@wonderland.example.org> SIZE=48211\r\n");
        for (int i = 0; i < RECIPIENTS; i++) {
            text.append("RCPT TO:<white.rabbit").append(i).append("@example.com>\r\n");
        }
        return Unpooled.copiedBuffer(text.append("NOOP\r\n"), StandardCharsets.US_ASCII);
    }

    /** Counts what arrives, as the next handler would see it. */
    private static class Count extends ChannelInboundHandlerAdapter {
        int seen;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            seen++;
            ReferenceCountUtil.release(message);
        }
    }

    private static final class Strings extends Count {
        private int length;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            length += ((ByteBuf) message).toString(StandardCharsets.US_ASCII).length();
            super.channelRead(ctx, message);
        }

        int length() {
            return length;
        }
    }

    @TearDown
    public void close() {
        ours.finishAndReleaseAll();
        frames.finishAndReleaseAll();
        strings.finishAndReleaseAll();
        batch.release();
    }

    @Benchmark
    public int commands() {
        return through(ours);
    }

    @Benchmark
    public int framesByLineBasedFrameDecoder() {
        return through(frames);
    }

    @Benchmark
    public int stringsByLineBasedFrameDecoder() {
        return through(strings) + strings.pipeline().get(Strings.class).length();
    }

    private int through(EmbeddedChannel channel) {
        Count count = channel.pipeline().get(Count.class);
        int before = count.seen;
        channel.writeInbound(batch.retainedDuplicate());
        if (count.seen - before != RECIPIENTS + 2) {
            throw new IllegalStateException("not every line arrived: " + (count.seen - before));
        }
        return count.seen;
    }
}
