package io.countersign.relay;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One message's content on its way to the MTA, by DATA or BDAT. Either the MTA had all of it and answered, or the connection is
 * cut and the MTA never sees an end. An answer that comes before the end has left us is never success.
 */
final class ContentTransfer {
    /** The transaction. */
    interface Owner {
        /** The MTA answered the whole message: the connection is between two envelopes again. Called before the answer is given. */
        void messageAnswered(SmtpReply reply);

        /** The connection is gone; no more content is wanted. Called before anybody is told. */
        void brokenOff();

        /** Content was still to come: the session is to stop sending. */
        void interrupted(MtaAnswer why);
    }

    private final MtaConnection connection;
    private final Owner owner;
    /** BDAT: who waits for the replies owed, oldest first. */
    private final ArrayDeque<Consumer<MtaAnswer>> chunks = new ArrayDeque<>(1);

    private @Nullable Consumer<MtaAnswer> end;
    private final LineEnd lineEnd = new LineEnd();
    private boolean lastAnnounced;
    private boolean allHandedOver;
    private @Nullable MtaAnswer failure;

    private ContentTransfer(MtaConnection connection, Owner owner) {
        this.connection = connection;
        this.owner = owner;
    }

    /** After 354. */
    static ContentTransfer data(MtaConnection connection, Owner owner) {
        ContentTransfer transfer = new ContentTransfer(connection, owner);
        connection.beginContent(transfer::answered);
        return transfer;
    }

    static ContentTransfer chunks(MtaConnection connection, Owner owner) {
        return new ContentTransfer(connection, owner);
    }

    /** Everything was handed over: only the answer is missing. */
    boolean isEnded() {
        return allHandedOver && failure == null;
    }

    /** Takes ownership. */
    void content(ByteBuf octets) {
        if (failure != null || !octets.isReadable()) {
            octets.release();
        } else if (allHandedOver) {
            octets.release();
            throw new IllegalStateException("content after its end");
        } else {
            lineEnd.read(octets);
            connection.content(octets);
            noteEnd();
        }
    }

    /** @throws IllegalStateException when the content does not end in CRLF: the dot would be text, and the MTA would wait for more; the connection is cut */
    void end(Consumer<MtaAnswer> then) {
        if (failure != null) {
            then.accept(failure);
            return;
        }
        if (!lineEnd.isThere()) {
            connection.cut();
            throw new IllegalStateException("content that does not end in CRLF");
        }
        end = then;
        allHandedOver = true;
        connection.endContent();
    }

    void chunk(long size, MtaTransaction.ChunkKind kind, Consumer<MtaAnswer> then) {
        if (failure != null) {
            then.accept(failure);
            return;
        }
        if (lastAnnounced) {
            throw new IllegalStateException("a chunk after the last one");
        }
        lastAnnounced = kind == MtaTransaction.ChunkKind.LAST;
        chunks.add(then);
        connection.chunk(new SmtpCommand.Bdat(size, lastAnnounced), this::chunkAnswered);
        noteEnd();
    }

    private void noteEnd() {
        allHandedOver = lastAnnounced && !connection.inChunk();
    }

    /** DATA: the reply after 354, which should come after the final dot. */
    private void answered(SmtpReply reply) {
        Consumer<MtaAnswer> then = end;
        if (reply.code() < 400 && !connection.endWritten()) {
            fail(tooEarly());
        } else if (then == null || !connection.endWritten()) {
            fail(new MtaAnswer.Replied(reply));
        } else {
            owner.messageAnswered(reply);
            then.accept(new MtaAnswer.Replied(reply));
        }
    }

    private void chunkAnswered(SmtpReply reply) {
        boolean newest = chunks.size() == 1;
        boolean incomplete = newest && (connection.inChunk() || (lastAnnounced && !connection.endWritten()));
        if (incomplete) {
            fail(reply.code() < 400 ? tooEarly() : new MtaAnswer.Replied(reply));
            return;
        }
        Consumer<MtaAnswer> then = chunks.remove();
        if (newest && lastAnnounced) {
            owner.messageAnswered(reply);
        }
        then.accept(new MtaAnswer.Replied(reply));
    }

    private MtaAnswer tooEarly() {
        return new MtaAnswer.Lost(connection.label() + ": the MTA accepted content before its end");
    }

    /** The connection was lost, or is not listened to any more. */
    void onGone(MtaAnswer why) {
        boolean mayBeTaken = allHandedOver && connection.endWritten();
        tell(mayBeTaken ? Details.afterEnd(why) : why);
    }

    private void fail(MtaAnswer why) {
        connection.cut();
        tell(why);
    }

    private void tell(MtaAnswer why) {
        failure = why;
        boolean moreToCome = !allHandedOver;
        owner.brokenOff();
        if (moreToCome) {
            owner.interrupted(why);
        }
        Consumer<MtaAnswer> then = end;
        end = null;
        if (then != null) {
            then.accept(why);
        }
        for (Consumer<MtaAnswer> chunk; (chunk = chunks.poll()) != null; ) {
            chunk.accept(why);
        }
    }
}
