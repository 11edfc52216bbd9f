package io.countersign.edge;

import io.countersign.check.Checks;
import io.countersign.check.SenderQuestion;
import io.countersign.config.ChecksSettings;
import io.countersign.config.Settings;
import io.countersign.decision.PeerText;
import io.countersign.decision.Replies;
import io.countersign.decision.SenderRules;
import io.countersign.dns.ClientName;
import io.countersign.journal.Journal;
import io.countersign.relay.ClientIdentity;
import io.countersign.relay.MtaTransaction;
import io.countersign.smtp.Capabilities;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.ClientInput;
import io.countersign.smtp.codec.SmtpServerDecoder;
import io.countersign.smtp.dialogue.ServerDialogue;
import io.countersign.smtp.dialogue.ServerDialogue.Step;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's session: takes its commands in order, lets the dialogue say what is allowed, the envelope and the content what it
 * means, and sees to it that every command gets one reply, in order, in time. Lives on its channel's event loop.
 */
final class Session extends ChannelInboundHandlerAdapter implements SessionScope {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    /** Replies one session may have outstanding before it is read no further. */
    private static final int MOST_REPLIES = 100;
    /** NOOP, RSET, VRFY, EHLO … without a message between them. */
    private static final int MOST_JUNK = 100;
    /** How long a closing channel waits for the client to take the last reply and hang up. */
    private static final long LINGER_MILLIS = 2_000;

    private static final SmtpReply MAIL_OK = SmtpReply.of("250 2.1.0 Ok");
    private static final SmtpReply RESET_OK = SmtpReply.of("250 2.0.0 Ok");
    private static final SmtpReply BYE = SmtpReply.of("221 2.0.0 Bye");

    private final EdgeServices services;
    private final Settings settings;
    private final SessionFacts facts;
    private final SmtpServerDecoder decoder;
    private final String sessionId;
    private final ServerDialogue dialogue = new ServerDialogue();
    private final SessionSummary summary = new SessionSummary();

    private ChannelHandlerContext ctx;
    private ReplyQueue replies;
    private PauseReasons pauses;
    private Deadline deadline;
    private MessageTransfer transfer;
    private Capabilities offer = Capabilities.NONE;
    private @Nullable MtaTransaction mta;
    private @Nullable ClientIdentity mtaIdentity;
    private @Nullable Envelope envelope;
    private @Nullable SmtpCommand held;
    private String currentId;
    private int errors;
    private int junk;
    private int transactions;
    private boolean counted;
    private boolean closing;
    private boolean draining;
    private long slowSince;

    /** @param decoder this channel's; stands before this handler in the pipeline */
    @SuppressWarnings("NullAway.Init") // ctx and what hangs on it are set in handlerAdded, before any event
    Session(EdgeServices services, SessionFacts facts, SmtpServerDecoder decoder) {
        this.services = services;
        this.settings = services.settings().get();
        this.facts = facts;
        this.decoder = decoder;
        this.sessionId = services.ids().next();
        this.currentId = sessionId;
    }

    // --- life ---

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        replies = new ReplyQueue(context.channel());
        replies.onEmpty(this::repliesWritten);
        pauses = new PauseReasons(decoder);
        deadline = new Deadline(context.channel().eventLoop(), this::clientTooSlow);
        transfer = new MessageTransfer(this, deadline, pauses);
        begin();
    }

    private void begin() {
        services.metrics().sessionOpened();
        services.sessions().add(this);
        decoder.holdTurn();
        Limits limit = services.counts()
                .enter(facts.address.getAddress(), settings.listen().limits());
        if (limit != null) {
            services.metrics().struck(limit);
            summary.note(limit.key());
            lastWord(Replies.tooManyConnections(limit.key(), sessionId));
            return;
        }
        counted = true;
        if (settings.checks().reverseDns().mode() == ChecksSettings.Mode.OFF) {
            facts.named(new ClientName(ClientName.Result.TEMPERROR, null, "checks.reverse-dns.mode = off"));
        } else {
            services.checks()
                    .reverseDns()
                    .lookup(facts.address.getAddress())
                    .subscribe(name -> onLoop(() -> facts.named(name)));
        }
        long delay = settings.listen().greetDelay().toMillis();
        if (delay == 0) {
            greet();
        } else {
            loop().schedule(this::greet, delay, TimeUnit.MILLISECONDS);
        }
    }

    private void greet() {
        if (closing) {
            return;
        }
        if (services.sessions().isDraining()) {
            lastWord(Replies.shuttingDown(settings.hostname(), sessionId));
        } else if (services.mta().capabilities().isEmpty()) {
            lastWord(Replies.mtaNeverSeen(settings.hostname(), sessionId));
        } else {
            replies.answer(SmtpReply.of(220, settings.hostname() + " ESMTP Countersign"));
            yieldTurn();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        gone();
    }

    private void gone() {
        if (summary.isClosed()) {
            return;
        }
        closing = true;
        deadline.cancel();
        boolean awaited = transfer.clientGone();
        if (!awaited) {
            endTransaction(null);
            closeMta();
        }
        replies.abandon();
        services.sessions().remove(this);
        services.metrics().sessionClosed();
        if (counted) {
            services.counts().leave(facts.address.getAddress());
        }
        summary.close(sessionId, facts);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            // A half-close: what it sent before is still answered; without anything to answer it is gone.
            if (!transfer.isAwaitingMta() && replies.isEmpty()) {
                context.close();
            } else {
                closing = true;
                replies.onEmpty(() -> ctx.channel().flush().close());
            }
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("session={} connection: {}", sessionId, cause.toString());
        } else if (cause instanceof javax.net.ssl.SSLException
                || cause.getCause() instanceof javax.net.ssl.SSLException) {
            summary.note("tls");
            LOG.debug("session={} TLS: {}", sessionId, cause.toString());
        } else {
            LOG.error("session={} closed by a fault of ours", sessionId, cause);
        }
        context.close();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            pauses.remove(PauseReasons.CLIENT_SLOW);
            deadline.forgive(0);
        } else {
            pauses.add(PauseReasons.CLIENT_SLOW);
            slowSince = System.nanoTime();
            long mark = slowSince;
            loop().schedule(
                            () -> {
                                if (slowSince == mark && pauses.has(PauseReasons.CLIENT_SLOW)) {
                                    services.metrics().struck(Limits.IDLE);
                                    summary.note("client-does-not-read");
                                    ctx.close();
                                }
                            },
                            settings.listen().limits().idle().toNanos(),
                            TimeUnit.NANOSECONDS);
        }
        context.fireChannelWritabilityChanged();
    }

    /** SIGTERM: no new transaction; a session between transactions ends now. */
    void drain() {
        draining = true;
        if (!closing && envelope == null && replies.isEmpty()) {
            lastWord(Replies.shuttingDown(settings.hostname(), currentId));
        }
    }

    /** The drain is over: what the MTA has not got whole is cut; what it has got is still answered. */
    void cut() {
        if (!transfer.isAwaitingMta() && !closing) {
            services.metrics().struck(Limits.DRAIN);
            transfer.clientGone();
            endTransaction(null);
            lastWord(Replies.shuttingDown(settings.hostname(), currentId));
        }
    }

    // --- what the client says ---

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
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
            case CONTENT -> {
                ByteBuf octets = ((ClientInput.Content) input).octets();
                transfer.content(octets);
            }
            case CONTENT_FAULT -> transfer.fault(((ClientInput.ContentFault) input).fault());
            case CONTENT_END -> transfer.clientEnded((ClientInput.ContentEnd) input);
            case OUT_OF_TURN -> {
                summary.note("out-of-turn");
                lastWord(Replies.synchronization(currentId));
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        replies.flush();
        context.fireChannelReadComplete();
    }

    private void command(SmtpCommand command) {
        if ((command.kind() != SmtpCommand.Kind.RCPT || transfer.isBusy()) && !replies.isEmpty()) {
            if (transfer.isAwaitingMta()) {
                transfer.clientWentOn();
            }
            held = command;
            pauses.add(PauseReasons.COMMAND_HELD);
            return;
        }
        perform(dialogue.on(command, offer));
        afterCommand();
    }

    private void fault(ClientInput.Fault fault) {
        if (fault.framing() != null) {
            summary.note(fault.framing().words());
            lastWord(Replies.withId(fault.reply(), currentId));
            return;
        }
        perform(dialogue.onFault(fault.verb(), fault.reply()));
        afterCommand();
    }

    private void afterCommand() {
        if (closing) {
            return;
        }
        if (replies.size() >= MOST_REPLIES) {
            pauses.add(PauseReasons.REPLIES_WAITING);
        }
        if (replies.isEmpty() && !transfer.isBusy()) {
            deadline.start(settings.listen().limits().idle(), Limits.IDLE.key());
        } else if (!transfer.isBusy()) {
            deadline.stop();
        }
    }

    private void repliesWritten() {
        if (closing) {
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
            afterCommand();
            if (draining && envelope == null) {
                lastWord(Replies.shuttingDown(settings.hostname(), currentId));
            }
        }
    }

    private void perform(Step step) {
        if (step instanceof Step.Recipient recipient) {
            recipient(recipient.rcpt());
        } else if (step instanceof Step.Begin begin) {
            mail(begin.mail());
        } else if (step instanceof Step.Content) {
            Envelope e = envelope;
            if (e != null) {
                decoder.holdTurn();
                transfer.openData(e, e.mta());
            }
        } else if (step instanceof Step.Chunk chunk) {
            Envelope e = envelope;
            if (e != null) {
                transfer.chunk(e, e.mta(), chunk.bdat());
            }
        } else if (step instanceof Step.DiscardChunk discard) {
            transfer.discardChunk(discard.bdat(), discard.reply());
        } else if (step instanceof Step.Hello hello) {
            hello(hello);
        } else if (step instanceof Step.Answer answer) {
            answer(answer);
        } else if (step instanceof Step.Reset) {
            endTransaction(null);
            if (!isJunkTooMuch()) {
                replies.answer(RESET_OK);
            }
        } else if (step instanceof Step.StartTls) {
            startTls();
        } else if (step instanceof Step.Quit) {
            endTransaction(null);
            lastWord(BYE);
        }
    }

    private void answer(Step.Answer answer) {
        if (answer.fault() == ServerDialogue.Fault.ERROR) {
            if (++errors > settings.listen().limits().errors()) {
                services.metrics().struck(Limits.ERRORS);
                summary.note(Limits.ERRORS.key());
                lastWord(Replies.tooManyErrors(currentId));
                return;
            }
        } else if (isJunkTooMuch()) {
            return;
        }
        SmtpReply reply = Replies.withId(answer.reply(), currentId);
        if (reply.code() == 521) {
            lastWord(reply);
        } else {
            replies.answer(reply);
        }
    }

    private boolean isJunkTooMuch() {
        if (++junk <= MOST_JUNK) {
            return false;
        }
        services.metrics().struck(Limits.JUNK_COMMANDS);
        summary.note(Limits.JUNK_COMMANDS.key());
        lastWord(Replies.tooManyErrors(currentId));
        return true;
    }

    private void hello(Step.Hello hello) {
        endTransaction(null);
        Optional<Capabilities> capabilities = services.mta().capabilities();
        if (capabilities.isEmpty()) {
            lastWord(Replies.mtaNeverSeen(settings.hostname(), currentId));
            return;
        }
        if (isJunkTooMuch()) {
            return;
        }
        boolean extended = hello.greeting() == ServerDialogue.Greeting.EHLO;
        facts.greeted(hello.name(), extended ? ClientIdentity.Protocol.ESMTP : ClientIdentity.Protocol.SMTP);
        if (extended) {
            boolean tls = services.tls().isAvailable() && facts.tls() == null;
            offer = Offer.of(
                    settings.hostname(),
                    capabilities.get(),
                    settings.listen().limits().messageSize(),
                    tls ? Offer.StartTls.OFFERED : Offer.StartTls.NOT_OFFERED);
            replies.answer(new SmtpReply(250, null, offer.lines()));
        } else {
            offer = Capabilities.NONE;
            replies.answer(SmtpReply.of(250, settings.hostname()));
        }
    }

    private void mail(SmtpCommand.Mail mail) {
        if (draining) {
            lastWord(Replies.shuttingDown(settings.hostname(), currentId));
            return;
        }
        if (++transactions > settings.listen().limits().transactions()) {
            services.metrics().struck(Limits.TRANSACTIONS);
            summary.note(Limits.TRANSACTIONS.key());
            lastWord(Replies.tooManyTransactions(currentId));
            return;
        }
        if (transactions > 1) {
            currentId = services.ids().next();
        }
        if (mail.parameters().size() > offeredSize()) {
            services.metrics().struck(Limits.MESSAGE_SIZE);
            dialogue.transactionEnded();
            replies.answer(Replies.messageTooBig(currentId));
            return;
        }
        envelope = new Envelope(this, mail, mta(), currentId);
        replies.answer(MAIL_OK);
    }

    private void recipient(SmtpCommand.Rcpt rcpt) {
        Envelope e = envelope;
        if (e == null) {
            return;
        }
        ReplyQueue.Slot slot = replies.reserve();
        deadline.stop();
        e.recipient(rcpt, reply -> {
            if (reply.isPositive()) {
                dialogue.recipientAccepted();
            }
            if (reply.code() == 421) {
                slot.complete(reply);
                close();
            } else {
                slot.complete(reply);
            }
        });
    }

    private void startTls() {
        endTransaction(null);
        closeMta();
        decoder.holdTurn();
        deadline.stop();
        replies.flush();
        services.tls()
                .upgrade(
                        ctx.channel(),
                        cipher -> {
                            dialogue.tlsEstablished();
                            facts.secured(cipher);
                            offer = Capabilities.NONE;
                            deadline.start(settings.listen().limits().idle(), Limits.IDLE.key());
                        },
                        this::tlsFailed);
    }

    private void tlsFailed(ClientTls.Failure failure) {
        switch (failure) {
            case PLAINTEXT_BEHIND -> {
                summary.note("plaintext-behind-starttls");
                lastWord(Replies.synchronization(currentId));
            }
            case HANDSHAKE -> {
                services.metrics().struck(Limits.HANDSHAKE);
                summary.note(Limits.HANDSHAKE.key());
                ctx.close();
            }
        }
    }

    // --- the transaction ---

    private MtaTransaction mta() {
        ClientIdentity identity = facts.identity();
        MtaTransaction open = mta;
        if (open != null && !identity.equals(mtaIdentity)) {
            open.close();
            open = null;
        }
        if (open == null) {
            open = services.mta().begin(identity, loop());
            mta = open;
            mtaIdentity = identity;
        }
        return open;
    }

    private void closeMta() {
        MtaTransaction open = mta;
        if (open != null) {
            mta = null;
            open.close();
        }
    }

    /** Leaves the envelope without a message (or after one that {@link MessageTransfer} has answered). */
    private void endTransaction(@Nullable SmtpReply reply) {
        Envelope e = envelope;
        if (e == null) {
            return;
        }
        envelope = null;
        e.close();
        transfer.abandon();
        if (mta != null) {
            mta.reset();
        }
        report(e, reply, null, 0);
    }

    /** The message was answered (or its content refused): called by the transfer. */
    void messageAnswered(Envelope answered, SmtpReply reply, @Nullable SmtpReply mtaReply, long size) {
        if (envelope == answered) {
            envelope = null;
            dialogue.transactionEnded();
        }
        answered.close();
        if (reply.isPositive()) {
            junk = 0;
        }
        report(answered, reply, mtaReply, size);
        if (summary.isClosed()) {
            closeMta();
        }
    }

    private void report(Envelope e, @Nullable SmtpReply reply, @Nullable SmtpReply mtaReply, long size) {
        if (!e.record().hasRecipients()) {
            return;
        }
        if (size == 0 && reply == null && (e.from().isNull() || ProbeAddresses.isProbe(e.from()))) {
            services.metrics().probe();
            e.record().note(io.countersign.journal.TransactionRecord.Note.PROBE);
        }
        var transaction = e.record().finish(reply, mtaReply, size);
        services.metrics().transaction(transaction.outcome(), size);
        summary.transaction(transaction);
        services.journal().record(transaction);
    }

    // --- ends ---

    private void clientTooSlow() {
        services.metrics().struck(transfer.isBusy() ? Limits.DATA_RATE : Limits.IDLE);
        summary.note(deadline.limit());
        transfer.clientGone();
        lastWord(Replies.timeout(settings.hostname(), deadline.limit(), currentId));
    }

    /** Says this behind whatever is still owed, then closes; what the client sends meanwhile is thrown away. */
    void lastWord(SmtpReply reply) {
        if (closing) {
            return;
        }
        replies.answer(reply);
        close();
    }

    private void close() {
        if (closing) {
            return;
        }
        closing = true;
        deadline.cancel();
        decoder.yieldTurn();
        decoder.ignoreRest();
        if (replies.isEmpty()) {
            hangUp();
        } else {
            replies.onEmpty(this::hangUp);
        }
    }

    private void hangUp() {
        endTransaction(null);
        // FIN first: a reset because of unread octets could take the reply with it.
        replies.flush();
        ctx.channel().writeAndFlush(io.netty.buffer.Unpooled.EMPTY_BUFFER).addListener(f -> {
            if (ctx.channel() instanceof io.netty.channel.socket.DuplexChannel duplex && f.isSuccess()) {
                duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
                loop().schedule(() -> ctx.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
            } else {
                ctx.close();
            }
        });
    }

    // --- for envelope and transfer ---

    EdgeServices services() {
        return services;
    }

    SmtpServerDecoder decoder() {
        return decoder;
    }

    ReplyQueue replies() {
        return replies;
    }

    SessionSummary summary() {
        return summary;
    }

    boolean isGone() {
        return summary.isClosed();
    }

    String envelopeId() {
        return currentId;
    }

    /** What we told the client it may send. */
    long offeredSize() {
        return Offer.size(
                services.mta().capabilities().orElse(Capabilities.NONE),
                settings.listen().limits().messageSize());
    }

    /** A message or a chunk has its answer. */
    void afterTransfer() {
        afterCommand();
    }

    /** The client may speak again. */
    void yieldTurn() {
        decoder.yieldTurn();
        afterCommand();
    }

    @Override
    public Settings settings() {
        return settings;
    }

    @Override
    public SessionFacts facts() {
        return facts;
    }

    @Override
    public String sessionId() {
        return sessionId;
    }

    @Override
    public Checks checks() {
        return services.checks();
    }

    @Override
    public Journal journal() {
        return services.journal();
    }

    @Override
    public EdgeMetrics metrics() {
        return services.metrics();
    }

    @Override
    public EventLoop loop() {
        return ctx.channel().eventLoop();
    }

    @Override
    public void onLoop(Runnable task) {
        EventLoop loop = loop();
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    @Override
    public SenderQuestion question(MailAddress sender, ChecksSettings.Sender rules, boolean clientExempt) {
        return new SenderQuestion(
                sender,
                rules,
                clientExempt ? SenderQuestion.Exemption.CLIENT : SenderQuestion.Exemption.NONE,
                facts.identity(),
                loop());
    }

    @Override
    public SenderRules.Deferral deferral(ReversePath from, ChecksSettings checks) {
        MailAddress sender = from.mailbox();
        return sender == null
                        || services.checks()
                                .deferrals()
                                .mayDefer(sender.domain(), checks.sender().deferAtMost())
                ? SenderRules.Deferral.ALLOWED
                : SenderRules.Deferral.RUN_OUT;
    }

    @Override
    public SmtpReply fromMta(SmtpReply reply) {
        String name =
                services.mta().capabilities().map(Capabilities::greetingName).orElse("");
        return PeerText.fromMta(reply, settings.backend().text(), name);
    }

    @Override
    public void unknownRecipient(SmtpReply reply, Consumer<SmtpReply> answer) {
        switch (services.harvesters()
                .unknown(facts.address.getAddress(), settings.listen().limits().unknownRecipients())) {
            case AT_ONCE -> answer.accept(reply);
            case SLOWLY -> {
                services.metrics().struck(Limits.UNKNOWN_RECIPIENTS_DELAY);
                loop().schedule(() -> answer.accept(reply), 1, TimeUnit.SECONDS);
            }
            case NOT_AT_ALL -> {
                services.metrics().struck(Limits.UNKNOWN_RECIPIENTS_REFUSE);
                summary.note(Limits.UNKNOWN_RECIPIENTS_REFUSE.key());
                answer.accept(Replies.tooManyUnknownRecipients(currentId));
            }
        }
    }

    static SmtpReply chunkReceived(long octets) {
        return SmtpReply.of(250, EnhancedStatus.of(2, 0, 0), octets + " octets received");
    }
}
