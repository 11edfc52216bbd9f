package io.countersign.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One client: says what the plan says, counts how each message ended. On the generator's event loop. */
final class StormConnection extends SimpleChannelInboundHandler<ByteBuf> {
    private enum State {
        GREETING,
        EHLO,
        STARTTLS,
        EHLO_AGAIN,
        MAIL,
        RCPT,
        DATA,
        CONTENT,
        RSET,
        QUIT,
        /** It only holds its place. */
        IDLE,
        OVER
    }

    private final Storm storm;
    private final LoadPlan plan;
    private final @Nullable SslContext tls;
    private final boolean isHolder;
    private int left;
    private State state = State.GREETING;
    private long start = -1;
    private int refusal;
    private boolean arrived;
    private final ByteBuf content;

    /** @param messages how many it sends; 0: none, it holds its place */
    StormConnection(Storm storm, LoadPlan plan, @Nullable SslContext tls, int messages) {
        super(true);
        this.storm = storm;
        this.plan = plan;
        this.tls = tls;
        this.left = messages;
        this.isHolder = messages == 0;
        this.content = Contents.of(plan.size());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf line) {
        if (line.readableBytes() > 3 && line.getByte(line.readerIndex() + 3) == '-') {
            return;
        }
        int code = line.readableBytes() < 3
                ? 0
                : Integer.parseInt(line.toString(line.readerIndex(), 3, StandardCharsets.US_ASCII));
        switch (state) {
            case GREETING -> {
                if (code == 220) {
                    say(ctx, "EHLO client.fast.test\r\n", State.EHLO);
                } else {
                    ctx.close();
                }
            }
            case EHLO -> {
                if (tls != null && plan.wire() == LoadPlan.Wire.TLS) {
                    say(ctx, "STARTTLS\r\n", State.STARTTLS);
                } else {
                    next(ctx);
                }
            }
            case STARTTLS -> secure(ctx);
            case EHLO_AGAIN -> next(ctx);
            case MAIL -> afterMail(ctx, code);
            case RCPT -> afterRcpt(ctx, code);
            case DATA -> afterData(ctx, code);
            case CONTENT -> ended(ctx, refusal != 0 ? refusal : code);
            case RSET -> next(ctx);
            case QUIT -> ctx.close();
            case IDLE, OVER -> {
                // Whatever a server says to one that holds its place.
            }
        }
    }

    private void secure(ChannelHandlerContext ctx) {
        if (tls != null) {
            SslHandler handler = tls.newHandler(ctx.alloc());
            ctx.pipeline().addFirst(handler);
            handler.handshakeFuture().addListener(shaken -> {
                if (shaken.isSuccess()) {
                    say(ctx, "EHLO client.fast.test\r\n", State.EHLO_AGAIN);
                } else {
                    ctx.close();
                }
            });
        }
    }

    private void next(ChannelHandlerContext ctx) {
        if (isHolder) {
            state = State.IDLE;
            return;
        }
        arrive();
        start = left-- > 0 ? storm.nextStart() : -1;
        if (start < 0) {
            start = -1;
            say(ctx, "QUIT\r\n", State.QUIT);
            return;
        }
        refusal = 0;
        String mail = "MAIL FROM:<" + storm.sender() + ">\r\n";
        boolean pipelined = plan.wire() == LoadPlan.Wire.PIPELINED;
        say(ctx, pipelined ? mail + "RCPT TO:<r@local.test>\r\nDATA\r\n" : mail, State.MAIL);
    }

    private void arrive() {
        if (!arrived) {
            arrived = true;
            storm.arrived();
        }
    }

    private void afterMail(ChannelHandlerContext ctx, int code) {
        if (code >= 300) {
            refusal = code;
        }
        if (plan.wire() == LoadPlan.Wire.PIPELINED) {
            state = State.RCPT;
        } else if (refusal != 0) {
            ended(ctx, refusal);
        } else {
            say(ctx, "RCPT TO:<r@local.test>\r\n", State.RCPT);
        }
    }

    private void afterRcpt(ChannelHandlerContext ctx, int code) {
        if (code >= 300 && refusal == 0) {
            refusal = code;
        }
        if (plan.wire() == LoadPlan.Wire.PIPELINED) {
            state = State.DATA;
        } else if (refusal != 0) {
            ended(ctx, refusal);
        } else {
            say(ctx, "DATA\r\n", State.DATA);
        }
    }

    private void afterData(ChannelHandlerContext ctx, int code) {
        if (code == 354 && refusal == 0) {
            state = State.CONTENT;
            ctx.writeAndFlush(content.retainedDuplicate());
        } else if (code == 354) {
            say(ctx, ".\r\n", State.CONTENT);
        } else {
            ended(ctx, refusal != 0 ? refusal : code);
        }
    }

    private void ended(ChannelHandlerContext ctx, int code) {
        storm.tally().finished(code, start);
        start = -1;
        if (code < 300) {
            next(ctx);
        } else {
            say(ctx, "RSET\r\n", State.RSET);
        }
    }

    private void say(ChannelHandlerContext ctx, String line, State then) {
        state = then;
        ctx.writeAndFlush(Unpooled.copiedBuffer(line, StandardCharsets.US_ASCII));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        lost();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    /** The connection is gone, or never was. */
    void lost() {
        if (state != State.OVER) {
            boolean broken = state != State.QUIT;
            state = State.OVER;
            if (!isHolder) {
                arrive();
                storm.ended(broken);
            }
        }
    }
}
