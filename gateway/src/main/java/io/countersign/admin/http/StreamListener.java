package io.countersign.admin.http;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Who listens to a stream: cut off as soon as more waits for him than the channel's high-water mark. Any thread. */
final class StreamListener implements EventStream.Listener {
    /** A comment that often: who has gone without a word is found out. */
    private static final int ALIVE_SECONDS = 15;

    private final Channel channel;
    private final HttpMeters meters;
    private final AtomicBoolean cut = new AtomicBoolean();

    private StreamListener(Channel channel, HttpMeters meters) {
        this.channel = channel;
        this.meters = meters;
    }

    /** On the channel's event loop. */
    static void open(ChannelHandlerContext ctx, HttpMeters meters, EventStream stream) {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
        HttpSession.guard(head.headers());
        HttpUtil.setTransferEncodingChunked(head, true);
        ctx.writeAndFlush(head);
        StreamListener listener = new StreamListener(ctx.channel(), meters);
        var alive = ctx.executor()
                .scheduleAtFixedRate(() -> listener.write(":\n\n"), ALIVE_SECONDS, ALIVE_SECONDS, TimeUnit.SECONDS);
        ctx.channel().closeFuture().addListener(closed -> alive.cancel(false));
        stream.begin().accept(listener);
    }

    @Override
    public void send(String event, String data) {
        write("event: " + event + "\ndata: " + data + "\n\n");
    }

    private void write(String text) {
        if (channel.isWritable()) {
            channel.writeAndFlush(new DefaultHttpContent(ByteBufUtil.writeUtf8(channel.alloc(), text)));
        } else if (channel.isActive() && cut.compareAndSet(false, true)) {
            meters.cut(HttpMeters.Cut.TOO_SLOW);
            channel.close();
        }
    }

    @Override
    public void whenGone(Runnable action) {
        channel.closeFuture().addListener(closed -> action.run());
    }

    @Override
    public void close() {
        channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(written -> channel.close());
    }
}
