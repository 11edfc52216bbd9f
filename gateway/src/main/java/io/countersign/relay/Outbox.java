package io.countersign.relay;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.codec.SmtpClientEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What goes out on one connection: commands, at once or (without PIPELINING) each after the reply before it, and content behind
 * them. All that is written in one turn of the event loop is flushed together at its end. On the loop.
 */
final class Outbox {
    /** Pieces are copied together up to this, because one write of one buffer costs less than several. In octets. */
    private static final int GATHERED = 16 * 1024;

    private static final int FIRST_SIZE = 1024;

    private final Channel channel;
    /** Called when a command is written: its reply is owed from then on. */
    private final Consumer<Exchange> sent;
    /** {@link Exchange}s and {@link Piece}s that wait for the reply before them. */
    private final ArrayDeque<Object> waiting = new ArrayDeque<>(0);

    private final Runnable flush = this::flushNow;
    private boolean flushScheduled;
    private boolean closed;
    /** Commands and small pieces of content that go out at the end of this turn. Owned. */
    private @Nullable ByteBuf gathered;

    private boolean gatheredEnd;
    private @Nullable Chunk chunk;
    private boolean endWritten;

    Outbox(Channel channel, Consumer<Exchange> sent) {
        this.channel = channel;
        this.sent = sent;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Whether all of the message, its end included, has been taken by the kernel. */
    boolean endWritten() {
        return endWritten;
    }

    boolean inChunk() {
        return chunk != null;
    }

    /** A message begins. */
    void begin() {
        endWritten = false;
    }

    /** @param now whether it may go out before the replies that are owed */
    void command(Exchange exchange, boolean now) {
        if (now && waiting.isEmpty()) {
            transmit(exchange);
        } else {
            waiting.add(exchange);
        }
    }

    /** @throws IllegalStateException while octets of the last chunk are to come */
    void announce(Chunk next, boolean now) {
        if (chunk != null) {
            throw new IllegalStateException("a chunk before the octets of the last one were there");
        }
        endWritten = false;
        chunk = next.isComplete() ? null : next;
        command(next.exchange, now);
    }

    /**
     * Takes ownership; at least one octet.
     *
     * @return the chunk that is complete with them, or null
     */
    @Nullable
    Chunk content(ByteBuf octets) {
        Chunk open = chunk;
        if (open == null || !open.take(octets.readableBytes())) {
            put(octets, false);
            return null;
        }
        put(octets, open.isLast());
        chunk = null;
        return open;
    }

    /** More octets than the chunk under way has room for: they would be read as commands. */
    boolean isTooMuch(ByteBuf octets) {
        Chunk open = chunk;
        return open != null && octets.readableBytes() > open.left();
    }

    /** The final dot of DATA. */
    void endContent() {
        put(ContentEnd.dot(), true);
    }

    /** The last reply that was owed has come. @return whether anything had waited for it */
    boolean goOn() {
        boolean waited = !waiting.isEmpty();
        if (waited) {
            transmit((Exchange) waiting.remove());
        }
        while (waiting.peek() instanceof Piece piece) {
            waiting.remove();
            write(piece.content(), piece.last());
        }
        return waited;
    }

    /** Throws away what waits; nothing more is flushed. */
    void close() {
        closed = true;
        ByteBuf unsent = gathered;
        gathered = null;
        if (unsent != null) {
            unsent.release();
        }
        waiting.forEach(ReferenceCountUtil::safeRelease);
        waiting.clear();
        chunk = null;
    }

    private void transmit(Exchange exchange) {
        SmtpCommand command = exchange.command;
        if (command == null) {
            throw new IllegalStateException("nothing to send for " + exchange.awaited);
        }
        sent.accept(exchange);
        try {
            SmtpClientEncoder.encode(command, gather(FIRST_SIZE));
            gatheredEnd |= exchange.endsMessage();
            flushSoon();
        } catch (IllegalArgumentException e) {
            // It would not be one line: nothing of it leaves, and the connection ends by the handler of faults.
            channel.pipeline().fireExceptionCaught(e);
        }
    }

    private void put(ByteBuf octets, boolean endOfMessage) {
        if (waiting.isEmpty()) {
            write(octets, endOfMessage);
        } else {
            waiting.add(new Piece(octets, endOfMessage));
        }
    }

    private void write(ByteBuf octets, boolean endOfMessage) {
        int size = octets.readableBytes();
        if (size + (gathered == null ? 0 : gathered.readableBytes()) <= GATHERED) {
            gather(size).writeBytes(octets);
            octets.release();
            gatheredEnd |= endOfMessage;
        } else {
            handOver();
            hand(octets, endOfMessage);
        }
        flushSoon();
    }

    private ByteBuf gather(int size) {
        ByteBuf into = gathered;
        if (into == null) {
            into = channel.alloc().ioBuffer(Math.max(FIRST_SIZE, size));
            gathered = into;
        }
        return into;
    }

    private void handOver() {
        ByteBuf together = gathered;
        if (together != null) {
            boolean end = gatheredEnd;
            gathered = null;
            gatheredEnd = false;
            hand(together, end);
        }
    }

    private void hand(ByteBuf octets, boolean endOfMessage) {
        if (endOfMessage) {
            channel.write(octets).addListener(written -> endWritten |= written.isSuccess());
        } else {
            channel.write(octets, channel.voidPromise());
        }
    }

    private void flushSoon() {
        if (!flushScheduled) {
            flushScheduled = true;
            channel.eventLoop().execute(flush);
        }
    }

    private void flushNow() {
        flushScheduled = false;
        if (!closed) {
            handOver();
            channel.flush();
        }
    }
}
