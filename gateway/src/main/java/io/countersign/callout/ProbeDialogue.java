package io.countersign.callout;

import io.countersign.callout.Finding.Course;
import io.countersign.callout.ReplyMeaning.Asked;
import io.countersign.limit.Outcome;
import io.countersign.smtp.Capabilities;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.dialogue.ClientDialogue;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import org.jspecify.annotations.Nullable;

/**
 * What is said to an exchanger in the course of a callout (product.md §1, RFC 5321 §3): greeting, EHLO or HELO, STARTTLS where it
 * is offered, then for each question MAIL, RCPT and perhaps a second RCPT; never DATA. Takes events, returns actions, does no I/O;
 * not thread-safe, one for each connection.
 *
 * <p>Commands go one by one, also where PIPELINING is offered: a round trip is small beside what exchangers spend on delays, a
 * refused MAIL is not followed by a RCPT that the peer would count as an error, and each reply belongs to its stage without doubt.
 */
final class ProbeDialogue {
    /** Whether STARTTLS is used where it is offered. */
    enum Tls {
        AVOID,
        IF_OFFERED
    }

    private enum State {
        GREETING,
        EHLO,
        HELO,
        STARTTLS,
        SECURING,
        /** EHLO again, over TLS (RFC 3207 §4.2). */
        EHLO_AGAIN,
        MAIL,
        RCPT,
        RANDOM,
        /** The question is answered; the connection may be used on. */
        ANSWERED,
        RSET,
        /** RSET was answered: the next question may come. */
        IDLE,
        OVER
    }

    /** What to do next. */
    sealed interface Action {
        /** Send this and await its reply. */
        record Send(SmtpCommand command) implements Action {}

        /** Begin the TLS handshake, then say {@link #onSecured} or {@link #onNotSecured}. */
        record Secure() implements Action {}

        /** The question has its answer. */
        record Finish(Finding finding) implements Action {}

        /** The connection waits for a question. */
        record Idle() implements Action {}

        /** Nothing more can be done with this connection, and nobody waits for an answer: close it. */
        record Close() implements Action {}

        /** Wait for the peer. */
        record Await() implements Action {}
    }

    private static final Action AWAIT = new Action.Await();
    private static final Action CLOSE = new Action.Close();

    private final String exchanger;
    private final String helo;
    private final Tls tls;
    private final ClientDialogue wire = new ClientDialogue();
    private State state = State.GREETING;
    private Capabilities capabilities = Capabilities.NONE;
    private @Nullable Probe probe;
    private @Nullable SmtpReply accepted;

    /** @param helo what EHLO says: our name */
    ProbeDialogue(String exchanger, String helo, Tls tls) {
        this.exchanger = exchanger;
        this.helo = helo;
        this.tls = tls;
    }

    /** Puts a question; on a new connection it waits for the greeting. @throws IllegalStateException unless new or idle */
    Action ask(Probe question) {
        if (probe != null || (state != State.GREETING && state != State.IDLE)) {
            throw new IllegalStateException("a question in state " + state);
        }
        probe = question;
        accepted = null;
        return state == State.GREETING ? AWAIT : put();
    }

    Action onReply(SmtpReply reply) {
        ClientDialogue.Step step = wire.onReply(reply);
        if (step instanceof ClientDialogue.Step.OutOfStep out) {
            return broken(out.why());
        }
        if (step instanceof ClientDialogue.Step.Closing closing) {
            return probe == null ? close() : refused(closing.reply());
        }
        return switch (state) {
            case GREETING -> reply.isPositive() ? hello(State.EHLO) : refused(reply);
            case EHLO -> afterEhlo(reply);
            case HELO -> reply.isPositive() ? put() : refused(reply);
            case STARTTLS -> afterStartTls(reply);
            case EHLO_AGAIN -> afterEhlo(reply);
            case MAIL -> reply.isPositive() ? rcpt(asking().address(), State.RCPT) : refused(reply);
            case RCPT -> afterRcpt(reply);
            case RANDOM -> afterRandom(reply);
            case RSET -> reply.isPositive() ? idle() : close();
            case SECURING, ANSWERED, IDLE, OVER -> broken("a reply to nothing");
        };
    }

    /** The handshake succeeded. What was said before it counts no more (RFC 3207 §4.2). */
    Action onSecured() {
        capabilities = Capabilities.NONE;
        return hello(State.EHLO_AGAIN);
    }

    /** The handshake failed: certificates do not matter, so the peer's TLS is broken, or too old, or too new. */
    Action onNotSecured(String why) {
        state = State.OVER;
        return finish(new Finding(Reason.BROKEN_PEER, Stage.STARTTLS, null, why, Course.IN_CLEAR, Outcome.NOT_COUNTED));
    }

    /** What came is not SMTP, or over our limits. */
    Action onBroken(String why) {
        return broken(why);
    }

    /** The connection was lost or closed. At STARTTLS that is a way to fail at TLS: which of the two is seen first is chance. */
    Action onClosed(String why) {
        if (probe != null && (state == State.STARTTLS || state == State.SECURING)) {
            return onNotSecured(why);
        }
        return failed(Reason.UNREACHABLE, why);
    }

    /** A time limit passed. */
    Action onTimeout(String which) {
        return failed(Reason.NO_ANSWER, which);
    }

    /** Ends the transaction so that another question may come. @throws IllegalStateException unless {@link #mayBeReused} */
    Action reset() {
        if (!mayBeReused()) {
            throw new IllegalStateException("reset in state " + state);
        }
        return send(SmtpCommand.Plain.RSET, State.RSET);
    }

    /** Only after an answer to RCPT, and only with a peer that was never out of step. */
    boolean mayBeReused() {
        return state == State.ANSWERED && wire.inStep();
    }

    /** True when QUIT may be said: nothing is owed. */
    boolean mayQuit() {
        return wire.inStep() && state != State.GREETING && state != State.SECURING;
    }

    /** How far the question has come. */
    Stage stage() {
        return switch (state) {
            case GREETING -> Stage.GREETING;
            case EHLO, HELO, EHLO_AGAIN -> Stage.HELO;
            case STARTTLS, SECURING -> Stage.STARTTLS;
            case MAIL, IDLE, RSET -> Stage.MAIL;
            case RCPT, RANDOM, ANSWERED, OVER -> Stage.RCPT;
        };
    }

    boolean isAwaitingGreeting() {
        return state == State.GREETING;
    }

    private Action hello(State next) {
        return send(new SmtpCommand.Ehlo(helo), next);
    }

    private Action afterEhlo(SmtpReply reply) {
        if (reply.isPositive()) {
            capabilities = Capabilities.fromReply(reply);
            boolean secure = state == State.EHLO && tls == Tls.IF_OFFERED && capabilities.has("STARTTLS");
            return secure ? send(SmtpCommand.Plain.STARTTLS, State.STARTTLS) : put();
        }
        // RFC 5321 §3.2: who does not know EHLO is greeted with HELO.
        return reply.code() == 500 || reply.code() == 502
                ? send(new SmtpCommand.Helo(helo), State.HELO)
                : refused(reply);
    }

    private Action afterStartTls(SmtpReply reply) {
        if (reply.isPositive()) {
            state = State.SECURING;
            return new Action.Secure();
        }
        // TLS is a wish of ours: offered and then not to be had (454), the question goes in clear.
        return reply.code() == 421 ? refused(reply) : put();
    }

    private Action put() {
        Probe question = asking();
        if (question.needsUtf8() && !capabilities.has("SMTPUTF8")) {
            state = State.OVER;
            return finish(Finding.noted(
                    Reason.NOT_ASKED, Stage.HELO, "the address needs SMTPUTF8, which is not offered", Course.STOP));
        }
        return mail(question);
    }

    private Action mail(Probe question) {
        MailParameters parameters =
                question.needsUtf8() ? new MailParameters(-1, null, true, null, null) : MailParameters.NONE;
        return send(new SmtpCommand.Mail(question.from(), parameters), State.MAIL);
    }

    private Action rcpt(MailAddress address, State next) {
        return send(new SmtpCommand.Rcpt(new ForwardPath(address), RcptParameters.NONE), next);
    }

    private Action afterRcpt(SmtpReply reply) {
        Probe question = asking();
        Reason reason = ReplyMeaning.of(Stage.RCPT, reply, asked(question));
        if (reason == Reason.ACCEPTED && question.random().isPresent()) {
            accepted = reply;
            return rcpt(question.random().get(), State.RANDOM);
        }
        state = reason == Reason.BROKEN_PEER || reply.code() == 421 ? State.OVER : State.ANSWERED;
        return finish(Finding.said(reason, Stage.RCPT, reply, Course.STOP));
    }

    private Action afterRandom(SmtpReply reply) {
        boolean any = ReplyMeaning.of(Stage.RCPT, reply, Asked.UNKNOWN) == Reason.ACCEPTED;
        state = reply.code() == 421 ? State.OVER : State.ANSWERED;
        String detail =
                any ? "a random local part is accepted, too" : "a random local part is not accepted: " + reply.code();
        return finish(accepted(any ? Reason.ACCEPTS_ANY : Reason.ACCEPTED, detail));
    }

    /** A reply that ends the question before RCPT was answered. */
    private Action refused(SmtpReply reply) {
        Stage stage = stage();
        Reason reason = ReplyMeaning.of(stage, reply, asked(asking()));
        boolean elsewhere = stage == Stage.GREETING || (reply.code() == 421 && stage != Stage.RCPT);
        state = State.OVER;
        return finish(Finding.said(reason, stage, reply, elsewhere ? Course.NEXT : Course.STOP));
    }

    private Action broken(String why) {
        return failed(Reason.BROKEN_PEER, why);
    }

    private Action failed(Reason reason, String why) {
        if (probe == null) {
            return close();
        }
        Stage stage = stage();
        boolean known = state == State.RANDOM;
        state = State.OVER;
        if (known) {
            // The real address was accepted; what the second question did to the peer changes nothing about that.
            return finish(accepted(Reason.ACCEPTED, "no answer about a random local part: " + why));
        }
        // A peer that went away at RCPT had the question: asking another one would be shopping for a better answer.
        return finish(Finding.noted(reason, stage, why, stage == Stage.RCPT ? Course.STOP : Course.NEXT));
    }

    private Finding accepted(Reason reason, String detail) {
        return new Finding(reason, Stage.RCPT, accepted, detail, Course.STOP, Outcome.SUCCESS);
    }

    private Action finish(Finding finding) {
        probe = null;
        return new Action.Finish(finding);
    }

    private Action idle() {
        state = State.IDLE;
        return new Action.Idle();
    }

    private Action close() {
        state = State.OVER;
        return CLOSE;
    }

    private Action send(SmtpCommand command, State next) {
        wire.sent(ClientDialogue.awaitedFor(command));
        state = next;
        return new Action.Send(command);
    }

    private Probe asking() {
        Probe question = probe;
        if (question == null) {
            throw new IllegalStateException("no question in state " + state);
        }
        return question;
    }

    private Asked asked(Probe question) {
        return new Asked(exchanger, question.from(), question.address());
    }
}
