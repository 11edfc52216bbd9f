package io.countersign.callout;

import io.countersign.callout.Finding.Course;
import io.countersign.callout.ProbeDialogue.Action;
import io.countersign.callout.ReplyMeaning.Asked;
import io.countersign.limit.Outcome;
import io.countersign.limit.Permit;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.codec.ServerInput;
import io.countersign.smtp.codec.SmtpClientDecoder;
import io.countersign.smtp.codec.StartTls;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to one address of an exchanger: reads and writes for a {@link ProbeDialogue}, keeps the time limits, and holds the
 * permit as long as it lasts. One question at a time; belongs to its event loop, except where said otherwise.
 *
 * <p>Each limit is absolute: octets that trickle in do not prolong it. Once a question is answered the connection is said goodbye to
 * in the background; what the peer does then no longer matters to anybody.
 */
final class CalloutSession extends SimpleChannelInboundHandler<ServerInput> {
    private static final Logger LOG = LoggerFactory.getLogger(CalloutSession.class);
    /** How long a goodbye may take. */
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    /**
     * A question on its way.
     *
     * @param deadline {@link System#nanoTime()} at which it must have ended
     * @param done told exactly once, on the session's event loop
     */
    record Ask(Probe probe, Conversation conversation, long deadline, Consumer<Finding> done) {}

    /** @param greeting for the 220 after the connection stands @param reply for each other reply and for the TLS handshake */
    record Limits(Duration greeting, Duration reply) {}

    /** What a session is told at its birth. @param idle takes it when it waits for another question; or null to end it instead */
    record Birth(
            Destination to,
            String helo,
            ProbeDialogue.Tls tls,
            SslContext context,
            Limits limits,
            @Nullable Consumer<CalloutSession> idle) {}

    private final Birth birth;
    private final ProbeDialogue dialogue;
    private Permit permit;
    private Ask ask;
    private long began = System.nanoTime();
    private @Nullable Channel channel;
    private @Nullable ScheduledFuture<?> timer;
    /** A question is on its way: {@link #ask} waits to be told. */
    private boolean asking = true;
    /** Nothing the peer says matters any more. */
    private boolean leaving;
    /** The question came to a connection that had served another one. */
    private boolean reused;
    /** It wants nothing to do with us: then it is not bothered with RSET either. */
    private boolean blocked;

    private Outcome outcome = Outcome.NOT_COUNTED;
    private Duration elapsed = Duration.ZERO;

    /** @param permit taken over: ends with the connection */
    CalloutSession(Birth birth, Permit permit, Ask ask) {
        this.birth = birth;
        this.permit = permit;
        this.ask = ask;
        this.dialogue = new ProbeDialogue(birth.to().exchanger(), birth.helo(), birth.tls());
    }

    Destination destination() {
        return birth.to();
    }

    /** Its event loop. @throws IllegalStateException before it was connected */
    EventLoop loop() {
        return connected().eventLoop();
    }

    // ---- the connection -------------------------------------------------------------------------------------------

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        ask.conversation().happened("connected to " + birth.to());
        perform(dialogue.ask(ask.probe()));
        arm(birth.limits().greeting(), "no greeting");
        ctx.fireChannelActive();
    }

    /** The connection never stood. Told by the dialler. */
    void onNotConnected(Finding finding) {
        conclude(finding);
        closed();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ServerInput input) {
        if (leaving) {
            // The answer to QUIT, or too late.
            ctx.close();
            return;
        }
        if (input instanceof ServerInput.Broken broken) {
            perform(dialogue.onBroken(broken.why()));
            return;
        }
        ServerInput.Reply reply = (ServerInput.Reply) input;
        if (asking) {
            ask.conversation().heard(reply.reply());
            if (reply.lineEnds() == ServerInput.LineEnds.LF_ONLY) {
                ask.conversation().happened("the line ended in LF alone");
            }
        }
        disarm();
        perform(dialogue.onReply(reply.reply()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!leaving) {
            perform(dialogue.onClosed("the connection was closed by the peer"));
        }
        closed();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (leaving) {
            LOG.trace("after the end with {}", birth.to(), cause);
        } else if (cause instanceof DecoderException) {
            // Only TLS decodes by exception; a failed handshake has its own listener.
            if (!isHandshaking()) {
                perform(dialogue.onBroken("TLS went wrong"));
            }
        } else if (cause instanceof IOException) {
            perform(dialogue.onClosed("the connection was lost"));
        } else {
            LOG.error("callout with {} failed by our own fault", birth.to(), cause);
            leave();
            conclude(Finding.ours(Reason.OVERLOADED, dialogue.stage(), "internal fault, see the log", Course.STOP));
        }
        if (leaving || !asking) {
            ctx.close();
        }
    }

    private boolean isHandshaking() {
        SslHandler tls = connected().pipeline().get(SslHandler.class);
        return tls != null && !tls.handshakeFuture().isDone();
    }

    // ---- the dialogue ---------------------------------------------------------------------------------------------

    /**
     * Puts another question to a connection that waits for one.
     *
     * @param next replaces the permit of the question before, which the owner has ended by {@link #endPermit}
     */
    void askAgain(Permit next, Ask question) {
        permit = next;
        ask = question;
        asking = true;
        reused = true;
        began = System.nanoTime();
        outcome = Outcome.NOT_COUNTED;
        disarm();
        if (leaving) {
            conclude(Finding.noted(Reason.UNREACHABLE, Stage.MAIL, "the open connection had gone", Course.NEXT));
            endPermit();
            return;
        }
        question.conversation().happened("on the open connection to " + birth.to());
        perform(dialogue.ask(question.probe()));
    }

    private void perform(Action action) {
        if (action instanceof Action.Send send) {
            send(send.command());
        } else if (action instanceof Action.Secure) {
            secure();
        } else if (action instanceof Action.Finish finish) {
            conclude(finish.finding());
            part();
        } else if (action instanceof Action.Idle) {
            idle();
        } else if (action instanceof Action.Close) {
            part();
        } else if (!(action instanceof Action.Await)) {
            throw new IllegalStateException("unknown action " + action);
        }
    }

    private void send(SmtpCommand command) {
        if (connected().pipeline().get(SmtpClientDecoder.class).hasBuffered()) {
            // Whatever is there already cannot answer what was not said yet; read on, it would be taken for the answer.
            perform(dialogue.onBroken("it said more than was asked"));
            return;
        }
        if (asking) {
            ask.conversation().said(command);
        }
        // A failed write closes the channel, and that is told by channelInactive.
        connected().writeAndFlush(command).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        arm(birth.limits().reply(), "no reply to " + command.kind());
    }

    private void secure() {
        disarm();
        long millis = Math.max(1, Math.min(birth.limits().reply().toMillis(), left().toMillis()));
        StartTls.client(
                        connected(),
                        birth.context(),
                        birth.to().exchanger(),
                        birth.to().socket().getPort(),
                        millis)
                .addListener((Future<Channel> handshake) -> secured(handshake));
    }

    private void secured(Future<Channel> handshake) {
        if (leaving) {
            return;
        }
        if (handshake.isSuccess()) {
            SSLSession session =
                    connected().pipeline().get(SslHandler.class).engine().getSession();
            ask.conversation().happened(session.getProtocol() + " " + session.getCipherSuite());
            perform(dialogue.onSecured());
        } else if (handshake.cause() instanceof StartTls.PlaintextBufferedException) {
            perform(dialogue.onNotSecured("more in clear behind the 220 to STARTTLS"));
        } else {
            perform(dialogue.onNotSecured(
                    "TLS failed: " + handshake.cause().getClass().getSimpleName()));
        }
    }

    /** The question has its answer. */
    private void conclude(Finding finding) {
        disarm();
        if (!asking) {
            return;
        }
        asking = false;
        // A server may end an idle connection at any time; whoever tries it must not hold that against it.
        outcome = reused && finding.course() == Course.NEXT ? Outcome.NOT_COUNTED : finding.outcome();
        elapsed = Duration.ofNanos(System.nanoTime() - began);
        Probe probe = ask.probe();
        Asked asked = new Asked(birth.to().exchanger(), probe.from(), probe.address());
        if (finding.isBlock(asked) && finding.reply() != null) {
            blocked = true;
            permit.blocked(Conversation.printable(finding.reply().toString()));
        }
        if (finding.reply() == null) {
            ask.conversation().happened(finding.detail());
        }
        ask.done().accept(finding);
    }

    /** Keeps the connection for another question where that is wanted and possible; else says goodbye. */
    private void part() {
        if (leaving) {
            return;
        }
        if (birth.idle() != null && dialogue.mayBeReused() && !blocked) {
            perform(dialogue.reset());
        } else {
            quit();
        }
    }

    private void idle() {
        disarm();
        Consumer<CalloutSession> owner = birth.idle();
        if (owner == null) {
            quit();
        } else {
            owner.accept(this);
        }
    }

    /** Goodbye: QUIT where the peer is in step, and then nobody waits for long. */
    void quit() {
        disarm();
        Channel open = channel;
        if (leaving || open == null) {
            return;
        }
        boolean polite = dialogue.mayQuit() && open.isActive();
        leave();
        if (polite) {
            open.writeAndFlush(SmtpCommand.Plain.QUIT).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
            Future<?> limit = open.eventLoop().schedule(() -> open.close(), FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
            open.closeFuture().addListener(closed -> limit.cancel(false));
        } else {
            open.close();
        }
    }

    private void leave() {
        leaving = true;
    }

    // ---- permit and time ------------------------------------------------------------------------------------------

    /** Ends the permit of the last question: by the owner of an idle session, or with the connection. Any thread. */
    void endPermit() {
        permit.close(outcome, elapsed);
    }

    private void closed() {
        leave();
        disarm();
        endPermit();
    }

    private void arm(Duration limit, String what) {
        disarm();
        Duration left = asking ? left() : limit;
        boolean last = left.compareTo(limit) < 0;
        Duration wait = last ? left : limit;
        String words = last ? what + " within the time for the whole callout" : what + " within " + inWords(limit);
        timer = connected()
                .eventLoop()
                .schedule(() -> timedOut(words), Math.max(0, wait.toNanos()), TimeUnit.NANOSECONDS);
    }

    private void timedOut(String words) {
        timer = null;
        if (!leaving) {
            perform(dialogue.onTimeout(words));
        }
    }

    private void disarm() {
        ScheduledFuture<?> running = timer;
        timer = null;
        if (running != null) {
            running.cancel(false);
        }
    }

    private Duration left() {
        return Duration.ofNanos(ask.deadline() - System.nanoTime());
    }

    private static String inWords(Duration limit) {
        return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
    }

    private Channel connected() {
        Channel open = channel;
        if (open == null) {
            throw new IllegalStateException("not connected");
        }
        return open;
    }
}
