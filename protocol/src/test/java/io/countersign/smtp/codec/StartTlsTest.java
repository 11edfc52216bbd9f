package io.countersign.smtp.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.SmtpReply;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.LeakPresenceDetector;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StartTlsTest {
    private static final String READY = "220 2.0.0 Ready to start TLS\r\n";
    private static final long PATIENCE_MILLIS = 20_000;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<SslContext> contexts = new ArrayList<>();

    /** What both sides said and heard, as text, or the cause of a failed handshake. */
    private final BlockingQueue<Object> server = new LinkedBlockingQueue<>();

    private final BlockingQueue<Object> client = new LinkedBlockingQueue<>();

    @AfterEach
    void stopAndFindNoLeaks() throws Exception {
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        contexts.forEach(ReferenceCountUtil::release);
        LeakPresenceDetector.check();
    }

    @ParameterizedTest
    @CsvSource({"JDK,JDK", "JDK,OPENSSL", "OPENSSL,JDK", "OPENSSL,OPENSSL"})
    void both_roles_switch_and_go_on_encrypted(SslProvider serverProvider, SslProvider clientProvider)
            throws Exception {
        assumeAvailable(serverProvider);
        assumeAvailable(clientProvider);
        Channel listener = listen(server(serverProvider), PATIENCE_MILLIS);
        connect(listener, client(clientProvider), TestCertificate.HOST);

        assertThat(next(client)).isEqualTo("220 hello");
        assertThat(next(server)).isEqualTo("STARTTLS");
        assertThat(next(client)).isEqualTo("220 2.0.0 Ready to start TLS");
        assertThat(next(client)).isEqualTo("TLS");
        assertThat(next(server)).isEqualTo("TLS for [mx.example.org]");
        assertThat(next(server)).isEqualTo("NOOP");
        assertThat(next(client)).isEqualTo("250 ok");
    }

    @Test
    void no_server_name_is_sent_for_an_address_and_the_name_check_fails_for_another_host() throws Exception {
        Channel listener = listen(server(SslProvider.JDK), PATIENCE_MILLIS);
        connect(listener, client(SslProvider.JDK), "127.0.0.1");
        assertThat(next(client)).isEqualTo("220 hello");
        assertThat(next(server)).isEqualTo("STARTTLS");
        assertThat(next(client)).isEqualTo("220 2.0.0 Ready to start TLS");
        assertThat(next(client)).isInstanceOf(SSLHandshakeException.class);
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL"})
    void the_220_leaves_in_clear_before_anything_of_tls(SslProvider provider) throws Exception {
        assumeAvailable(provider);
        EmbeddedChannel channel = serverChannel();
        Future<Channel> handshake = StartTls.server(channel, server(provider), PATIENCE_MILLIS);
        channel.runPendingTasks();
        ByteBuf first = channel.readOutbound();
        assertThat(first.toString(ISO_8859_1)).isEqualTo(READY);
        first.release();
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(channel.pipeline().first()).isInstanceOf(SslHandler.class);
        assertThat(handshake.isDone()).isFalse();
        channel.finishAndReleaseAll();
        assertThat(handshake.isSuccess()).isFalse();
    }

    @Test
    void TL01_a_command_behind_starttls_in_the_same_segment_stops_the_switch() throws Exception {
        Channel listener = listen(server(SslProvider.JDK), PATIENCE_MILLIS);
        try (Socket socket = dial(listener)) {
            readLine(socket);
            say(socket, "STARTTLS\r\nMAIL FROM:<evil@b.example>\r\n");
            assertThat(next(server)).isEqualTo("STARTTLS");
            assertThat(next(server)).isInstanceOf(StartTls.PlaintextBufferedException.class);
            assertThat(next(server)).isEqualTo("out of turn");
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(server).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL"})
    void TL06_plaintext_after_the_220_fails_the_handshake_and_is_never_a_command(SslProvider provider)
            throws Exception {
        assumeAvailable(provider);
        Channel listener = listen(server(provider), PATIENCE_MILLIS);
        try (Socket socket = dial(listener)) {
            readLine(socket);
            say(socket, "STARTTLS\r\n");
            assertThat(readLine(socket)).isEqualTo(READY);
            say(socket, "MAIL FROM:<evil@b.example>\r\nQUIT\r\n");
            assertThat(next(server)).isEqualTo("STARTTLS");
            assertThat(next(server)).isInstanceOf(NotSslRecordException.class);
        }
        assertThat(server).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL"})
    void TL05_a_client_that_never_completes_its_hello_is_closed_at_the_time_limit(SslProvider provider)
            throws Exception {
        assumeAvailable(provider);
        Channel listener = listen(server(provider), 100);
        try (Socket socket = dial(listener)) {
            readLine(socket);
            say(socket, "STARTTLS\r\n");
            assertThat(readLine(socket)).isEqualTo(READY);
            say(socket, "\u0016\u0003\u0001"); // the beginning of a record
            assertThat(next(server)).isEqualTo("STARTTLS");
            assertThat(next(server)).isInstanceOf(SslHandshakeTimeoutException.class);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL"})
    void TL05_a_hello_of_a_megabyte_fails_the_handshake(SslProvider provider) throws Exception {
        assumeAvailable(provider);
        Channel listener = listen(server(provider), PATIENCE_MILLIS);
        try (Socket socket = dial(listener)) {
            readLine(socket);
            say(socket, "STARTTLS\r\n");
            assertThat(readLine(socket)).isEqualTo(READY);
            // The first record, of 2^14 octets, of a ClientHello of 2^20.
            say(socket, "\u0016\u0003\u0001\u0040\u0000\u0001\u0010\u0000\u0000\u0003\u0003" + "\0".repeat(16_378));
            assertThat(next(server)).isEqualTo("STARTTLS");
            assertThat(next(server)).isInstanceOf(SSLException.class);
        }
    }

    @Test
    void TL02_a_reply_behind_the_220_stops_the_switch_of_the_client() throws Exception {
        SslContext context = client(SslProvider.JDK);
        EmbeddedChannel channel = new EmbeddedChannel(new SmtpClientDecoder(SmtpLimits.DEFAULT));
        Object[] outcome = {null};
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                if (outcome[0] == null) {
                    outcome[0] = StartTls.client(ctx.channel(), context, TestCertificate.HOST, 25, PATIENCE_MILLIS)
                            .cause();
                }
            }
        });
        channel.writeInbound(Unpooled.copiedBuffer("220 go\r\n250 injected\r\n", ISO_8859_1));
        assertThat(outcome[0]).isInstanceOf(StartTls.PlaintextBufferedException.class);
        assertThat(channel.pipeline().get(SslHandler.class)).isNull();
        channel.finishAndReleaseAll();
    }

    @Test
    void TL04_a_second_switch_is_a_bug_of_the_session() throws Exception {
        SslContext context = server(SslProvider.JDK);
        EmbeddedChannel channel = serverChannel();
        StartTls.server(channel, context, PATIENCE_MILLIS);
        assertThatThrownBy(() -> StartTls.server(channel, context, PATIENCE_MILLIS))
                .isInstanceOf(IllegalStateException.class);
        channel.finishAndReleaseAll();
    }

    @Test
    void a_switch_without_a_time_limit_is_refused() throws Exception {
        SslContext context = server(SslProvider.JDK);
        EmbeddedChannel channel = serverChannel();
        assertThatThrownBy(() -> StartTls.server(channel, context, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(channel.<Object>readOutbound()).isNull();
        channel.finishAndReleaseAll();
    }

    private SslContext server(SslProvider provider) throws Exception {
        SslContext context = TestCertificate.server(provider);
        contexts.add(context);
        return context;
    }

    private SslContext client(SslProvider provider) throws Exception {
        SslContext context = TestCertificate.client(provider);
        contexts.add(context);
        return context;
    }

    private static EmbeddedChannel serverChannel() {
        return new EmbeddedChannel(new SmtpServerDecoder(SmtpLimits.DEFAULT), SmtpServerEncoder.INSTANCE);
    }

    private Channel listen(SslContext context, long handshakeMillis) throws Exception {
        return new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new SmtpServerDecoder(SmtpLimits.DEFAULT),
                                        SmtpServerEncoder.INSTANCE,
                                        new ServerSession(context, handshakeMillis));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
    }

    private void connect(Channel listener, SslContext context, String host) throws Exception {
        new Bootstrap()
                .group(loops)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new SmtpClientDecoder(SmtpLimits.DEFAULT),
                                        SmtpClientEncoder.INSTANCE,
                                        new ClientSession(context, host));
                    }
                })
                .connect(listener.localAddress())
                .sync();
    }

    private static Socket dial(Channel listener) throws Exception {
        InetSocketAddress address = (InetSocketAddress) listener.localAddress();
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout((int) PATIENCE_MILLIS);
        return socket;
    }

    private static void say(Socket socket, String text) throws Exception {
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
    }

    private static String readLine(Socket socket) throws Exception {
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            line.append((char) octet);
            if (octet == '\n') {
                break;
            }
        }
        return line.toString();
    }

    private static Object next(BlockingQueue<Object> heard) throws Exception {
        Object next = heard.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        assertThat(next).isNotNull();
        return next;
    }

    private static void assumeAvailable(SslProvider provider) {
        assumeTrue(
                provider == SslProvider.JDK || OpenSsl.isAvailable(),
                () -> "no OpenSSL on this platform: " + OpenSsl.unavailabilityCause());
    }

    private final class ServerSession extends ChannelInboundHandlerAdapter {
        private final SslContext context;
        private final long handshakeMillis;

        private ServerSession(SslContext context, long handshakeMillis) {
            this.context = context;
            this.handshakeMillis = handshakeMillis;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(SmtpReply.of(220, "hello"));
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof ClientInput.OutOfTurn) {
                server.add("out of turn");
                ctx.close();
                return;
            }
            SmtpCommand command = ((ClientInput.Command) message).command();
            server.add(command.kind().name());
            if (command.kind() != SmtpCommand.Kind.STARTTLS) {
                ctx.writeAndFlush(SmtpReply.of(250, "ok"));
                return;
            }
            ctx.pipeline().get(SmtpServerDecoder.class).holdTurn();
            StartTls.server(ctx.channel(), context, handshakeMillis).addListener((Future<Channel> done) -> {
                if (done.isSuccess()) {
                    ExtendedSSLSession session = (ExtendedSSLSession)
                            ctx.pipeline().get(SslHandler.class).engine().getSession();
                    List<String> names = session.getRequestedServerNames().stream()
                            .map(name -> new String(name.getEncoded(), ISO_8859_1))
                            .toList();
                    server.add("TLS for " + names);
                } else {
                    server.add(done.cause());
                }
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // the handshake's future has told
        }
    }

    private final class ClientSession extends ChannelInboundHandlerAdapter {
        private final SslContext context;
        private final String host;

        private ClientSession(SslContext context, String host) {
            this.context = context;
            this.host = host;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            SmtpReply reply = ((ServerInput.Reply) message).reply();
            client.add(reply.toString());
            if (reply.text().equals("hello")) {
                ctx.writeAndFlush(SmtpCommand.Plain.STARTTLS);
            } else if (reply.code() == 220) {
                StartTls.client(ctx.channel(), context, host, 25, PATIENCE_MILLIS)
                        .addListener((Future<Channel> done) -> {
                            client.add(done.isSuccess() ? "TLS" : done.cause());
                            ctx.writeAndFlush(SmtpCommand.Plain.NOOP);
                        });
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close(); // the handshake's future has told
        }
    }
}
