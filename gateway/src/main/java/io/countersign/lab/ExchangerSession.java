package io.countersign.lab;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** One connection to a {@link LabExchanger}: lines in, acts out. All on the connection's event loop. */
final class ExchangerSession extends ChannelInboundHandlerAdapter {
    private static final int LONGEST_LINE = 1 << 16;
    private static final int MOST_WAITING = 10_000;

    private final LabExchanger exchanger;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final Deque<String> waiting = new ArrayDeque<>();
    private @Nullable Performer performer;
    private @Nullable LabSession session;
    private boolean greeted;
    private boolean busy;
    private boolean draining;
    private boolean secure;
    private boolean inContent;
    private boolean quitting;
    private boolean helo;
    private @Nullable String sender;
    private int accepted;

    ExchangerSession(LabExchanger exchanger) {
        this.exchanger = exchanger;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        String client =
                ((InetSocketAddress) ctx.channel().remoteAddress()).getAddress().getHostAddress();
        LabSession opened = exchanger.opened(ctx.channel(), client);
        session = opened;
        Performer acting = new Performer(ctx.channel(), exchanger.tls(), opened::server);
        performer = acting;
        busy = true;
        Act greeting = scripted(
                new Heard(LabStage.GREETING, "", client, opened.number()),
                Act.reply("220 " + exchanger.behaviour().hostname() + " ESMTP ready"));
        Act connect = exchanger
                .behaviour()
                .script()
                .find(new Heard(LabStage.CONNECT, "", client, opened.number()))
                .map(act -> act.then(greeting))
                .orElse(greeting);
        perform(acting, connect.after(exchanger.behaviour().pace()));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (!greeted) {
                session().violation("talked before the greeting");
            }
            while (in.isReadable()) {
                byte octet = in.readByte();
                if (octet == '\n') {
                    lineEnded();
                } else if (line.size() < LONGEST_LINE) {
                    line.write(octet);
                }
            }
        } finally {
            in.release();
        }
        performer().gather();
        drain();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        performer().flush();
    }

    private void lineEnded() {
        byte[] octets = line.toByteArray();
        line.reset();
        int length = octets.length;
        if (length > 0 && octets[length - 1] == '\r') {
            length--;
        } else {
            session().violation("bare LF");
        }
        String text = new String(octets, 0, length, StandardCharsets.UTF_8);
        session().client(text);
        if (greeted
                && (busy || !waiting.isEmpty())
                && !inContent
                && !exchanger.behaviour().offers("PIPELINING")) {
            session().violation("did not wait for the reply before: " + text);
        }
        if (waiting.size() < MOST_WAITING) {
            waiting.addLast(text);
        }
    }

    private void drain() {
        if (draining) {
            return;
        }
        draining = true;
        while (!busy && !waiting.isEmpty()) {
            take(waiting.removeFirst());
        }
        draining = false;
    }

    private void take(String text) {
        if (inContent) {
            if (text.equals(".")) {
                inContent = false;
                answer(
                        LabStage.END_OF_DATA,
                        "",
                        Act.reply("250 2.0.0 Ok: queued as LAB" + session().number()));
                sender = null;
            }
            return;
        }
        LabStage stage = LabStage.of(text);
        Act act = answer(stage, text, proper(stage, text));
        if (!act.accepts()) {
            return;
        }
        switch (stage) {
            case EHLO, HELO -> {
                helo = true;
                sender = null;
            }
            case MAIL -> {
                sender = Heard.pathIn(text);
                accepted = 0;
            }
            case RCPT -> accepted++;
            case RSET -> sender = null;
            case STARTTLS -> {
                helo = false;
                if (!waiting.isEmpty()) {
                    session().violation("sent in clear after STARTTLS: " + waiting);
                    waiting.clear();
                }
            }
            case DATA -> inContent = act.code() == 354;
            case CONNECT, GREETING, XCLIENT, BDAT, END_OF_DATA, NOOP, VRFY, QUIT, OTHER -> {
                // Changes nothing.
            }
        }
    }

    private Act answer(LabStage stage, String text, Act proper) {
        if (stage == LabStage.RCPT) {
            exchanger.recipients().up();
        }
        LabSession current = session();
        Act act = scripted(new Heard(stage, text, current.client(), current.number()), proper);
        busy = true;
        quitting = stage == LabStage.QUIT;
        perform(performer(), act.after(exchanger.behaviour().pace()));
        return act;
    }

    private void perform(Performer acting, Act act) {
        acting.perform(act, () -> {
            greeted = true;
            busy = false;
            drain();
        });
    }

    private Act scripted(Heard heard, Act proper) {
        return exchanger.behaviour().script().find(heard).orElse(proper);
    }

    /** What an exchanger without quirks does. */
    private Act proper(LabStage stage, String text) {
        Behaviour behaviour = exchanger.behaviour();
        return switch (stage) {
            case EHLO, HELO -> behaviour.ehloReply(stage, offered(behaviour));
            case STARTTLS ->
                behaviour.offers("STARTTLS") && !secure
                        ? Act.reply("220 2.0.0 Ready to start TLS").then(Act.startTls())
                        : Act.reply("502 5.5.1 Error: command not implemented");
            case MAIL -> {
                if (!helo) {
                    yield Act.reply("503 5.5.1 Error: send HELO/EHLO first");
                }
                yield sender != null ? Act.reply("503 5.5.1 Error: nested MAIL command") : Act.reply("250 2.1.0 Ok");
            }
            case RCPT -> recipient(behaviour, Heard.pathIn(text));
            case DATA -> {
                if (sender == null) {
                    yield Act.reply("503 5.5.1 Error: need RCPT command");
                }
                yield accepted == 0
                        ? Act.reply("554 5.5.1 Error: no valid recipients")
                        : Act.reply("354 End data with <CR><LF>.<CR><LF>");
            }
            case RSET, NOOP -> Act.reply("250 2.0.0 Ok");
            case VRFY -> Act.reply("252 2.0.0 " + text.substring(Math.min(text.length(), 5)));
            case QUIT -> Act.reply("221 2.0.0 Bye").then(Act.close());
            case CONNECT, GREETING, XCLIENT, BDAT, END_OF_DATA, OTHER ->
                Act.reply("502 5.5.2 Error: command not recognized");
        };
    }

    private Act recipient(Behaviour behaviour, String path) {
        String from = sender;
        if (from == null) {
            return Act.reply("503 5.5.1 Error: need MAIL command");
        }
        if (!exchanger.letIn(session().client(), from, path)) {
            return Act.reply("450 4.2.0 <" + path + ">: Recipient address rejected: Greylisted, try again later");
        }
        return Act.reply(behaviour.mailboxes().answer(path));
    }

    private List<String> offered(Behaviour behaviour) {
        return secure
                ? behaviour.keywords().stream()
                        .filter(k -> !Behaviour.isKeyword(k, "STARTTLS"))
                        .toList()
                : behaviour.keywords();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
            secure = true;
            exchanger.handshakes().up();
        }
        ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        exchanger.open().down();
        boolean hungUp = performer().hungUp();
        session()
                .ended(quitting ? LabSession.Ending.QUIT : hungUp ? LabSession.Ending.HUNG_UP : LabSession.Ending.LEFT);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
        boolean peersDoing = cause instanceof java.io.IOException
                || cause instanceof io.netty.handler.codec.DecoderException && cause.getCause() instanceof SSLException;
        if (!peersDoing) {
            ctx.fireExceptionCaught(cause);
        }
    }

    private Performer performer() {
        Performer current = performer;
        if (current == null) {
            throw new IllegalStateException("read before the connection was there");
        }
        return current;
    }

    private LabSession session() {
        LabSession current = session;
        if (current == null) {
            throw new IllegalStateException("read before the connection was there");
        }
        return current;
    }
}
