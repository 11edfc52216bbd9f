package io.countersign.relay;

import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/**
 * One client session's access to the MTA: the cut-through transaction (product.md §3). It serves the session's transactions
 * one after the other: {@link #mail} begins the next. Everything on the session's event loop, callbacks too; a callback may
 * come before the method returns. It takes responsibility for nothing: what the MTA said is what the callback gets.
 *
 * <p>A connection is taken from the pool at the first recipient and kept while the session uses it (see {@code backend.hold});
 * envelopes are put again on a fresh one only while nothing of the content went out.
 */
public interface MtaTransaction {
    /** A new envelope. Nothing is sent: the MTA hears MAIL together with the first recipient. */
    void mail(ReversePath from, MailParameters parameters);

    /**
     * Puts a recipient to the MTA (pipelined behind earlier ones). If the MTA refuses anything up to MAIL, that is the answer
     * to this recipient ({@link RecipientAnswer#at} says so) and to all later ones.
     */
    void recipient(ForwardPath to, RcptParameters parameters, Consumer<RecipientAnswer> then);

    /** A recipient that was answered without the MTA (from the cache): owed, put to it before any content goes out. */
    void owe(ForwardPath to, RcptParameters parameters);

    /** A recipient that the MTA accepted (or that is owed) and we refuse: the envelope is put again without it before any content goes out. */
    void withdraw(ForwardPath to);

    /**
     * DATA, or the beginning of BDAT: settles what is owed, then (for DATA) asks for 354. The callback gets {@code Replied(354)}
     * when content may come (also for BDAT), else why not: then nothing was sent, and {@link OpenAnswer#refused} names owed
     * recipients that the MTA did not accept.
     */
    void open(Transfer transfer, Consumer<OpenAnswer> then);

    /**
     * Content as it is to go out. Takes ownership. For DATA dot-stuffed and ending in CRLF at the end of the message. For
     * BDAT only between {@link #chunk} calls.
     */
    void content(ByteBuf octets);

    /**
     * BDAT: announces the next {@code size} octets, which {@link #content} will bring; the callback gets the MTA's reply to this
     * chunk. With {@code LAST} that is the answer to the message.
     */
    void chunk(long size, ChunkKind kind, Consumer<MtaAnswer> then);

    /** DATA: the final dot goes out. The callback gets the MTA's answer to the message, or why there is none. */
    void end(Consumer<MtaAnswer> then);

    /** False while the MTA reads slower than we write: stop reading the client until {@link #onWritable} fires. */
    boolean isWritable();

    /** Called (on the loop) each time the MTA can take more again. Replaces any earlier listener. */
    void onWritable(Runnable listener);

    /** Called when the connection is lost while content flows, or the MTA answers before its end (BE17): the session stops sending and answers. */
    void onInterrupted(Consumer<MtaAnswer> listener);

    /**
     * Octets came from the client: a session that is heard from keeps its connection ({@code backend.hold}). Every other
     * method counts as well; this one is for octets that cause no call (NOOP, an unfinished line).
     */
    default void touched() {}

    /**
     * Ends the envelope without a message: RSET, or a failed transaction. While content flows the connection is cut without the
     * final dot. Once the end went out it is too late: nothing happens then, and the answer still comes.
     */
    void reset();

    /** The session is over: gives the connection back, or cuts it when content was under way ({@link #reset}). Idempotent. */
    void close();

    enum Transfer {
        DATA,
        BDAT
    }

    enum ChunkKind {
        MORE,
        LAST
    }

    /** @param at MAIL when the MTA refused the sender or an earlier command, RCPT when it is the answer to the recipient itself */
    record RecipientAnswer(MtaAnswer answer, At at) {
        public enum At {
            CONNECTION,
            MAIL,
            RCPT
        }
    }

    /** @param refused owed recipients that the MTA refused now, with its answers; the cache is to learn from them */
    record OpenAnswer(MtaAnswer answer, java.util.List<Refused> refused) {
        public record Refused(ForwardPath to, MtaAnswer answer) {}
    }
}
