package io.countersign.relay;

import io.countersign.smtp.Capabilities;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.ServerInput;
import io.countersign.smtp.dialogue.ClientDialogue;
import io.countersign.smtp.dialogue.ClientDialogue.Awaited;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the MTA: commands go out in order, each reply comes back to the command it answers, each wait has an end.
 * The last handler of its channel; everything on the channel's event loop.
 *
 * <p>Whatever goes wrong ends in {@link User#onGone}, once: the channel is closed then, and what was not yet written is thrown
 * away, never flushed. So nothing is written after content that was broken off.
 */
final class MtaConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(MtaConnection.class);

    /** Who has the connection now: the handshake, a transaction, or nobody. */
    interface User {
        /** It cannot be used any more and is being closed; no reply comes after this. */
        void onGone(MtaAnswer why);

        /** A few times a second, while nothing is overdue. @param now of the ticker */
        default void onTick(long now) {}

        /** The MTA reads again. */
        default void onWritable() {}
    }

    private final Channel channel;
    private final String label;
    private final Backend backend;
    private final ConnectionUse use;
    private final Deadlines deadlines;
    private final ClientDialogue dialogue = new ClientDialogue();

    private final ArrayDeque<Exchange> owed = new ArrayDeque<>();
    private final Outbox outbox;
    private boolean gone;
    private Capabilities capabilities = Capabilities.NONE;
    private boolean pipelining;
    private @Nullable User user;

    /** @param label names it in logs, {@code mta-17} */
    MtaConnection(Channel channel, String label, Backend backend, ConnectionUse use) {
        this.channel = channel;
        this.label = label;
        this.backend = backend;
        this.use = use;
        this.outbox = new Outbox(channel, this::sent);
        this.deadlines = new Deadlines(use.ticker(), backend.replyNanos());
        owed.add(new Exchange(Awaited.GREETING, reply -> {}, backend.replyNanos()));
    }

    Channel channel() {
        return channel;
    }

    String label() {
        return label;
    }

    Backend backend() {
        return backend;
    }

    /** How it was used so far, and as whom. */
    ConnectionUse use() {
        return use;
    }

    Deadlines deadlines() {
        return deadlines;
    }

    Capabilities capabilities() {
        return capabilities;
    }

    /** An EHLO was answered. */
    void learnt(Capabilities now) {
        capabilities = now;
        pipelining = now.has("PIPELINING");
    }

    boolean isGone() {
        return gone;
    }

    /** True when it owes nothing and was never out of step. */
    boolean isInStep() {
        return !gone && owed.isEmpty() && outbox.isEmpty() && dialogue.inStep();
    }

    void takenBy(@Nullable User by) {
        user = by;
    }

    @Nullable
    User user() {
        return user;
    }

    /** The greeting's reply; called before anything can have been read. */
    void onGreeting(Consumer<SmtpReply> then) {
        owed.clear();
        owed.add(new Exchange(Awaited.GREETING, then, backend.replyNanos()));
        deadlines.replyAwaited();
    }

    /** Sends one command; {@code then} gets its reply unless the connection is lost first. */
    void send(SmtpCommand command, Consumer<SmtpReply> then) {
        if (!gone) {
            Awaited awaited = ClientDialogue.awaitedFor(command);
            outbox.command(new Exchange(awaited, then, backend.replyNanos(), command), mayPipeline());
        }
    }

    private boolean mayPipeline() {
        return pipelining || owed.isEmpty();
    }

    private void sent(Exchange exchange) {
        dialogue.sent(exchange.awaited);
        owed.add(exchange);
        if (owed.size() == 1) {
            deadlines.replyAwaited();
        }
    }

    /** After 354: {@code then} gets the reply to the content, or one that comes before its end (see {@link #endWritten}). */
    void beginContent(Consumer<SmtpReply> then) {
        outbox.begin();
        sent(new Exchange(Awaited.CONTENT, then, Deadlines.NONE));
    }

    /**
     * Takes ownership; flushed at the end of the loop's turn. Within BDAT it belongs to the chunk announced last.
     *
     * @throws IllegalStateException when that chunk has no room for it; the connection is cut
     */
    void content(ByteBuf octets) {
        if (gone || !octets.isReadable()) {
            octets.release();
        } else if (outbox.isTooMuch(octets)) {
            octets.release();
            cut();
            throw new IllegalStateException("more octets of content than the chunk announced");
        } else {
            Chunk complete = outbox.content(octets);
            if (complete != null) {
                chunkComplete(complete);
            }
        }
    }

    /** DATA: the final dot goes out, and the clock for the MTA's answer starts. */
    void endContent() {
        if (!gone) {
            outbox.endContent();
            owed.element().limit = backend.endOfDataNanos();
            deadlines.replyAwaited();
        }
    }

    /** BDAT: announces {@code bdat.size()} octets. The clock for its reply starts once they have been handed over. */
    void chunk(SmtpCommand.Bdat bdat, Consumer<SmtpReply> then) {
        if (!gone) {
            Chunk next = new Chunk(bdat, new Exchange(Awaited.CHUNK, then, Deadlines.NONE, bdat));
            outbox.announce(next, mayPipeline());
            if (next.isComplete()) {
                chunkComplete(next);
            }
        }
    }

    private void chunkComplete(Chunk complete) {
        complete.exchange.limit = complete.isLast() ? backend.endOfDataNanos() : backend.replyNanos();
        if (owed.peek() == complete.exchange) {
            deadlines.replyAwaited();
        }
    }

    /** Whether all of the message up to its end has left us: before that, no 2xx can be the answer to it. */
    boolean endWritten() {
        return outbox.endWritten();
    }

    /** Whether octets of an announced chunk are still to come. */
    boolean inChunk() {
        return outbox.inChunk();
    }

    boolean isWritable() {
        return gone || (outbox.isEmpty() && channel.isWritable());
    }

    /** Says QUIT and closes; for a connection nobody uses. */
    void quit() {
        takenBy(null);
        if (!isInStep()) {
            cut();
            return;
        }
        deadlines.expireIn(ConnectionUse.QUIT_NANOS);
        send(SmtpCommand.Plain.QUIT, reply -> close());
    }

    private void close() {
        gone = true;
        channel.close();
    }

    /** Closes at once. What was not flushed is thrown away: the MTA never sees an end of content that it had not before. */
    void cut() {
        user = null;
        end();
    }

    /** The user is told why, and the connection is closed. */
    void fail(MtaAnswer why) {
        if (gone) {
            return;
        }
        User told = user;
        user = null;
        end();
        if (told != null) {
            told.onGone(why);
        }
    }

    /** Looks at the clock; called a few times a second. */
    void sweep(long now) {
        if (gone) {
            return;
        }
        Exchange head = owed.peek();
        if (head != null && deadlines.replyOverdue(now, head.limit)) {
            silent(head);
        } else if (deadlines.isExpired(now)) {
            fail(new MtaAnswer.Silent(label + ": the MTA did not finish in time"));
        } else if (deadlines.isStalled(now)) {
            fail(new MtaAnswer.Silent(label + ": the MTA stopped reading"));
        } else if (user != null) {
            user.onTick(now);
        }
    }

    private void silent(Exchange head) {
        String what = head.awaited.name().toLowerCase(Locale.ROOT);
        MtaAnswer.Silent why = new MtaAnswer.Silent(label + ": no reply to " + what + " in time");
        User told = user;
        boolean atEnd = head.awaited == Awaited.CONTENT || head.awaited == Awaited.CHUNK;
        if (told == null || !atEnd || !endWritten() || owed.size() > 1) {
            fail(why);
            return;
        }
        // The message may yet be taken: whoever looks into it later will want to know when.
        head.then = use.late(label, this::cut);
        head.limit = Deadlines.NONE;
        deadlines.expireIn(backend.replyNanos());
        user = null;
        told.onGone(why);
    }

    private void end() {
        if (gone) {
            return;
        }
        gone = true;
        outbox.close();
        owed.clear();
        // Past TLS, whose orderly close would still flush what it holds.
        ChannelHandlerContext first = channel.pipeline().firstContext();
        if (first == null) {
            channel.close();
        } else {
            first.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (gone) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof ServerInput.Reply reply) {
            onReply(reply.reply());
        } else if (message instanceof ServerInput.Broken broken) {
            fail(new MtaAnswer.Lost(label + ": the MTA sent what is not SMTP: " + broken.why()));
        } else {
            ReferenceCountUtil.release(message);
            throw new IllegalStateException("unexpected in the pipeline: " + message.getClass());
        }
    }

    private void onReply(SmtpReply reply) {
        ClientDialogue.Step step = dialogue.onReply(reply);
        if (step instanceof ClientDialogue.Step.OutOfStep out) {
            fail(new MtaAnswer.Lost(label + ": the MTA is out of step: " + out.why()));
        } else if (reply.code() == 421) {
            // It closes the connection, whatever was asked (RFC 5321 §3.8): what it said is no answer to a command.
            fail(new MtaAnswer.Lost(label + ": the MTA closes the connection: " + reply));
        } else {
            Exchange exchange = owed.remove();
            deadlines.replyAwaited();
            use.replied(exchange.awaited, reply);
            if (owed.isEmpty() && outbox.goOn()) {
                tellWritable();
            }
            exchange.then.accept(reply);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        deadlines.writable(channel.isWritable());
        tellWritable();
        ctx.fireChannelWritabilityChanged();
    }

    private void tellWritable() {
        User told = user;
        if (told != null && isWritable()) {
            told.onWritable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail(new MtaAnswer.Lost(label + ": the MTA closed the connection"));
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // SSLException is one too, and comes wrapped.
        if (!(cause instanceof IOException) && !(cause.getCause() instanceof IOException)) {
            LOG.error("{}: a fault of ours in a connection to the MTA", label, cause);
        }
        fail(new MtaAnswer.Lost(label + ": the connection to the MTA failed: " + cause.getMessage()));
    }
}
