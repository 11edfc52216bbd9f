package io.countersign.edge;

import io.countersign.config.ListenSettings;
import io.countersign.decision.Replies;
import io.countersign.journal.TransactionRecord.Note;
import io.countersign.journal.TransactionRecord.Stamp;
import io.countersign.relay.MtaAnswer;
import io.countersign.relay.MtaTransaction;
import io.countersign.relay.MtaTransaction.Transfer;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.BareNewline;
import io.countersign.smtp.codec.ClientInput;
import io.countersign.smtp.codec.FramingFault;
import io.countersign.smtp.codec.SmtpServerDecoder;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * From DATA or BDAT to the answer about the message. The client's answer is the MTA's; on any fault the MTA's connection is cut
 * without an end, the client's content is read to its real end (bounded), and then it is told. Belongs to the session's event
 * loop.
 */
final class MessageTransfer {
    private static final SmtpReply GO_AHEAD = SmtpReply.of(354, "End data with <CR><LF>.<CR><LF>");

    private enum State {
        IDLE,
        /** DATA or the first BDAT: the MTA's side is being opened. */
        OPENING,
        CONTENT,
        /** Between two chunks. */
        BETWEEN,
        /** The end (or a chunk's) went out, the MTA's answer is awaited. */
        AWAITING_MTA,
        /** A chunk nobody wants is read and thrown away. */
        DISCARDING
    }

    private final Session session;
    private final SessionContext context;
    private final Deadline deadline;
    private final PauseReasons pauses;
    private Answered listener = (envelope, reply, mtaReply, size) -> {};
    private State state = State.IDLE;
    private @Nullable Envelope envelope;
    private @Nullable MtaTransaction mta;
    private @Nullable ContentFlow flow;
    private SmtpCommand.@Nullable Bdat chunk;
    private @Nullable SmtpReply discardReply;
    /** Where 354, or why not, will stand; null but while DATA is being opened. */
    private ReplyQueue.@Nullable Slot opening;

    private boolean endSent;
    private long discardedFrom;

    /** Hears of each message's end. */
    @FunctionalInterface
    interface Answered {
        /** @param reply what the client is told @param mtaReply the MTA's word about the message, or null @param size octets received */
        void message(Envelope envelope, SmtpReply reply, @Nullable SmtpReply mtaReply, long size);
    }

    MessageTransfer(Session session, SessionContext context, Deadline deadline, PauseReasons pauses) {
        this.session = session;
        this.context = context;
        this.deadline = deadline;
        this.pauses = pauses;
    }

    void onAnswered(Answered told) {
        listener = told;
    }

    /** Anything between DATA (or BDAT) and its answer. */
    boolean isBusy() {
        return state != State.IDLE && state != State.BETWEEN;
    }

    /** The end of the content went out and the MTA has not answered: it is waited for whatever happens. */
    boolean isAwaitingMta() {
        return state == State.AWAITING_MTA && endSent;
    }

    /** The client spoke behind the end of its content, before our answer (RFC 2920 §3.1 allows it; noted). */
    void clientWentOn() {
        Envelope e = envelope;
        if (e != null) {
            e.record().note(Note.EARLY_AFTER_END);
        }
    }

    // --- DATA ---

    /** The turn is held: the client must wait for 354. */
    void openData(Envelope opened) {
        MtaTransaction to = opened.mta();
        state = State.OPENING;
        envelope = opened;
        mta = to;
        deadline.stop();
        ReplyQueue.Slot slot = session.reserve();
        opening = slot;
        TraceFields.whenKnown(
                opened,
                context,
                () -> opened.open(Transfer.DATA, refusal -> {
                    if (state != State.OPENING) {
                        return;
                    }
                    opening = null;
                    if (refusal != null) {
                        refuse(opened, refusal);
                        slot.complete(refusal);
                        session.yieldTurn();
                        return;
                    }
                    begin(opened, to, Transfer.DATA);
                    slot.complete(GO_AHEAD);
                    session.decoder().expectContent(bareNewline(opened));
                    session.yieldTurn();
                    contentClock();
                }));
    }

    boolean isOpeningData() {
        return state == State.OPENING && opening != null;
    }

    /** DATA gets this instead of 354. */
    void refuseOpening(SmtpReply reply) {
        ReplyQueue.Slot slot = opening;
        Envelope e = envelope;
        if (slot != null && e != null) {
            opening = null;
            refuse(e, reply);
            slot.complete(reply);
        }
    }

    // --- BDAT ---

    void chunk(Envelope opened, SmtpCommand.Bdat bdat) {
        MtaTransaction to = opened.mta();
        chunk = bdat;
        if (isMoreThanWeRead(bdat)) {
            mta = to;
            SmtpReply tooBig = Replies.messageTooBig(context.id());
            refuse(opened, tooBig);
            session.lastWord(tooBig);
            return;
        }
        boolean first = flow == null;
        if (first) {
            state = State.OPENING;
            envelope = opened;
            mta = to;
            pauses.add(PauseReasons.CHUNK_OPENING);
        } else {
            state = State.CONTENT;
        }
        ContentFlow running = flow;
        if (running != null) {
            running.beginChunk(bdat.size(), bdat.last());
        }
        contentClock();
        session.decoder()
                .expectChunk(
                        bdat.size(),
                        bdat.last()
                                ? SmtpServerDecoder.ChunkPosition.LAST
                                : SmtpServerDecoder.ChunkPosition.MORE_FOLLOW,
                        bareNewline(opened));
        if (!first) {
            return;
        }
        deadline.stop();
        TraceFields.whenKnown(
                opened,
                context,
                () -> opened.open(Transfer.BDAT, refusal -> {
                    if (state != State.OPENING) {
                        return;
                    }
                    if (refusal != null) {
                        state = State.DISCARDING;
                        discardReply = refusal;
                        discardedFrom = 0;
                        envelope = opened;
                    } else {
                        begin(opened, to, Transfer.BDAT);
                        ContentFlow begun = flow;
                        if (begun != null) {
                            begun.beginChunk(bdat.size(), bdat.last());
                        }
                    }
                    contentClock();
                    pauses.remove(PauseReasons.CHUNK_OPENING);
                }));
    }

    /** Octets of content that nobody wants, read only so that the answer finds its place: twice the largest message. */
    private long mostDiscarded() {
        return 2 * context.settings().listen().limits().messageSize();
    }

    private boolean isMoreThanWeRead(SmtpCommand.Bdat bdat) {
        return bdat.size() > mostDiscarded();
    }

    /** A chunk that is refused by order: read, thrown away, then answered. */
    void discardChunk(SmtpCommand.Bdat bdat, SmtpReply reply) {
        SmtpReply told = Replies.withId(reply, context.id());
        if (isMoreThanWeRead(bdat)) {
            session.lastWord(told);
            return;
        }
        abandon();
        state = State.DISCARDING;
        discardReply = told;
        discardedFrom = 0;
        contentClock();
        session.decoder().expectChunk(bdat.size(), SmtpServerDecoder.ChunkPosition.MORE_FOLLOW, BareNewline.REJECT);
        // Takes effect at the chunk's end: what is wrong in it must not follow an innocent message.
        session.decoder().contentAbandoned();
    }

    // --- content ---

    /** Takes ownership. */
    void content(ByteBuf octets) {
        int size = octets.readableBytes();
        ListenSettings.Limits limits = context.settings().listen().limits();
        deadline.earn(earned(size, limits), context.patience());
        ContentFlow running = flow;
        if (running == null || state == State.DISCARDING) {
            octets.release();
            discardedFrom += size;
        } else {
            boolean discarding = running.isDiscarding();
            running.content(octets, session.decoder().contentOctets());
            if (running.isDiscarding() && !discarding) {
                failed(running);
            }
            discardedFrom = running.isDiscarding() ? discardedFrom + size : 0;
            MtaTransaction to = mta;
            if (!running.isDiscarding() && to != null && !to.isWritable() && !pauses.has(PauseReasons.MTA_SLOW)) {
                deadline.pause();
                pauses.add(PauseReasons.MTA_SLOW);
            }
        }
        if (discardedFrom > mostDiscarded()) {
            // Bounded: whoever goes on that long behind a fault is told now.
            SmtpReply early = running != null ? MessageWords.early(running, context) : discardReply;
            SmtpReply reply = early != null ? early : Replies.messageTooBig(context.id());
            Envelope e = envelope;
            if (e != null) {
                refuse(e, reply);
            }
            session.lastWord(reply);
        }
    }

    /** Nanoseconds for that many octets. */
    private long earned(int octets, ListenSettings.Limits limits) {
        return limits.dataRate() == 0 ? limits.idle().toNanos() : octets * 1_000_000_000L / context.dataRate();
    }

    void fault(FramingFault fault) {
        ContentFlow running = flow;
        if (running != null) {
            context.summary().note(fault.words());
            running.fault(fault);
            failed(running);
        }
    }

    private void failed(ContentFlow running) {
        Limits wall = running.struck();
        if (wall != null) {
            context.struck(wall);
        }
        writable();
    }

    private void writable() {
        if (pauses.has(PauseReasons.MTA_SLOW)) {
            deadline.resume();
            pauses.remove(PauseReasons.MTA_SLOW);
        }
    }

    private void interrupted(MtaAnswer answer) {
        ContentFlow running = flow;
        if (running != null) {
            running.interrupted(answer);
            writable();
        }
    }

    /** The client's content, or its chunk, is complete. */
    void clientEnded(ClientInput.ContentEnd end) {
        Envelope e = envelope;
        if (state == State.DISCARDING) {
            SmtpReply reply = discardReply;
            state = State.IDLE;
            if (e != null && reply != null) {
                refuse(e, reply);
            }
            envelope = null;
            flow = null;
            if (reply != null) {
                session.answer(reply);
            }
            session.clockTheClient();
            return;
        }
        ContentFlow running = flow;
        if (running == null || e == null) {
            return;
        }
        if (end.fault() != null) {
            running.fault(end.fault());
        }
        SmtpCommand.Bdat bdat = chunk;
        deadline.stop();
        SmtpReply early = MessageWords.early(running, context);
        if (early != null) {
            answered(e, early, null);
            if (end.fault() != null) {
                session.lastWord(early); // product.md §4: … and closed
            } else {
                session.answer(early);
                session.clockTheClient();
            }
            return;
        }
        ReplyQueue.Slot slot = session.reserve();
        state = State.AWAITING_MTA;
        e.record().stamp(Stamp.CONTENT_END);
        if (bdat == null) {
            endSent = true;
            running.end(answer -> mtaAnswered(e, running, slot, answer));
        } else {
            endSent = bdat.last();
            running.endChunk(answer -> {
                if (bdat.last()) {
                    mtaAnswered(e, running, slot, answer);
                } else {
                    chunkAnswered(e, running, slot, bdat, answer);
                }
            });
        }
    }

    private void chunkAnswered(
            Envelope e, ContentFlow running, ReplyQueue.Slot slot, SmtpCommand.Bdat bdat, MtaAnswer answer) {
        if (state != State.AWAITING_MTA) {
            return;
        }
        if (answer instanceof MtaAnswer.Replied replied && replied.reply().isPositive() && !running.isDiscarding()) {
            state = State.BETWEEN;
            slot.complete(SmtpReply.of(250, EnhancedStatus.of(2, 0, 0), bdat.size() + " octets received"));
            session.clockTheClient();
            return;
        }
        SmtpReply early = MessageWords.early(running, context);
        SmtpReply reply = early != null ? early : MessageWords.ofChunk(answer, context);
        MtaTransaction to = mta;
        answered(e, reply, null);
        if (to != null) {
            to.reset();
        }
        slot.complete(reply);
        session.clockTheClient();
    }

    /** The answer to the message. */
    private void mtaAnswered(Envelope e, ContentFlow running, ReplyQueue.Slot slot, MtaAnswer answer) {
        if (state != State.AWAITING_MTA) {
            return;
        }
        SmtpReply mtaReply = answer instanceof MtaAnswer.Replied replied ? replied.reply() : null;
        SmtpReply reply = MessageWords.ofMessage(answer, e, context);
        if (reply.isPositive() && session.isGone()) {
            e.record().note(Note.ACCEPTED_UNACKED);
        }
        e.record().stamp(Stamp.ANSWER);
        if (running.removedFields() > 0) {
            e.record().note(Note.FORGED_RESULTS_REMOVED);
        }
        answered(e, reply, mtaReply);
        slot.complete(reply);
        session.clockTheClient();
    }

    // --- ends ---

    /**
     * The client left (or is being cut off).
     *
     * @return true when the MTA's answer to a complete message is still awaited: the transaction lives on until then
     */
    boolean clientGone() {
        pauses.forget();
        if (isAwaitingMta()) {
            return true;
        }
        ContentFlow running = flow;
        if (running != null) {
            MtaTransaction to = mta;
            if (to != null && !running.isDiscarding()) {
                to.reset(); // cut without the final dot
            }
            running.release();
            flow = null;
        }
        state = State.IDLE;
        return false;
    }

    /** The message has its answer: nothing of it stays here. */
    private void answered(Envelope e, SmtpReply reply, @Nullable SmtpReply mtaReply) {
        ContentFlow running = flow;
        long size = running == null ? 0 : running.octets();
        if (running != null) {
            e.record().messageId(running.messageId());
            running.release();
        }
        if (chunk != null) {
            session.decoder().contentAbandoned();
        }
        writable();
        flow = null;
        envelope = null;
        chunk = null;
        opening = null;
        endSent = false;
        state = State.IDLE;
        listener.message(e, reply, mtaReply, size);
    }

    private void refuse(Envelope e, SmtpReply refusal) {
        MtaTransaction to = mta;
        if (to != null) {
            to.reset();
        }
        answered(e, refusal, null);
    }

    /** RSET, EHLO … between two chunks. */
    void abandon() {
        ContentFlow running = flow;
        if (running != null) {
            running.release();
            flow = null;
            session.decoder().contentAbandoned();
        }
        writable();
        opening = null;
        endSent = false;
        envelope = null;
        chunk = null;
        state = State.IDLE;
    }

    private void begin(Envelope e, MtaTransaction to, Transfer transfer) {
        HeaderFilter filter = new HeaderFilter(
                context.settings().authservId(),
                transfer == Transfer.DATA ? HeaderFilter.Framing.DOT_STUFFED : HeaderFilter.Framing.RAW,
                TraceFields.of(e, context));
        e.record().stamp(Stamp.CONTENT);
        ListenSettings.Limits limits = context.settings().listen().limits();
        ContentFlow.Bounds bounds = new ContentFlow.Bounds(
                Math.min(limits.messageSize(), context.offeredSize()),
                limits.walls().headerSize(),
                limits.walls().received());
        flow = new ContentFlow(to, filter, transfer, bareNewline(e), bounds, e.id());
        state = State.CONTENT;
        discardedFrom = 0;
        to.onWritable(this::writable);
        to.onInterrupted(this::interrupted);
    }

    private void contentClock() {
        deadline.start(context.patience(), Limits.DATA_RATE.key());
    }

    private BareNewline bareNewline(Envelope e) {
        MailAddress sender = e.from().mailbox();
        return switch (context.settings()
                .overrides()
                .bareNewline(context.facts().address.getAddress(), sender == null ? null : sender.domain())) {
            case REJECT -> BareNewline.REJECT;
            case NORMALIZE -> BareNewline.NORMALIZE;
        };
    }
}
