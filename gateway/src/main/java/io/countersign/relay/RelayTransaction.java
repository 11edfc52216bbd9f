package io.countersign.relay;

import io.countersign.relay.Envelope.Progress;
import io.countersign.relay.Envelope.Recipient;
import io.countersign.relay.Lease.Wanted;
import io.countersign.relay.MtaTransaction.RecipientAnswer.At;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.netty.buffer.ByteBuf;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One session's transactions, one after the other: holds the connection, and knows which part has the word. The envelope is
 * {@link EnvelopeDialogue}'s, what comes before content {@link Opening}'s, content {@link ContentTransfer}'s. When the
 * connection is lost or given back before any content went out, accepted recipients become owed and are put again.
 */
final class RelayTransaction implements MtaTransaction, MtaConnection.User, Lease.Taker, ContentTransfer.Owner {
    private static final SmtpReply GO_AHEAD = SmtpReply.of(354, "the chunks may come");

    private final LoopPool pool;
    private final ClientIdentity client;
    private @Nullable Lease lease;
    private @Nullable MtaConnection connection;
    private @Nullable MtaConnection givenBack;

    /** Null between two envelopes. */
    private @Nullable EnvelopeDialogue dialogue;
    /** From {@link #open} until its answer. */
    private @Nullable Opening opening;
    /** DATA was sent and not answered. */
    private boolean dataSent;
    /** From the go-ahead to the answer. */
    private @Nullable ContentTransfer content;

    private Runnable writable = () -> {};
    private Consumer<MtaAnswer> interrupted = why -> {};
    private long heardFrom;
    private boolean closed;

    RelayTransaction(LoopPool pool, ClientIdentity client) {
        this.pool = pool;
        this.client = client;
        touched();
    }

    @Override
    public void touched() {
        heardFrom = pool.state().ticker().getAsLong();
    }

    @Override
    public void mail(ReversePath from, MailParameters parameters) {
        reset();
        if (content != null) {
            throw new IllegalStateException("the MTA has not answered the last message yet");
        }
        dialogue = new EnvelopeDialogue(
                new Envelope(from, parameters), pool.state().book(), this::settle);
    }

    @Override
    public void recipient(ForwardPath to, RcptParameters parameters, Consumer<RecipientAnswer> then) {
        EnvelopeDialogue current = inEnvelope();
        Envelope envelope = current.envelope();
        if (envelope.refusal != null) {
            then.accept(envelope.refusal);
            return;
        }
        Recipient recipient = new Recipient(to, parameters, Progress.WANTED, then);
        envelope.add(recipient);
        MtaConnection held = connection;
        if (held != null && envelope.put) {
            current.ask(held, recipient);
        } else if (held != null) {
            putWanted(held, current);
        } else {
            connect(Wanted.ANY);
        }
    }

    @Override
    public void owe(ForwardPath to, RcptParameters parameters) {
        inEnvelope().envelope().add(new Recipient(to, parameters, Progress.OWED, null));
    }

    @Override
    public void withdraw(ForwardPath to) {
        if (inEnvelope().envelope().withdraw(to) && opening != null) {
            opening.oneWithdrawn();
        }
    }

    @Override
    public void open(Transfer transfer, Consumer<OpenAnswer> then) {
        Envelope envelope = inEnvelope().envelope();
        envelope.oweWanted();
        if (opening != null || envelope.size() + envelope.asked == 0) {
            throw new IllegalStateException("content for no recipient, or twice");
        }
        opening = new Opening(envelope, transfer, then);
        settle();
    }

    @Override
    public void content(ByteBuf octets) {
        ContentTransfer current = content;
        if (current == null) {
            octets.release();
        } else {
            current.content(octets);
        }
    }

    @Override
    public void chunk(long size, ChunkKind kind, Consumer<MtaAnswer> then) {
        inContent().chunk(size, kind, then);
    }

    @Override
    public void end(Consumer<MtaAnswer> then) {
        inContent().end(then);
    }

    @Override
    public boolean isWritable() {
        MtaConnection held = connection;
        return content == null || held == null || held.isWritable();
    }

    @Override
    public void onWritable(Runnable listener) {
        writable = listener;
    }

    @Override
    public void onInterrupted(Consumer<MtaAnswer> listener) {
        interrupted = listener;
    }

    @Override
    public void reset() {
        touched();
        if (content != null && content.isEnded()) {
            return;
        }
        boolean inTheMiddle = content != null || dataSent;
        boolean put = dialogue != null && dialogue.envelope().put;
        forgetEnvelope();
        MtaConnection held = connection;
        if (held == null) {
            abandonLease();
        } else if (inTheMiddle) {
            held.cut();
            forgetConnection();
        } else if (put) {
            clear(held);
        } else if (held.isInStep()) {
            release(held);
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        reset();
        MtaConnection mine = givenBack;
        givenBack = null;
        if (mine != null) {
            pool.disown(mine, this);
        }
    }

    private EnvelopeDialogue inEnvelope() {
        touched();
        EnvelopeDialogue current = dialogue;
        if (current == null || dataSent || content != null) {
            throw new IllegalStateException("not in an envelope");
        }
        return current;
    }

    private ContentTransfer inContent() {
        ContentTransfer current = content;
        if (current == null) {
            throw new IllegalStateException("no content was asked for");
        }
        return current;
    }

    private void forgetEnvelope() {
        if (dialogue != null) {
            dialogue.giveUp();
        }
        dialogue = null;
        opening = null;
        dataSent = false;
        content = null;
    }

    // --- the envelope, and what comes before content

    private void putWanted(MtaConnection held, EnvelopeDialogue current) {
        if (current.envelope().put || put(held, current)) {
            current.ask(held, Progress.WANTED);
        }
    }

    /** @return false when this connection cannot carry the envelope; whoever waited was told */
    private boolean put(MtaConnection held, EnvelopeDialogue current) {
        Optional<MtaAnswer> impossible = current.put(held);
        impossible.ifPresent(why -> fail(current, why, At.CONNECTION));
        return impossible.isEmpty();
    }

    private void fail(EnvelopeDialogue current, MtaAnswer why, At at) {
        current.fail(why, at);
        if (current == dialogue) {
            notOpened(why);
        }
    }

    private void notOpened(MtaAnswer why) {
        Opening failed = opening;
        opening = null;
        dataSent = false;
        if (failed != null) {
            failed.failed(why);
        }
    }

    /** Takes the steps before content as far as they go; called again with each reply. */
    private void settle() {
        EnvelopeDialogue current = dialogue;
        Opening settling = opening;
        if (current == null || settling == null || dataSent || content != null) {
            return;
        }
        MtaConnection held = connection;
        switch (settling.next(held != null)) {
            case WAIT -> {}
            case CONNECT -> connect(Wanted.ANY);
            case REFUSED -> {
                opening = null;
                settling.refused();
            }
            case CLEAR -> {
                current.envelope().unput();
                resetOnWire(connected(held));
                settle();
            }
            case PUT_OWED -> {
                if (current.envelope().put || put(connected(held), current)) {
                    current.ask(connected(held), Progress.OWED);
                    settle();
                }
            }
            case CONTENT -> openContent(connected(held), settling);
        }
    }

    private static MtaConnection connected(@Nullable MtaConnection held) {
        if (held == null) {
            throw new IllegalStateException("no connection");
        }
        return held;
    }

    private void openContent(MtaConnection held, Opening settled) {
        if (settled.transfer() == Transfer.DATA) {
            dataSent = true;
            held.send(SmtpCommand.Plain.DATA, reply -> {
                if (opening == settled) {
                    opening = null;
                    dataSent = false;
                    content = reply.code() == 354 ? ContentTransfer.data(held, this) : null;
                    settled.answered(reply);
                }
            });
        } else if (held.capabilities().has("CHUNKING")) {
            opening = null;
            content = ContentTransfer.chunks(held, this);
            settled.answered(GO_AHEAD);
        } else {
            pool.state().book().missing("CHUNKING");
            notOpened(new MtaAnswer.Lost(held.label() + ": the MTA does not offer CHUNKING any more"));
        }
    }

    // --- content

    @Override
    public void messageAnswered(SmtpReply reply) {
        forgetEnvelope();
        MtaConnection held = connection;
        if (held != null) {
            if (reply.isPositive()) {
                held.use().accepted();
            }
            release(held);
        }
    }

    @Override
    public void brokenOff() {
        if (connection != null) {
            forgetConnection();
        }
    }

    @Override
    public void interrupted(MtaAnswer why) {
        interrupted.accept(why);
        writable.run();
    }

    @Override
    public void onWritable() {
        writable.run();
    }

    // --- the connection

    private void connect(Wanted wanted) {
        if (lease == null) {
            Lease next = new Lease(client, wanted, this);
            lease = next;
            pool.acquire(next);
        }
    }

    private void abandonLease() {
        Lease old = lease;
        lease = null;
        if (old != null) {
            pool.cancel(old);
        }
    }

    @Override
    public void taken(MtaConnection now) {
        connection = now;
        now.takenBy(this);
        EnvelopeDialogue current = dialogue;
        if (current == null) {
            release(now);
            return;
        }
        // Waiting for the connection is not the client's silence.
        touched();
        if (current.envelope().has(Progress.WANTED)) {
            putWanted(now, current);
        }
        settle();
    }

    @Override
    public void notTaken(MtaAnswer why, At at) {
        lease = null;
        EnvelopeDialogue current = dialogue;
        if (current != null) {
            fail(current, why, at);
        }
    }

    @Override
    public void onGone(MtaAnswer why) {
        MtaConnection lost = connection;
        if (lost == null) {
            return;
        }
        ContentTransfer transferring = content;
        EnvelopeDialogue current = dialogue;
        forgetConnection();
        if (transferring != null) {
            transferring.onGone(why);
        } else if (current != null) {
            boolean again = current.lost(why, lost.use().isReused());
            if (again) {
                pool.metrics().reuse(MtaMetrics.Reuse.STALE);
                connect(Wanted.NEW);
            } else if (current == dialogue) {
                notOpened(why);
            }
        }
    }

    /** A client that says nothing between RCPT and DATA keeps no connection from others; its envelope is put again later. */
    @Override
    public void onTick(long now) {
        MtaConnection held = connection;
        EnvelopeDialogue current = dialogue;
        if (held == null || current == null || opening != null || content != null) {
            return;
        }
        Envelope envelope = current.envelope();
        long hold = pool.state().backend().settings().pool().hold().toNanos();
        if (envelope.asked > 0 || now - heardFrom < hold) {
            return;
        }
        if (envelope.put) {
            pool.metrics().holdExpired();
            envelope.unput();
            clear(held);
        } else if (held.isInStep()) {
            release(held);
        }
    }

    /** The envelope on the wire ends without a message; the connection goes back once that is answered, unless it is used again first. */
    private void clear(MtaConnection held) {
        if (held.use().isWorn(pool.state().backend().settings().pool())) {
            held.quit();
            forgetConnection();
        } else {
            resetOnWire(held);
        }
    }

    private void resetOnWire(MtaConnection held) {
        held.send(SmtpCommand.Plain.RSET, reply -> {
            if (!reply.isPositive()) {
                held.fail(new MtaAnswer.Lost(held.label() + ": RSET refused: " + reply));
                return;
            }
            boolean usedAgain = dialogue != null && dialogue.envelope().put;
            if (connection == held && held.isInStep() && !usedAgain) {
                release(held);
            }
        });
    }

    private void release(MtaConnection held) {
        Lease old = lease;
        connection = null;
        lease = null;
        givenBack = closed ? null : held;
        if (old != null) {
            pool.release(old, held, closed ? null : this);
        }
    }

    /** It is gone, or cut. */
    private void forgetConnection() {
        Lease old = lease;
        connection = null;
        lease = null;
        if (old != null) {
            pool.lost(old);
        }
    }
}
