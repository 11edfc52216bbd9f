package io.countersign.smtp.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpLimits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A server decoder in a channel, with a session behind it that answers nothing: it takes content where DATA or BDAT announce
 * it, and writes down what it was told, adjoining pieces of content as one.
 */
final class ServerSide implements AutoCloseable {
    final SmtpServerDecoder decoder;
    final EmbeddedChannel channel;
    /** Called for each message, after it was written down. */
    Consumer<ClientInput> session = input -> {};

    BareNewline bareNewline = BareNewline.REJECT;
    int readsCompleted;

    private final List<String> heard = new ArrayList<>();
    private final StringBuilder content = new StringBuilder();

    ServerSide() {
        this(SmtpLimits.DEFAULT);
    }

    ServerSide(SmtpLimits limits) {
        decoder = new SmtpServerDecoder(limits);
        channel = new EmbeddedChannel(decoder, new Session());
    }

    static List<String> read(BareNewline bareNewline, String wire, int... cuts) {
        try (ServerSide server = new ServerSide()) {
            server.bareNewline = bareNewline;
            server.send(wire, cuts);
            return server.heard();
        }
    }

    void send(String wire, int... cuts) {
        int from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i < cuts.length ? cuts[i] : wire.length();
            ByteBuf octets = channel.alloc().buffer(to - from);
            octets.writeCharSequence(wire.substring(from, to), ISO_8859_1);
            channel.writeInbound(octets);
            from = to;
        }
    }

    List<String> heard() {
        settleContent();
        return List.copyOf(heard);
    }

    @Override
    public void close() {
        channel.finishAndReleaseAll();
    }

    private void settleContent() {
        if (content.length() > 0) {
            heard.add("content " + printable(content.toString()));
            content.setLength(0);
        }
    }

    static String printable(String text) {
        return text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
    }

    static int[] everyOctet(String wire) {
        int[] cuts = new int[wire.length() - 1];
        for (int i = 0; i < cuts.length; i++) {
            cuts[i] = i + 1;
        }
        return cuts;
    }

    private final class Session extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ClientInput input = (ClientInput) message;
            if (input instanceof ClientInput.Content piece) {
                content.append(piece.octets().toString(ISO_8859_1));
                piece.octets().release();
            } else {
                settleContent();
                heard.add(describe(input));
            }
            if (input instanceof ClientInput.Command command) {
                if (command.command().kind() == SmtpCommand.Kind.DATA) {
                    decoder.expectContent(bareNewline);
                } else if (command.command() instanceof SmtpCommand.Bdat bdat) {
                    decoder.expectChunk(
                            bdat.size(),
                            bdat.last()
                                    ? SmtpServerDecoder.ChunkPosition.LAST
                                    : SmtpServerDecoder.ChunkPosition.MORE_FOLLOW,
                            bareNewline);
                }
            }
            session.accept(input);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            readsCompleted++;
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            settleContent();
            heard.add("inactive");
        }
    }

    private static String describe(ClientInput input) {
        if (input instanceof ClientInput.Command command) {
            SmtpCommand said = command.command();
            if (said instanceof SmtpCommand.Mail mail) {
                return "MAIL " + mail.from();
            }
            if (said instanceof SmtpCommand.Rcpt rcpt) {
                return "RCPT " + rcpt.to();
            }
            if (said instanceof SmtpCommand.Bdat bdat) {
                return "BDAT " + bdat.size() + (bdat.last() ? " LAST" : "");
            }
            return said.kind().name();
        }
        if (input instanceof ClientInput.Fault fault) {
            return "fault " + (fault.framing() == null ? fault.verb() + " " + fault.reply() : fault.framing());
        }
        if (input instanceof ClientInput.ContentFault fault) {
            return "content fault " + fault.fault();
        }
        if (input instanceof ClientInput.ContentEnd end) {
            return "end " + end.octets() + (end.fault() == null ? "" : " " + end.fault());
        }
        return "out of turn";
    }
}
