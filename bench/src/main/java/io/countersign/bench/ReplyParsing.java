package io.countersign.bench;

import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.SmtpClientDecoder;
import io.countersign.smtp.syntax.ReplyParser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.smtp.SmtpResponseDecoder;
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
 * Replies of an exchanger to values: the parser alone (a framed line), then both decoders in an embedded channel, which adds the
 * same to each: ours, and {@code SmtpResponseDecoder} of netty-codec-smtp. The latter reads no enhanced codes and rejects a bare
 * {@code 250}; of what it does read it makes the same.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ReplyParsing {
    private static final byte[] LINE = "250 2.1.5 Recipient ok".getBytes(StandardCharsets.US_ASCII);
    private static final String EHLO =
            "250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-STARTTLS\r\n250-8BITMIME\r\n250 DSN\r\n";

    private final ReplyParser parser = new ReplyParser(SmtpLimits.DEFAULT);
    private final EmbeddedChannel ours = new EmbeddedChannel(new SmtpClientDecoder(SmtpLimits.DEFAULT));
    private final EmbeddedChannel nettys = new EmbeddedChannel(new SmtpResponseDecoder(SmtpLimits.DEFAULT.replyLine()));
    private final ByteBuf one = Unpooled.copiedBuffer("250 2.1.5 Recipient ok\r\n", StandardCharsets.US_ASCII);
    private final ByteBuf six = Unpooled.copiedBuffer(EHLO, StandardCharsets.US_ASCII);

    @TearDown
    public void close() {
        ours.finishAndReleaseAll();
        nettys.finishAndReleaseAll();
        one.release();
        six.release();
    }

    @Benchmark
    public SmtpReply framedLine() {
        if (parser.line(LINE, 0, LINE.length) != ReplyParser.State.COMPLETE) {
            throw new IllegalStateException("a good line");
        }
        return parser.reply();
    }

    @Benchmark
    public Object oneLine() {
        return decode(ours, one);
    }

    @Benchmark
    public Object oneLineByNettyCodecSmtp() {
        return decode(nettys, one);
    }

    @Benchmark
    public Object sixLines() {
        return decode(ours, six);
    }

    @Benchmark
    public Object sixLinesByNettyCodecSmtp() {
        return decode(nettys, six);
    }

    private static Object decode(EmbeddedChannel channel, ByteBuf octets) {
        channel.writeInbound(octets.retainedDuplicate());
        Object reply = channel.readInbound();
        if (reply == null) {
            throw new IllegalStateException("a good reply");
        }
        return reply;
    }
}
