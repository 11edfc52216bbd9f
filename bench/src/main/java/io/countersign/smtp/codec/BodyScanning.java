package io.countersign.smtp.codec;

import io.countersign.bench.Octets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * 64 KiB of faultless content, as one read of a socket brings it, looked through for line-ending faults, NUL, lines that are too
 * long, and the final dot. Stands in this package because the scanner is nobody else's business.
 *
 * <p>{@link #byteByByte} asks the same questions one octet at a time, the way they are usually written. The other two ask less:
 * {@link #lineFeedsOnly} finds the ends of lines with Netty's own word-wise search and sees neither a bare CR nor a NUL;
 * {@link #lineBasedFrameDecoder} is what a Netty user takes for a protocol of lines, makes a frame of each and takes a bare LF
 * for an end.
 */
@Octets(BodyScanning.OCTETS)
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // by Setup
public class BodyScanning {
    static final int OCTETS = 64 * 1024;
    private static final int LONGEST_LINE = 1 << 20;

    /** Where the octets are: sockets fill direct buffers, the JDK's TLS engine heap buffers. */
    public enum Memory {
        HEAP,
        DIRECT
    }

    /** Octets of a line, its CRLF included. */
    @Param({"78", "998", "65536"})
    public int line;

    @Param
    public Memory memory;

    private ByteBuf content;
    private BodyScanner scanner;
    private EmbeddedChannel lines;

    @Setup
    public void fill() {
        scanner = BodyScanner.forData(LONGEST_LINE, BareNewline.REJECT);
        lines = new EmbeddedChannel(new LineBasedFrameDecoder(LONGEST_LINE));
        // A gateway that speaks TLS to some clients sees both kinds of memory: the compiler should know of both here
        // too.
        for (Memory seen : Memory.values()) {
            content = content(seen);
            for (int i = 0; i < 2_000; i++) {
                scan();
            }
            content.release();
        }
        content = content(memory);
    }

    private ByteBuf content(Memory kind) {
        String text = "It was a bright cold day in April, and every server said 250.".repeat(OCTETS / 60 + 1);
        ByteBufAllocator alloc = ByteBufAllocator.DEFAULT;
        ByteBuf filled = kind == Memory.HEAP ? alloc.heapBuffer(OCTETS) : alloc.directBuffer(OCTETS);
        while (filled.writerIndex() < OCTETS) {
            int length = Math.min(line, OCTETS - filled.writerIndex());
            filled.writeCharSequence(text.substring(0, length - 2) + "\r\n", StandardCharsets.US_ASCII);
        }
        return filled;
    }

    @TearDown
    public void release() {
        content.release();
        lines.finishAndReleaseAll();
    }

    /** The scanner goes on from one operation to the next, as in one long message. */
    @Benchmark
    public int scan() {
        content.readerIndex(0);
        int given = 0;
        while (content.isReadable()) {
            BodyScanner.Found found = scanner.scan(content, content.readableBytes());
            if (found == BodyScanner.Found.CONTENT) {
                ByteBuf piece = scanner.takeContent();
                given += piece.readableBytes();
                piece.release();
            } else if (found != BodyScanner.Found.MORE) {
                throw new IllegalStateException("in faultless content: " + found);
            }
        }
        return given;
    }

    @Benchmark
    public int byteByByte() {
        int from = 0;
        int previous = '\n';
        for (int i = 0; i < OCTETS; i++) {
            byte octet = content.getByte(i);
            boolean wrong = octet == '\n' ? previous != '\r' : previous == '\r' || octet == 0;
            if (wrong || i - from > LONGEST_LINE) {
                throw new IllegalStateException("a fault in faultless content");
            }
            if (octet == '\n') {
                if (i - from == 2 && content.getByte(from) == '.') {
                    return i;
                }
                from = i + 1;
            }
            previous = octet;
        }
        return from;
    }

    @Benchmark
    public int lineFeedsOnly() {
        int from = 0;
        while (true) {
            int lf = content.indexOf(from, OCTETS, (byte) '\n');
            if (lf < 0) {
                return from;
            }
            if (lf == from || content.getByte(lf - 1) != '\r') {
                throw new IllegalStateException("a fault in faultless content");
            }
            if (lf - from == 2 && content.getByte(from) == '.') {
                return lf;
            }
            from = lf + 1;
        }
    }

    @Benchmark
    public int lineBasedFrameDecoder() {
        content.readerIndex(0);
        lines.writeInbound(content.retainedDuplicate());
        int frames = 0;
        for (ByteBuf frame = lines.readInbound(); frame != null; frame = lines.readInbound()) {
            frames++;
            frame.release();
        }
        return frames;
    }
}
