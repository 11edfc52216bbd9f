package io.countersign.edge;

import io.countersign.smtp.SmtpReply;
import io.netty.channel.Channel;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Keeps replies in the order of their commands (RFC 2920 §3.2) while some of them are still waited for. Belongs to the
 * channel's event loop. Replies to one batch of commands are written together and flushed once: {@link #flush} is called at the
 * end of a read, and by itself when a reply completes outside one.
 */
final class ReplyQueue {
    private final Channel channel;
    private final ArrayDeque<Slot> waiting = new ArrayDeque<>();
    private boolean unflushed;
    private boolean batching;
    private Runnable onEmpty = () -> {};

    ReplyQueue(Channel channel) {
        this.channel = channel;
    }

    /** Place of one reply. */
    final class Slot {
        private @Nullable SmtpReply reply;

        /** Completes this place; a second call has no effect (the first answer counts). */
        void complete(SmtpReply answer) {
            if (reply == null) {
                reply = answer;
                advance();
            }
        }

        boolean isOpen() {
            return reply == null;
        }
    }

    Slot reserve() {
        Slot slot = new Slot();
        waiting.add(slot);
        return slot;
    }

    /** A reply that is there at once; it still waits for its predecessors. */
    void answer(SmtpReply reply) {
        if (waiting.isEmpty()) {
            write(reply);
            flushUnlessBatching();
        } else {
            reserve().complete(reply);
        }
    }

    Channel channel() {
        return channel;
    }

    /** Replies still waited for. */
    int size() {
        return waiting.size();
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Called whenever the last waiting reply was written. */
    void onEmpty(Runnable listener) {
        onEmpty = listener;
    }

    /** A read begins: replies are gathered until {@link #flush}. */
    void beginBatch() {
        batching = true;
    }

    void flush() {
        batching = false;
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /** Nothing more will be answered; open places are dropped. */
    void abandon() {
        waiting.clear();
    }

    private void advance() {
        boolean wrote = false;
        Slot first = waiting.peek();
        while (first != null && first.reply != null) {
            waiting.remove();
            write(first.reply);
            wrote = true;
            first = waiting.peek();
        }
        if (wrote && first == null) {
            onEmpty.run();
        }
        flushUnlessBatching();
    }

    private void write(SmtpReply reply) {
        channel.write(reply, channel.voidPromise());
        unflushed = true;
    }

    private void flushUnlessBatching() {
        if (!batching) {
            flush();
        }
    }
}
