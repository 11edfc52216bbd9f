package io.countersign.edge;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;

/**
 * Ends a connection so that the last word arrives: a FIN first, because a reset for unread octets could take the last reply with
 * it; a client that takes its time is waited for, not for long. Belongs to the session's event loop.
 */
final class HangUp {
    /** How long a closing channel waits for the client to take the last reply … */
    private static final Duration LAST_WORD = Duration.ofSeconds(30);
    /** … and then for it to hang up. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private final ReplyQueue replies;
    private final Deadline deadline;
    /** The client said QUIT, and nothing behind it. */
    private boolean saidBye;
    /** The client sent FIN: it will say nothing more, and still reads. */
    private boolean inputEnded;

    private boolean begun;

    /** @param deadline the session's; its clock of the client has ended when this begins */
    HangUp(ReplyQueue replies, Deadline deadline) {
        this.replies = replies;
        this.deadline = deadline;
    }

    /** Nothing is unread, so nothing can reset the connection under the reply to QUIT: it may be closed right behind it. */
    void saidBye() {
        saidBye = true;
    }

    void inputEnded() {
        inputEnded = true;
    }

    boolean hasInputEnded() {
        return inputEnded;
    }

    boolean hasBegun() {
        return begun;
    }

    /** Nothing is owed any more. Once. */
    void begin() {
        begun = true;
        Channel channel = replies.channel();
        deadline.start(LAST_WORD, Limits.IDLE.key());
        replies.flush();
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
            SslHandler tls = channel.pipeline().get(SslHandler.class);
            if (tls == null && saidBye) {
                channel.close();
            } else if (tls == null) {
                finish(channel);
            } else {
                tls.closeOutbound().addListener(notified -> finish(channel));
            }
        });
    }

    private void finish(Channel channel) {
        if (inputEnded || !(channel instanceof DuplexChannel duplex)) {
            channel.close();
        } else if (channel.isActive()) {
            duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
            deadline.start(LINGER, Limits.IDLE.key());
        }
    }
}
