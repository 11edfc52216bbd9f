package io.countersign.smtp.codec;

import io.countersign.smtp.SmtpLimits;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * The server's side of the wire: takes ByteBufs, fires {@link ClientInput}. Starts in command mode, turn held by nobody.
 *
 * <p>All methods belong to the channel's event loop. It may be paused from inside {@code channelRead}: it then stops at once,
 * also in the middle of a buffer, keeps what it has (at most one read plus one line) and stops reading; {@link #resume} goes
 * on without recursion. On {@code handlerRemoved} and {@code channelInactive} it releases what it holds.
 */
public final class SmtpServerDecoder extends ChannelInboundHandlerAdapter {
    public SmtpServerDecoder(SmtpLimits limits) {
        throw new AssertionError("P2 " + limits);
    }

    /** After a DATA that was answered 354: content follows until its final dot line. Ends with {@link ClientInput.ContentEnd}, then command mode. */
    public void expectContent(BareNewline bareNewline) {
        throw new AssertionError("P2 " + bareNewline);
    }

    /** After BDAT: {@code size} octets of content follow; framing state (a CR at a chunk's end) is kept until {@code last}. */
    public void expectChunk(long size, ChunkPosition position, BareNewline bareNewline) {
        throw new AssertionError("P2 " + size + position + bareNewline);
    }

    public enum ChunkPosition {
        MORE_FOLLOW,
        LAST
    }

    /** Forgets content state (after RSET or a failed BDAT transaction). */
    public void contentAbandoned() {
        throw new AssertionError("P2");
    }

    /** Delivers nothing more until {@link #resume}; reading from the socket stops too (backpressure). */
    public void pause() {
        throw new AssertionError("P2");
    }

    /** Goes on: what is buffered is delivered from a task of the event loop or the running read, never deeper on the stack. */
    public void resume() {
        throw new AssertionError("P2");
    }

    /**
     * It is our turn to speak: any octet buffered now or arriving before {@link #yieldTurn} is a violation and fires one
     * {@link ClientInput.OutOfTurn}. Used before the greeting, and between DATA / STARTTLS / HELO and their answers.
     */
    public void holdTurn() {
        throw new AssertionError("P2");
    }

    /** The client may speak again. */
    public void yieldTurn() {
        throw new AssertionError("P2");
    }

    /** True when octets are buffered that were not delivered yet. */
    public boolean hasBuffered() {
        throw new AssertionError("P2");
    }

    /** Reads and throws away everything from now on (after a fatal answer, until close), so that the reply is not lost in a reset. */
    public void ignoreRest() {
        throw new AssertionError("P2");
    }
}
