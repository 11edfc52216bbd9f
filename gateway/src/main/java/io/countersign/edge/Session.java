package io.countersign.edge;

import io.countersign.config.ChecksSettings;
import io.countersign.decision.Replies;
import io.countersign.dns.ClientName;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.ClientInput;
import io.countersign.smtp.codec.SmtpServerDecoder;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's session on its channel: takes what the decoder says in order, sees to it that each command gets one reply, in order
 * and in time, and ends the connection so that the last word arrives. What a command does is {@link SessionCommands}' matter,
 * what content does {@link MessageTransfer}'s. Lives on its channel's event loop.
 */
final class Session extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    /** Replies one session may have outstanding before it is read no further. */
    private static final int MOST_REPLIES = 100;
    /** How long a closing channel waits for the client to take the last reply and hang up. */
    private static final long LINGER_MILLIS = 2_000;

    private final SmtpServerDecoder decoder;
    private final SessionContext context;
    private final PauseReasons pauses;
    private final Deadline deadline;
    private final ReplyQueue replies;
    private final SessionCommands commands;
    private final MessageTransfer transfer;

    private @Nullable ChannelHandlerContext ctx;
    private @Nullable SmtpCommand held;
    private boolean counted;
    private boolean closing;
    private boolean gone;
    private long slowSince;

    /** @param decoder this channel's; stands before this handler in the pipeline */
    Session(EdgeServices services, SessionFacts facts, SmtpServerDecoder decoder, io.netty.channel.Channel channel) {
        this.decoder = decoder;
        this.context = new SessionContext(services, facts, channel.eventLoop());
        this.pauses = new PauseReasons(decoder);
        this.deadline = new Deadline(channel.eventLoop(), this::clientTooSlow);
        this.replies = new ReplyQueue(channel);
        this.commands = new SessionCommands(this, context, deadline, pauses);
        this.transfer = commands.transfer();
    }

    // --- life ---

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        ctx = added;
        replies.onEmpty(this::repliesWritten);
        EdgeServices services = context.services();
        services.metrics().sessionOpened();
        services.sessions().add(this);
        decoder.holdTurn();
        Limits limit = services.counts()
                .enter(
                        context.facts().address.getAddress(),
                        context.settings().listen().limits());
        if (limit != null) {
            context.struck(limit);
            lastWord(Replies.tooManyConnections(limit.key(), context.id()));
            return;
        }
        counted = true;
        askForName();
        long delay = context.settings().listen().greetDelay().toMillis();
        if (delay == 0) {
            greet();
        } else {
            context.loop().schedule(this::greet, delay, TimeUnit.MILLISECONDS);
        }
    }

    private void askForName() {
        SessionFacts facts = context.facts();
        if (context.settings().checks().reverseDns().mode() == ChecksSettings.Mode.OFF) {
            facts.named(new ClientName(ClientName.Result.TEMPERROR, null, "checks.reverse-dns.mode = off"));
        } else {
            context.checks()
                    .reverseDns()
                    .lookup(facts.address.getAddress())
                    .subscribe(name -> context.onLoop(() -> facts.named(name)));
        }
    }

    private void greet() {
        if (closing) {
            return;
        }
        String hostname = context.settings().hostname();
        if (context.services().sessions().isDraining()) {
            lastWord(Replies.shuttingDown(hostname, context.id()));
        } else if (context.mta().capabilities().isEmpty()) {
            lastWord(Replies.mtaNeverSeen(hostname, context.id()));
        } else {
            replies.answer(SmtpReply.of(220, hostname + " ESMTP Countersign"));
            yieldTurn();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        gone();
        inactive.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        gone();
    }

    private void gone() {
        if (isGone()) {
            return;
        }
        closing = true;
        gone = true;
        deadline.cancel();
        replies.abandon();
        EdgeServices services = context.services();
        services.metrics().sessionClosed();
        if (counted) {
            services.counts().leave(context.facts().address.getAddress());
        }
        if (!transfer.clientGone()) {
            commands.endTransaction();
            commands.closeMta();
            finished();
        }
    }

    /** Nothing is waited for any more. */
    void finished() {
        context.summary().close(context.sessionId(), context.facts());
        context.services().sessions().remove(this);
    }

    /** The channel is closed; only the MTA's answer to a complete message may still be on its way. */
    boolean isGone() {
        return gone;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext at, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            // A half-close: what it sent before is still answered; without anything to answer, or behind our last word,
            // it is gone.
            if (closing && replies.isEmpty() && !transfer.isAwaitingMta()) {
                at.close();
            } else if (transfer.isAwaitingMta() || !replies.isEmpty() || decoder.hasBuffered()) {
                close();
            } else {
                at.close();
            }
        }
        at.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext at, Throwable cause) {
        if (cause instanceof SSLException || cause.getCause() instanceof SSLException) {
            context.summary().note("tls");
            LOG.debug("session={} TLS: {}", context.sessionId(), cause.toString());
        } else if (cause instanceof IOException) {
            LOG.debug("session={} connection: {}", context.sessionId(), cause.toString());
        } else {
            LOG.error("session={} closed by a fault of ours", context.sessionId(), cause);
        }
        at.close();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext at) {
        if (at.channel().isWritable()) {
            pauses.remove(PauseReasons.CLIENT_SLOW);
        } else {
            pauses.add(PauseReasons.CLIENT_SLOW);
            long mark = System.nanoTime();
            slowSince = mark;
            context.loop()
                    .schedule(
                            () -> {
                                if (slowSince == mark && pauses.has(PauseReasons.CLIENT_SLOW)) {
                                    context.struck(Limits.IDLE);
                                    context.summary().note("client-does-not-read");
                                    at.close();
                                }
                            },
                            context.settings().listen().limits().idle().toNanos(),
                            TimeUnit.NANOSECONDS);
        }
        at.fireChannelWritabilityChanged();
    }

    /** Any thread. SIGTERM: no new transaction; a session between transactions ends now. */
    void drain() {
        context.onLoop(() -> {
            if (!commands.inTransaction() && replies.isEmpty()) {
                lastWord(Replies.shuttingDown(context.settings().hostname(), context.id()));
            }
        });
    }

    /** Any thread. The drain is over: what the MTA has not got whole is cut; what it has got is still answered. */
    void cut() {
        context.onLoop(() -> {
            if (!transfer.isAwaitingMta() && !closing) {
                context.struck(Limits.DRAIN);
                transfer.clientGone();
                commands.endTransaction();
                replies.abandon();
                lastWord(Replies.shuttingDown(context.settings().hostname(), context.id()));
            }
        });
    }

    // --- what the client says ---

    @Override
    public void channelRead(ChannelHandlerContext at, Object message) {
        if (!(message instanceof ClientInput input)) {
            ReferenceCountUtil.release(message);
            return;
        }
        replies.beginBatch();
        if (closing) {
            if (input instanceof ClientInput.Content content) {
                content.octets().release();
            }
            return;
        }
        switch (input.kind()) {
            case COMMAND -> command(((ClientInput.Command) input).command());
            case FAULT -> fault((ClientInput.Fault) input);
            case CONTENT -> transfer.content(((ClientInput.Content) input).octets());
            case CONTENT_FAULT -> transfer.fault(((ClientInput.ContentFault) input).fault());
            case CONTENT_END -> transfer.clientEnded((ClientInput.ContentEnd) input);
            case OUT_OF_TURN -> {
                context.summary().note("out-of-turn");
                lastWord(Replies.synchronization(context.id()));
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext at) {
        replies.flush();
        at.fireChannelReadComplete();
    }

    private void command(SmtpCommand command) {
        // Only recipients may be waited for side by side; anything else waits until what was before it is answered.
        if (!replies.isEmpty() && (command.kind() != SmtpCommand.Kind.RCPT || transfer.isBusy())) {
            if (transfer.isAwaitingMta()) {
                transfer.clientWentOn();
            }
            held = command;
            pauses.add(PauseReasons.COMMAND_HELD);
            return;
        }
        commands.command(command);
        clockTheClient();
    }

    private void fault(ClientInput.Fault fault) {
        if (fault.framing() != null) {
            context.summary().note(fault.framing().words());
            lastWord(Replies.withId(fault.reply(), context.id()));
            return;
        }
        commands.fault(fault.verb(), fault.reply());
        clockTheClient();
    }

    /** Whose turn is it? The client's clock runs only while nothing of ours is owed. */
    void clockTheClient() {
        if (closing || transfer.isBusy()) {
            return;
        }
        if (replies.size() >= MOST_REPLIES) {
            pauses.add(PauseReasons.REPLIES_WAITING);
        }
        if (replies.isEmpty()) {
            deadline.start(context.settings().listen().limits().idle(), Limits.IDLE.key());
        } else {
            deadline.stop();
        }
    }

    private void repliesWritten() {
        if (closing) {
            hangUp();
            return;
        }
        pauses.remove(PauseReasons.REPLIES_WAITING);
        SmtpCommand next = held;
        if (next != null) {
            held = null;
            command(next);
            if (held == null) {
                pauses.remove(PauseReasons.COMMAND_HELD);
            }
        } else {
            clockTheClient();
            if (context.services().sessions().isDraining() && !commands.inTransaction()) {
                lastWord(Replies.shuttingDown(context.settings().hostname(), context.id()));
            }
        }
    }

    private void clientTooSlow() {
        context.struck(transfer.isBusy() ? Limits.DATA_RATE : Limits.IDLE);
        transfer.clientGone();
        lastWord(Replies.timeout(context.settings().hostname(), deadline.limit(), context.id()));
    }

    // --- what we say ---

    void answer(SmtpReply reply) {
        replies.answer(reply);
    }

    ReplyQueue.Slot reserve() {
        return replies.reserve();
    }

    SmtpServerDecoder decoder() {
        return decoder;
    }

    /** The client must wait for what we say next. */
    void holdTurn() {
        decoder.holdTurn();
    }

    /** The client may speak again. */
    void yieldTurn() {
        decoder.yieldTurn();
        clockTheClient();
    }

    /** Answers 220 and switches; the turn is held. {@code secured} is called with protocol and cipher. */
    void upgradeToTls(Consumer<String> secured) {
        deadline.stop();
        replies.flush();
        context.services()
                .tls()
                .upgrade(
                        replies.channel(),
                        cipher -> {
                            secured.accept(cipher);
                            clockTheClient();
                        },
                        this::tlsFailed);
    }

    private void tlsFailed(ClientTls.Failure failure) {
        switch (failure) {
            case PLAINTEXT_BEHIND -> {
                context.summary().note("plaintext-behind-starttls");
                lastWord(Replies.synchronization(context.id()));
            }
            case HANDSHAKE -> {
                context.struck(Limits.HANDSHAKE);
                replies.channel().close();
            }
        }
    }

    /** Says this behind whatever is still owed, then closes; what the client sends meanwhile is thrown away. */
    void lastWord(SmtpReply reply) {
        if (!closing) {
            replies.answer(reply);
            close();
        }
    }

    /** Closes behind whatever is still owed. */
    void close() {
        if (closing) {
            return;
        }
        closing = true;
        deadline.cancel();
        decoder.yieldTurn();
        decoder.ignoreRest();
        if (replies.isEmpty()) {
            hangUp();
        }
    }

    private void hangUp() {
        if (!transfer.isAwaitingMta()) {
            commands.endTransaction();
        }
        ChannelHandlerContext at = ctx;
        if (at == null) {
            return;
        }
        replies.flush();
        // FIN first: a reset because of unread octets could take the last reply with it.
        if (at.channel() instanceof DuplexChannel duplex) {
            duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
            context.loop().schedule(() -> at.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            at.close();
        }
    }
}
