package io.countersign.edge;

import io.countersign.decision.Replies;
import io.countersign.relay.MtaAnswer;
import io.countersign.relay.MtaTransaction;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.BareNewline;
import io.countersign.smtp.codec.FramingFault;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The content of one message on its way to the MTA: our fields in front, forged ones out, octets and {@code Received:} fields
 * counted. The first thing that goes wrong decides the answer; from then on everything is thrown away until the content's real
 * end. Belongs to the session's event loop.
 *
 * <p>BDAT: while the header section lasts, a chunk's octets go out in chunks of their own (their number is known only after the
 * filter); once it is over the rest of the client's chunk goes out under one announcement, as it comes.
 */
final class ContentFlow {
    /**
     * @param octets of the message
     * @param header octets of its header section
     * @param received {@code Received:} fields: more are a loop (RFC 5321 §6.3)
     */
    record Bounds(long octets, long header, int received) {}

    private final MtaTransaction mta;
    private final HeaderFilter filter;
    private final MtaTransaction.Transfer transfer;
    private final Bounds bounds;
    private final BareNewline bareNewline;
    private final String id;
    private long octets;
    private @Nullable SmtpReply failure;
    private @Nullable Limits struck;
    private @Nullable MtaAnswer interruption;

    // BDAT
    private long chunkLeft;
    private boolean chunkAnnounced;
    private boolean lastChunk;
    private int chunksUnanswered;
    private @Nullable Consumer<MtaAnswer> chunkDone;
    private @Nullable MtaAnswer chunkAnswer;

    /** @param bareNewline with NORMALIZE a client's chunk has as many octets as come, not as many as it announced */
    ContentFlow(
            MtaTransaction mta,
            HeaderFilter filter,
            MtaTransaction.Transfer transfer,
            BareNewline bareNewline,
            Bounds bounds,
            String id) {
        this.mta = mta;
        this.filter = filter;
        this.transfer = transfer;
        this.bareNewline = bareNewline;
        this.bounds = bounds;
        this.id = id;
    }

    /** Octets received so far, dots not doubled. */
    long octets() {
        return octets;
    }

    int removedFields() {
        return filter.removedFields();
    }

    /** The message's own name, as far as its header was read; null when it has none. */
    @Nullable
    String messageId() {
        return filter.messageId();
    }

    /** What the client will be told instead of the MTA's answer; null while all is well. */
    @Nullable
    SmtpReply failure() {
        return failure;
    }

    /** The limit that the content went beyond; null unless that is the failure. */
    @Nullable
    Limits struck() {
        return struck;
    }

    /** Why the MTA's side ended early; null unless it did. */
    @Nullable
    MtaAnswer interruption() {
        return interruption;
    }

    boolean isDiscarding() {
        return failure != null || interruption != null;
    }

    /**
     * Takes ownership.
     *
     * @param inAll octets of this DATA, or this chunk, up to here: DATA has doubled dots, which are no part of a message's size
     */
    void content(ByteBuf in, long inAll) {
        octets = transfer == MtaTransaction.Transfer.DATA ? inAll : octets + in.readableBytes();
        if (isDiscarding()) {
            in.release();
            return;
        }
        if (octets > bounds.octets()) {
            in.release();
            fail(Limits.MESSAGE_SIZE, Replies.messageTooBig(id));
            return;
        }
        if (transfer == MtaTransaction.Transfer.DATA) {
            filter.filter(in, mta::content);
        } else {
            chunkContent(in);
        }
        if (filter.receivedFields() > bounds.received()) {
            fail(Limits.RECEIVED, Replies.loop(bounds.received(), id));
        } else if (filter.headerOctets() > bounds.header()) {
            fail(Limits.HEADER_SIZE, Replies.headerTooBig(id));
        }
    }

    /** The content cannot be delivered: the MTA's connection is cut without an end. */
    void fail(SmtpReply reply) {
        if (!isDiscarding()) {
            failure = reply;
            mta.reset();
        }
    }

    private void fail(Limits wall, SmtpReply reply) {
        if (!isDiscarding()) {
            struck = wall;
        }
        fail(reply);
    }

    void fault(FramingFault fault) {
        if (fault == FramingFault.LINE_TOO_LONG && !isDiscarding()) {
            struck = Limits.LINE_LENGTH;
        }
        fail(
                switch (fault) {
                    case NUL -> Replies.nulInContent(id);
                    case LINE_TOO_LONG -> Replies.lineTooLong(id);
                    case BARE_CR, BARE_LF -> Replies.badContent(fault.words(), id);
                });
    }

    /** The MTA answered before the end, or was lost. */
    void interrupted(MtaAnswer answer) {
        if (!isDiscarding()) {
            interruption = answer;
            if (chunkDone != null) {
                settleChunk();
            }
        }
    }

    /** DATA: the client's content is complete; {@code then} gets the MTA's answer. Only while nothing failed. */
    void end(Consumer<MtaAnswer> then) {
        filter.finish(mta::content);
        mta.end(then);
    }

    /** BDAT: the client's next chunk. */
    void beginChunk(long size, boolean last) {
        chunkLeft = size;
        chunkAnnounced = false;
        lastChunk = last;
        chunkAnswer = null;
        if (!isDiscarding() && size > bounds.octets() - octets) {
            fail(Limits.MESSAGE_SIZE, Replies.messageTooBig(id));
        }
    }

    /** BDAT: all octets of the client's chunk were here; {@code then} gets the MTA's answer to it, at once when nothing is owed. */
    void endChunk(Consumer<MtaAnswer> then) {
        chunkDone = then;
        if (lastChunk && !isDiscarding() && !chunkAnnounced) {
            List<ByteBuf> rest = new ArrayList<>();
            filter.finish(rest::add);
            send(rest, MtaTransaction.ChunkKind.LAST);
        }
        if (chunksUnanswered == 0) {
            settleChunk();
        }
    }

    void release() {
        filter.release();
    }

    private void chunkContent(ByteBuf in) {
        chunkLeft -= in.readableBytes();
        if (chunkAnnounced) {
            mta.content(in);
            return;
        }
        List<ByteBuf> out = new ArrayList<>();
        filter.filter(in, out::add);
        if (bareNewline == BareNewline.NORMALIZE || filter.inHeader()) {
            send(out, MtaTransaction.ChunkKind.MORE);
        } else {
            chunkAnnounced = true;
            announce(
                    octetsIn(out) + chunkLeft,
                    lastChunk ? MtaTransaction.ChunkKind.LAST : MtaTransaction.ChunkKind.MORE);
            out.forEach(mta::content);
        }
    }

    /** An empty chunk is allowed only as the last one (RFC 3030 §2). */
    private void send(List<ByteBuf> out, MtaTransaction.ChunkKind kind) {
        long size = octetsIn(out);
        if (size > 0 || kind == MtaTransaction.ChunkKind.LAST) {
            announce(size, kind);
        }
        out.forEach(size > 0 ? mta::content : ByteBuf::release);
    }

    private static long octetsIn(List<ByteBuf> out) {
        return out.stream().mapToLong(ByteBuf::readableBytes).sum();
    }

    private void announce(long size, MtaTransaction.ChunkKind kind) {
        chunksUnanswered++;
        mta.chunk(size, kind, answer -> {
            chunksUnanswered--;
            // The first refusal is the answer to the client's chunk; otherwise the last good word.
            if (chunkAnswer == null || good(chunkAnswer)) {
                chunkAnswer = answer;
            }
            if (chunksUnanswered == 0 && chunkDone != null) {
                settleChunk();
            }
        });
    }

    private static boolean good(MtaAnswer answer) {
        return answer instanceof MtaAnswer.Replied replied && replied.reply().isPositive();
    }

    private void settleChunk() {
        Consumer<MtaAnswer> done = chunkDone;
        chunkDone = null;
        if (done != null) {
            done.accept(interruption != null ? interruption : chunkAnswer != null ? chunkAnswer : NOTHING_SENT);
        }
    }

    /** A chunk of which nothing went out yet (all of it is held back by the filter, or it was empty). */
    private static final MtaAnswer NOTHING_SENT = new MtaAnswer.Replied(SmtpReply.of(250, "chunk received"));
}
