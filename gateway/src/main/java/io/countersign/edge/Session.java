package io.countersign.edge;

import io.countersign.config.ChecksSettings;
import io.countersign.decision.Replies;
import io.countersign.dns.ClientName;
import io.countersign.overload.Shedding;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.ClientInput;
import io.countersign.smtp.codec.FramingFault;
import io.countersign.smtp.codec.SmtpServerDecoder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
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

    private final SmtpServerDecoder decoder;
    private final SessionContext context;
    private final PauseReasons pauses;
    private final Deadline deadline;
    private final ReplyQueue replies;
    private final SessionCommands commands;
    private final MessageTransfer transfer;
    private final Deadline writing;
    /** A command, or a line that is none, which must wait for the replies before it. */
    private @Nullable ClientInput held;
    /** The client must wait for what we say next: no clock of its runs. */
    private boolean turnIsOurs;

    private final HangUp hangUp;
    private boolean counted;
    private boolean closing;
    private boolean gone;

    /** @param decoder this channel's; stands before this handler in the pipeline */
    Session(EdgeServices services, SessionFacts facts, SmtpServerDecoder decoder, Channel channel) {
        this.decoder = decoder;
        this.context = new SessionContext(services, facts, channel.eventLoop());
        this.pauses = new PauseReasons(decoder, this::lookForTheEnd);
        this.deadline = new Deadline(channel.eventLoop(), this::clientTooSlow);
        this.writing = new Deadline(channel.eventLoop(), this::clientDoesNotRead);
        this.replies = new ReplyQueue(channel);
        this.hangUp = new HangUp(replies, deadline);
        this.commands = new SessionCommands(this, context, deadline, pauses);
        this.transfer = commands.transfer();
    }

    // --- life ---

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        replies.onEmpty(this::repliesWritten);
        EdgeServices services = context.services();
        services.metrics().sessionOpened();
        services.sessions().add(this);
        holdTurn();
        if (services.overload().shedding() == Shedding.SESSIONS) {
            context.struck(Limits.OVERLOAD);
            String wall = services.overload().cause();
            lastWord(Replies.overloaded(context.settings().hostname(), wall, context.id()));
            return;
        }
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
        writing.cancel();
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
        context.settle();
        context.summary().close(context.sessionId(), context.facts());
        context.services().sessions().remove(this);
    }

    /** The channel is closed; only the MTA's answer to a complete message may still be on its way. */
    boolean isGone() {
        return gone;
    }

    /** A half-close: what came before it is still carried out and answered; content without its end is cut. */
    @Override
    public void userEventTriggered(ChannelHandlerContext at, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            hangUp.inputEnded();
            if (hangUp.hasBegun()) {
                at.close();
            } else {
                leaveIfNothingIsLeft();
            }
        }
        at.fireUserEventTriggered(event);
    }

    /** Behind whatever the decoder still has, which it delivers from a task of its own. */
    private void lookForTheEnd() {
        if (hangUp.hasInputEnded() && !closing) {
            context.loop().execute(this::leaveIfNothingIsLeft);
        }
    }

    private void leaveIfNothingIsLeft() {
        if (hangUp.hasInputEnded() && !closing && held == null && replies.isEmpty() && !pauses.any()) {
            close();
        }
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
            writing.stop();
            pauses.remove(PauseReasons.CLIENT_SLOW);
        } else {
            pauses.add(PauseReasons.CLIENT_SLOW);
            writing.start(context.patience(), Limits.IDLE.key());
        }
        at.fireChannelWritabilityChanged();
    }

    private void clientDoesNotRead() {
        context.struck(Limits.IDLE);
        context.summary().note("client-does-not-read");
        replies.channel().close();
    }

    /** Any thread. SIGTERM: no new transaction; a session between transactions ends now. */
    void drain() {
        context.onLoop(() -> {
            if (isBetweenTransactions()) {
                lastWord(Replies.shuttingDown(context.settings().hostname(), context.id()));
            }
        });
    }

    /** Any thread. There is less patience now than when the client's turn began. */
    void hurry() {
        context.onLoop(() -> deadline.atMost(context.patience()));
    }

    private boolean isBetweenTransactions() {
        return !commands.inTransaction() && replies.isEmpty() && !transfer.isBusy() && !turnIsOurs;
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
            case COMMAND -> {
                SmtpCommand.Kind kind = ((ClientInput.Command) input).command().kind();
                if (decoder.hasBuffered() && Pipelining.mustAwaitReply(kind, context.facts())) {
                    context.summary().note("pipelining-not-allowed");
                    outOfTurn(Replies.synchronization(context.id()));
                } else {
                    said(input);
                }
            }
            case FAULT -> fault((ClientInput.Fault) input);
            case CONTENT -> transfer.content(((ClientInput.Content) input).octets());
            case CONTENT_FAULT -> transfer.fault(((ClientInput.ContentFault) input).fault());
            case CONTENT_END -> transfer.clientEnded((ClientInput.ContentEnd) input);
            case OUT_OF_TURN -> {
                context.summary().note("out-of-turn");
                outOfTurn(Replies.synchronization(context.id()));
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext at) {
        commands.touched();
        replies.flush();
        leaveIfNothingIsLeft();
        at.fireChannelReadComplete();
    }

    /** A command, or a line that is none. */
    private void said(ClientInput input) {
        // Only recipients may be waited for side by side; anything else waits until what was before it is answered.
        if (!replies.isEmpty() && (transfer.isBusy() || !isRecipient(input))) {
            if (transfer.isAwaitingMta()) {
                transfer.clientWentOn();
            }
            held = input;
            pauses.add(PauseReasons.COMMAND_HELD);
            return;
        }
        if (input instanceof ClientInput.Command command) {
            commands.command(command.command());
        } else if (input instanceof ClientInput.Fault fault) {
            commands.fault(fault.verb(), fault.reply());
        }
        clockTheClient();
    }

    private static boolean isRecipient(ClientInput input) {
        return input instanceof ClientInput.Command command && command.command().kind() == SmtpCommand.Kind.RCPT;
    }

    private void fault(ClientInput.Fault fault) {
        if (fault.framing() != null) {
            context.summary().note(fault.framing().words());
            if (fault.framing() == FramingFault.LINE_TOO_LONG) {
                context.struck(Limits.LINE_LENGTH);
            }
            lastWord(Replies.withId(fault.reply(), context.id()));
            return;
        }
        said(fault);
    }

    /** It spoke while it had to wait: nothing of what it said counts, and a DATA that is being opened gets no 354 any more. */
    private void outOfTurn(SmtpReply reply) {
        if (transfer.isOpeningData()) {
            closing();
            transfer.refuseOpening(reply);
        } else {
            lastWord(reply);
        }
    }

    /** Whose turn is it? The client's clock runs only while nothing of ours is owed. */
    void clockTheClient() {
        if (closing || turnIsOurs || transfer.isBusy()) {
            return;
        }
        if (context.services().sessions().isDraining() && isBetweenTransactions()) {
            lastWord(Replies.shuttingDown(context.settings().hostname(), context.id()));
            return;
        }
        if (replies.size() >= MOST_REPLIES) {
            pauses.add(PauseReasons.REPLIES_WAITING);
        }
        if (replies.isEmpty()) {
            deadline.start(context.patience(), Limits.IDLE.key());
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
        ClientInput next = held;
        if (next != null) {
            held = null;
            said(next);
            if (held == null) {
                pauses.remove(PauseReasons.COMMAND_HELD);
            }
        } else {
            clockTheClient();
        }
        lookForTheEnd();
    }

    private void clientTooSlow() {
        if (closing) {
            replies.channel().close();
            return;
        }
        context.struck(transfer.isBusy() ? Limits.DATA_RATE : Limits.IDLE);
        transfer.clientGone();
        lastWord(Replies.timeout(context.settings().hostname(), deadline.limit(), context.id()));
    }

    // --- what we say ---

    void answer(SmtpReply reply) {
        if (reply.code() >= 400) {
            context.refused(reply);
        }
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
        turnIsOurs = true;
        decoder.holdTurn();
    }

    /** The client may speak again. */
    void yieldTurn() {
        turnIsOurs = false;
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
                        context.settings().listen().limits().walls().handshake(),
                        cipher -> {
                            secured.accept(cipher);
                            turnIsOurs = false;
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
            answer(reply);
            close();
        }
    }

    /**
     * Answers QUIT. A client that has nothing more to say (RFC 5321 §4.1.1.10) leaves nothing unread, so nothing can reset the
     * connection under the reply: it is closed right behind it. One that went on all the same is closed as anybody else.
     */
    void bye(SmtpReply reply) {
        if (!decoder.hasBuffered()) {
            hangUp.saidBye();
        }
        lastWord(reply);
    }

    /** Closes behind whatever is still owed. */
    void close() {
        if (!closing) {
            closing();
            if (replies.isEmpty()) {
                hangUp();
            }
        }
    }

    private void closing() {
        closing = true;
        deadline.stop();
        decoder.yieldTurn();
        decoder.ignoreRest();
    }

    /** Nothing is owed any more. */
    private void hangUp() {
        if (!hangUp.hasBegun()) {
            commands.endTransaction();
            hangUp.begin();
        }
    }
}
