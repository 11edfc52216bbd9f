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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One session's transactions. What the MTA knows of an envelope lives on one connection; when that is lost or given back before
 * any content went out, accepted recipients become owed and are put again. Content is {@link ContentTransfer}'s.
 */
final class RelayTransaction implements MtaTransaction, MtaConnection.User, Lease.Taker, ContentTransfer.Owner {
    private static final int UNKNOWN = -1;
    private static final SmtpReply GO_AHEAD = SmtpReply.of(354, "the chunks may come");

    private enum Phase {
        /** No envelope. */
        IDLE,
        ENVELOPE,
        /** What is owed is being put to the MTA, before content. */
        SETTLING,
        /** DATA was sent. */
        OPENING,
        CONTENT
    }

    private final LoopPool pool;
    private final ClientIdentity client;
    private Phase phase = Phase.IDLE;
    private @Nullable Envelope envelope;
    private @Nullable Lease lease;
    private @Nullable MtaConnection connection;
    private @Nullable MtaConnection givenBack;
    private @Nullable ContentTransfer content;
    private Transfer transfer = Transfer.DATA;
    /** How many recipients are to be there when content comes. */
    private int opening = UNKNOWN;

    private Consumer<OpenAnswer> opened = answer -> {};
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
        envelope = new Envelope(from, parameters);
        phase = Phase.ENVELOPE;
    }

    @Override
    public void recipient(ForwardPath to, RcptParameters parameters, Consumer<RecipientAnswer> then) {
        touched();
        Envelope current = inEnvelope();
        if (current.refusal != null) {
            then.accept(current.refusal);
            return;
        }
        Recipient recipient = new Recipient(to, parameters, Progress.WANTED, then);
        current.add(recipient);
        MtaConnection held = connection;
        if (held != null && current.put) {
            ask(held, current, recipient);
        } else {
            advance(current);
        }
    }

    @Override
    public void owe(ForwardPath to, RcptParameters parameters) {
        touched();
        inEnvelope().add(new Recipient(to, parameters, Progress.OWED, null));
    }

    @Override
    public void withdraw(ForwardPath to) {
        touched();
        Envelope current = inEnvelope();
        Optional<Recipient> found = current.find(to);
        if (found.isPresent()) {
            Recipient recipient = found.get();
            recipient.withdrawn = true;
            current.stained |= recipient.progress == Progress.ACCEPTED;
            if (recipient.progress == Progress.ACCEPTED || recipient.progress == Progress.OWED) {
                recipient.progress = Progress.WITHDRAWN;
            }
            if (phase == Phase.SETTLING && opening != UNKNOWN) {
                opening--;
            }
        }
    }

    @Override
    public void open(Transfer by, Consumer<OpenAnswer> then) {
        touched();
        Envelope current = inEnvelope();
        if (phase == Phase.SETTLING || current.size() + current.asked == 0) {
            throw new IllegalStateException("content for no recipient, or twice");
        }
        opening = UNKNOWN;
        transfer = by;
        opened = then;
        phase = Phase.SETTLING;
        settle(current);
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
        Envelope old = envelope;
        boolean inTheMiddle = content != null || phase == Phase.OPENING;
        envelope = null;
        content = null;
        phase = Phase.IDLE;
        MtaConnection held = connection;
        if (held == null) {
            abandonLease();
        } else if (inTheMiddle) {
            held.cut();
            forget();
        } else if (old != null && old.put) {
            clear(held);
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

    private Envelope inEnvelope() {
        Envelope current = envelope;
        if (current == null || (phase != Phase.ENVELOPE && phase != Phase.SETTLING)) {
            throw new IllegalStateException("not in an envelope, but " + phase);
        }
        return current;
    }

    private ContentTransfer inContent() {
        ContentTransfer current = content;
        if (current == null) {
            throw new IllegalStateException("no content was asked for: " + phase);
        }
        return current;
    }

    // --- the envelope

    /** Puts what waits to the MTA, or gets a connection for that first. */
    private void advance(Envelope current) {
        MtaConnection held = connection;
        if (held == null) {
            if (lease == null) {
                acquire(Wanted.ANY);
            }
            return;
        }
        if (!current.put && !put(held, current)) {
            return;
        }
        for (Recipient recipient : current.in(Progress.WANTED)) {
            ask(held, current, recipient);
        }
    }

    /** @return false when this connection cannot carry the envelope; whoever waited was told */
    private boolean put(MtaConnection held, Envelope current) {
        Optional<String> lacking = current.lacking(held.capabilities());
        if (lacking.isPresent()) {
            failEnvelope(current, lacks(held, lacking.get()), At.CONNECTION);
            return false;
        }
        held.use().begun();
        current.put = true;
        held.send(current.mailFor(held.capabilities()), reply -> {
            if (current == envelope) {
                current.heard = true;
                if (!reply.isPositive()) {
                    current.refusal = new RecipientAnswer(new MtaAnswer.Replied(reply), At.MAIL);
                }
            }
        });
        return true;
    }

    private void ask(MtaConnection held, Envelope current, Recipient recipient) {
        Optional<String> lacking = Envelope.lacking(held.capabilities(), recipient.parameters);
        if (lacking.isPresent()) {
            refuse(recipient, new RecipientAnswer(lacks(held, lacking.get()), At.CONNECTION));
            return;
        }
        recipient.progress = Progress.ASKED;
        current.asked++;
        held.send(new SmtpCommand.Rcpt(recipient.to, recipient.parameters), reply -> {
            if (current == envelope) {
                answered(current, recipient, reply);
            }
        });
    }

    private void answered(Envelope current, Recipient recipient, SmtpReply reply) {
        current.heard = true;
        current.asked--;
        RecipientAnswer answer = new RecipientAnswer(new MtaAnswer.Replied(reply), At.RCPT);
        if (current.refusal != null) {
            refuse(recipient, current.refusal);
        } else if (!reply.isPositive()) {
            refuse(recipient, answer);
        } else if (recipient.withdrawn) {
            recipient.progress = Progress.WITHDRAWN;
            current.stained = true;
            recipient.answer(answer);
        } else {
            recipient.progress = Progress.ACCEPTED;
            recipient.answer(answer);
        }
        if (current == envelope && phase == Phase.SETTLING) {
            settle(current);
        }
    }

    private static void refuse(Recipient recipient, RecipientAnswer answer) {
        recipient.progress = Progress.REFUSED;
        // One that was answered already, without the MTA: what it says now is news to the cache.
        boolean news = !recipient.isAwaited() && answer.at() == At.RCPT;
        recipient.refusal = news ? answer.answer() : null;
        recipient.answer(answer);
    }

    private MtaAnswer lacks(MtaConnection held, String keyword) {
        pool.state().book().missing(keyword);
        return new MtaAnswer.Lost(held.label() + ": the MTA does not offer " + keyword + " any more");
    }

    /** Nobody who waits will get the MTA's word. */
    private void failEnvelope(Envelope current, MtaAnswer why, At at) {
        RecipientAnswer answer = new RecipientAnswer(why, at);
        if (at == At.MAIL) {
            current.refusal = answer;
        }
        for (Recipient recipient : current.in(Progress.WANTED)) {
            refuse(recipient, answer);
        }
        if (current == envelope && phase != Phase.ENVELOPE) {
            notOpened(why, List.of());
        }
    }

    // --- from the envelope to content

    /** One step of what comes before content; called again with each reply. */
    private void settle(Envelope current) {
        if (current.asked > 0) {
            return;
        }
        if (opening == UNKNOWN) {
            opening = current.size();
        }
        MtaConnection held = connection;
        if (opening == 0) {
            notOpened(new MtaAnswer.Lost("no recipient is left"), List.of());
        } else if (held == null) {
            advance(current);
        } else if (current.size() < opening) {
            notAccepted(current);
        } else if (current.stained) {
            current.unput();
            resetOnWire(held);
            settle(current);
        } else if (current.has(Progress.OWED)) {
            if (current.put || put(held, current)) {
                for (Recipient recipient : current.in(Progress.OWED)) {
                    ask(held, current, recipient);
                }
                if (current.asked == 0) {
                    settle(current);
                }
            }
        } else {
            openContent(held, current);
        }
    }

    private void notAccepted(Envelope current) {
        List<OpenAnswer.Refused> refused = new ArrayList<>();
        for (Recipient recipient : current.in(Progress.REFUSED)) {
            MtaAnswer refusal = recipient.refusal;
            if (refusal != null) {
                refused.add(new OpenAnswer.Refused(recipient.to, refusal));
                recipient.refusal = null;
            }
        }
        RecipientAnswer atMail = current.refusal;
        MtaAnswer own = atMail != null
                ? atMail.answer()
                : refused.isEmpty()
                        ? new MtaAnswer.Lost("a recipient could not be put to the MTA")
                        : refused.get(0).answer();
        notOpened(own, refused);
    }

    /** The MTA's own word only where it can be meant for the whole message. */
    private void notOpened(MtaAnswer why, List<OpenAnswer.Refused> refused) {
        MtaAnswer answer = why;
        if (why instanceof MtaAnswer.Replied replied && opening > 1) {
            answer = new MtaAnswer.Unreachable("the MTA does not accept all recipients any more: " + replied.reply());
        }
        phase = Phase.ENVELOPE;
        opened.accept(new OpenAnswer(answer, refused));
    }

    private void openContent(MtaConnection held, Envelope current) {
        if (transfer == Transfer.BDAT) {
            if (!held.capabilities().has("CHUNKING")) {
                notOpened(lacks(held, "CHUNKING"), List.of());
                return;
            }
            phase = Phase.CONTENT;
            content = ContentTransfer.chunks(held, this);
            opened.accept(new OpenAnswer(new MtaAnswer.Replied(GO_AHEAD), List.of()));
            return;
        }
        phase = Phase.OPENING;
        held.send(SmtpCommand.Plain.DATA, reply -> {
            if (current != envelope) {
                return;
            }
            if (reply.code() == 354) {
                phase = Phase.CONTENT;
                content = ContentTransfer.data(held, this);
            } else {
                phase = Phase.ENVELOPE;
            }
            opened.accept(new OpenAnswer(new MtaAnswer.Replied(reply), List.of()));
        });
    }

    // --- content

    @Override
    public void messageAnswered(SmtpReply reply) {
        envelope = null;
        content = null;
        phase = Phase.IDLE;
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
            forget();
        }
    }

    @Override
    public void interrupted(MtaAnswer why) {
        interrupted.accept(why);
        writable.run();
    }

    // --- the connection

    private void acquire(Wanted wanted) {
        Lease next = new Lease(client, wanted, this);
        lease = next;
        pool.acquire(next);
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
        Envelope current = envelope;
        if (current == null) {
            release(now);
            return;
        }
        // Waiting for the connection is not the client's silence.
        touched();
        advance(current);
        if (current == envelope && phase == Phase.SETTLING) {
            settle(current);
        }
    }

    @Override
    public void notTaken(MtaAnswer why, At at) {
        lease = null;
        Envelope current = envelope;
        if (current != null) {
            failEnvelope(current, why, at);
        }
    }

    @Override
    public void onGone(MtaAnswer why) {
        MtaConnection lost = connection;
        if (lost == null) {
            return;
        }
        ContentTransfer transferring = content;
        forget();
        Envelope current = envelope;
        if (transferring != null) {
            transferring.onGone(why);
        } else if (current != null) {
            lostEnvelope(current, why, lost.use().isReused());
        }
    }

    private void lostEnvelope(Envelope current, MtaAnswer why, boolean reused) {
        List<Recipient> unanswered = current.in(Progress.ASKED);
        boolean stale = reused && current.put && !current.heard && !current.retried;
        RecipientAnswer answer = current.refusal != null ? current.refusal : new RecipientAnswer(why, At.CONNECTION);
        current.unput();
        if (stale) {
            current.retried = true;
            pool.metrics().reuse(MtaMetrics.Reuse.STALE);
            for (Recipient recipient : unanswered) {
                recipient.progress = recipient.isAwaited()
                        ? Progress.WANTED
                        : recipient.withdrawn ? Progress.WITHDRAWN : Progress.OWED;
            }
            acquire(Wanted.NEW);
            return;
        }
        for (Recipient recipient : unanswered) {
            if (recipient.isAwaited()) {
                refuse(recipient, answer);
            } else {
                recipient.progress = recipient.withdrawn ? Progress.WITHDRAWN : Progress.OWED;
            }
        }
        if (current == envelope && phase != Phase.ENVELOPE) {
            notOpened(why, List.of());
        }
    }

    @Override
    public void onWritable() {
        writable.run();
    }

    /** A client that says nothing between RCPT and DATA keeps no connection from others; its envelope is put again later. */
    @Override
    public void onTick(long now) {
        MtaConnection held = connection;
        Envelope current = envelope;
        boolean waitsForClient = phase == Phase.ENVELOPE && current != null && current.put && current.asked == 0;
        long hold = pool.state().backend().settings().pool().hold().toNanos();
        if (held != null && current != null && waitsForClient && now - heardFrom >= hold) {
            pool.metrics().holdExpired();
            current.unput();
            clear(held);
        }
    }

    /** The envelope on the wire ends without a message; the connection goes back once that is answered, unless it is used again first. */
    private void clear(MtaConnection held) {
        if (held.use().isWorn(pool.state().backend().settings().pool())) {
            held.quit();
            forget();
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
            Envelope current = envelope;
            if (connection == held && held.isInStep() && (current == null || !current.put)) {
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
    private void forget() {
        Lease old = lease;
        connection = null;
        lease = null;
        if (old != null) {
            pool.lost(old);
        }
    }
}
