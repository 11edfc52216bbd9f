package io.countersign.smtp.codec;

import io.countersign.smtp.SmtpLimits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of the wire: takes ByteBufs, fires {@link ClientInput}. Starts in command mode, turn held by nobody.
 *
 * <p>All methods belong to the channel's event loop. It may be paused from inside {@code channelRead}: it then stops at once,
 * also in the middle of a buffer, keeps what it has (at most one read plus one line) and stops reading; {@link #resume} goes
 * on without recursion. On {@code handlerRemoved} and {@code channelInactive} it releases what it holds.
 *
 * <p>Whatever is delivered outside a read of the channel is followed by a {@code channelReadComplete} of its own, so that who
 * flushes there flushes always. Other handlers leave the channel's auto-read alone: this one switches it.
 */
public final class SmtpServerDecoder extends ChannelInboundHandlerAdapter {
    private enum Mode {
        COMMAND,
        DATA,
        CHUNK,
        /** Nothing has a meaning any more; read and thrown away. */
        DISCARD
    }

    private final SmtpLimits limits;
    private final CommandFramer commands;
    /** Read and not yet looked at, in order; never an empty buffer. */
    private final ArrayDeque<ByteBuf> input = new ArrayDeque<>(2);

    private @Nullable ChannelHandlerContext context;
    private Mode mode = Mode.COMMAND;

    /** In DATA and CHUNK, and between the chunks of one message. */
    private @Nullable BodyScanner body;

    private long chunkRemaining;
    private ChunkPosition chunkPosition = ChunkPosition.LAST;
    private boolean abandonAfterChunk;

    private boolean paused;
    private boolean turnHeld;
    /** An octet came while the turn was held, and nobody was told yet. */
    private boolean spokenOutOfTurn;
    /** A loop below on the stack delivers; it sees every change of state. */
    private boolean delivering;

    private boolean deliveryScheduled;
    private boolean readingStopped;
    private boolean inputEnded;
    private boolean gone;

    public SmtpServerDecoder(SmtpLimits limits) {
        this.limits = limits;
        this.commands = new CommandFramer(limits.commandLine());
    }

    /**
     * After a DATA that was answered 354: content follows until its final dot line. Ends with {@link ClientInput.ContentEnd},
     * then command mode. Before this, what follows DATA is a command: hold the turn or pause.
     *
     * @throws IllegalStateException when content is expected already, or part of a line was read as a command
     */
    public void expectContent(BareNewline bareNewline) {
        if (beginContent(Mode.DATA)) {
            body = BodyScanner.forData(limits.textLine(), bareNewline);
            deliverSoon();
        }
    }

    /**
     * After BDAT: {@code size} octets of content follow; framing state (a CR at a chunk's end) is kept until {@code last}, and
     * with it a fault, which every later chunk ends with. A size of 0 ends at once. Without a fault, and with
     * {@link BareNewline#REJECT}, exactly {@code size} octets are delivered; a CR that ends a chunk is delivered with it, before it is
     * known whether LF follows in the next.
     *
     * @param size 0 to 2^63-1
     * @param bareNewline that of the first chunk counts for the message
     * @throws IllegalStateException as {@link #expectContent}
     */
    public void expectChunk(long size, ChunkPosition position, BareNewline bareNewline) {
        if (size < 0) {
            throw new IllegalArgumentException("chunk of " + size);
        }
        if (beginContent(Mode.CHUNK)) {
            if (body == null) {
                body = BodyScanner.forChunks(limits.textLine(), bareNewline);
            }
            body.beginChunk();
            chunkRemaining = size;
            chunkPosition = position;
            abandonAfterChunk = false;
            deliverSoon();
        }
    }

    /**
     * Octets of this DATA's or this chunk's content so far, dots not doubled: what SIZE counts (RFC 1870 §5). 0 outside of content.
     */
    public long contentOctets() {
        BodyScanner scanner = body;
        return scanner == null ? 0 : scanner.octets();
    }

    public enum ChunkPosition {
        MORE_FOLLOW,
        LAST
    }

    private boolean beginContent(Mode next) {
        if (gone || mode == Mode.DISCARD) {
            return false;
        }
        if (mode != Mode.COMMAND || commands.hasPartialLine()) {
            throw new IllegalStateException("content expected in mode " + mode);
        }
        mode = next;
        return true;
    }

    /** Forgets content state (after RSET or a failed BDAT transaction). Within a chunk: when its last octet was read. */
    public void contentAbandoned() {
        if (mode == Mode.COMMAND) {
            body = null;
        } else {
            abandonAfterChunk = true;
        }
    }

    /** Delivers nothing more until {@link #resume}; reading from the socket stops too (backpressure), unless the turn is held. */
    public void pause() {
        paused = true;
        switchReading();
    }

    /** Goes on: what is buffered is delivered from a task of the event loop or the running read, never deeper on the stack. */
    public void resume() {
        if (paused) {
            paused = false;
            deliverSoon();
        }
    }

    /**
     * It is our turn to speak: any octet buffered now or arriving before {@link #yieldTurn} is a violation and fires one
     * {@link ClientInput.OutOfTurn}, also while paused; after it, everything is thrown away. Used before the greeting, and
     * between DATA / STARTTLS / HELO and their answers.
     */
    public void holdTurn() {
        turnHeld = true;
        if (hasBuffered()) {
            spokenOutOfTurn = true;
            deliverSoon();
        } else {
            switchReading();
        }
    }

    /** The client may speak again. */
    public void yieldTurn() {
        turnHeld = false;
        deliverSoon();
    }

    /** True when octets are buffered that were not delivered yet. */
    public boolean hasBuffered() {
        return !input.isEmpty() || commands.hasPartialLine();
    }

    /** Reads and throws away everything from now on (after a fatal answer, until close), so that the reply is not lost in a reset. */
    public void ignoreRest() {
        mode = Mode.DISCARD;
        spokenOutOfTurn = false;
        releaseInput();
        switchReading();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        switchReading();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        end();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end();
        ctx.fireChannelInactive();
    }

    /**
     * The peer's FIN was read, and all that stood before it: there is nothing to read any more, and Netty's epoll transport fails
     * when it is asked to.
     */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        inputEnded |= event instanceof ChannelInputShutdownEvent;
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf octets)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (gone || mode == Mode.DISCARD || !octets.isReadable()) {
            octets.release();
            return;
        }
        input.add(octets);
        spokenOutOfTurn |= turnHeld;
        if (!delivering) {
            deliver(ctx);
        }
    }

    /** The only loop that fires. */
    private boolean deliver(ChannelHandlerContext ctx) {
        boolean any = false;
        delivering = true;
        try {
            for (ClientInput next = next(ctx); next != null; next = next(ctx)) {
                any = true;
                ctx.fireChannelRead(next);
            }
        } finally {
            delivering = false;
        }
        switchReading();
        return any;
    }

    private void deliverSoon() {
        ChannelHandlerContext ctx = context;
        if (ctx == null || gone || delivering || deliveryScheduled) {
            return;
        }
        boolean emptyChunk = mode == Mode.CHUNK && chunkRemaining == 0;
        if (!hasBuffered() && !emptyChunk) {
            switchReading();
            return;
        }
        deliveryScheduled = true;
        ctx.executor().execute(() -> {
            deliveryScheduled = false;
            if (!gone && deliver(ctx)) {
                ctx.fireChannelReadComplete();
            }
        });
    }

    /** Changes all state that goes with the message before it is fired: whoever receives it may call any method here. */
    private @Nullable ClientInput next(ChannelHandlerContext ctx) {
        while (!gone && mode != Mode.DISCARD) {
            if (spokenOutOfTurn) {
                ignoreRest();
                return new ClientInput.OutOfTurn();
            }
            if (paused || turnHeld) {
                return null;
            }
            if (mode == Mode.CHUNK && chunkRemaining == 0) {
                return endOfChunk(ctx);
            }
            ByteBuf head = input.peek();
            if (head == null) {
                return null;
            }
            ClientInput found = mode == Mode.COMMAND ? commands.next(head) : content(head);
            if (!head.isReadable()) {
                input.remove();
                head.release();
            }
            if (found instanceof ClientInput.Fault fault && fault.framing() != null) {
                ignoreRest();
            }
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private @Nullable ClientInput content(ByteBuf head) {
        BodyScanner scanner = scanner();
        int readable = head.readableBytes();
        if (mode == Mode.DATA) {
            return toInput(scanner, scanner.scan(head, readable));
        }
        BodyScanner.Found found = scanner.scan(head, (int) Math.min(readable, chunkRemaining));
        chunkRemaining -= readable - head.readableBytes();
        return toInput(scanner, found);
    }

    private @Nullable ClientInput endOfChunk(ChannelHandlerContext ctx) {
        BodyScanner scanner = scanner();
        return toInput(scanner, scanner.endOfChunk(chunkPosition, ctx.alloc()));
    }

    private @Nullable ClientInput toInput(BodyScanner scanner, BodyScanner.Found found) {
        switch (found) {
            case CONTENT:
                return new ClientInput.Content(scanner.takeContent());
            case FAULT:
                FramingFault fault = scanner.fault();
                if (fault == null) {
                    throw new IllegalStateException("a fault without a name");
                }
                return new ClientInput.ContentFault(fault);
            case END:
                if (mode == Mode.DATA || chunkPosition == ChunkPosition.LAST || abandonAfterChunk) {
                    body = null;
                }
                mode = Mode.COMMAND;
                return new ClientInput.ContentEnd(scanner.octets(), scanner.fault());
            case MORE:
                return null;
        }
        throw new IllegalStateException("unknown: " + found);
    }

    private BodyScanner scanner() {
        BodyScanner scanner = body;
        if (scanner == null) {
            throw new IllegalStateException("no content is expected");
        }
        return scanner;
    }

    /** Left alone within the loop, which does it at its end: a pause and its resume within one read cost no system call. */
    private void switchReading() {
        ChannelHandlerContext ctx = context;
        if (ctx == null || gone || delivering || inputEnded) {
            return;
        }
        boolean stop = paused && !turnHeld && mode != Mode.DISCARD;
        if (stop != readingStopped) {
            readingStopped = stop;
            ctx.channel().config().setAutoRead(!stop);
        }
    }

    private void end() {
        gone = true;
        releaseInput();
    }

    private void releaseInput() {
        for (ByteBuf octets = input.poll(); octets != null; octets = input.poll()) {
            octets.release();
        }
        commands.clear();
    }
}
