package io.countersign.diagnosis;

import io.countersign.config.CalloutSettings;
import io.countersign.net.Transport;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.codec.SmtpClientDecoder;
import io.countersign.smtp.codec.SmtpClientEncoder;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.NetUtil;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import reactor.core.publisher.Mono;

/** Dials exchangers for the doctor. The caller has looked at the address and holds a permit. Any thread. */
final class Telephone {
    private final Transport transport;
    private final EventLoopGroup loops;
    /** Opportunistic, as callouts are: the question is whether TLS works, not whose certificate it is (RFC 7435). */
    private final SslContext tls;

    Telephone(Transport transport, EventLoopGroup loops) {
        this.transport = transport;
        this.loops = loops;
        try {
            this.tls = SslContextBuilder.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .endpointIdentificationAlgorithm(null)
                    .build();
            if (tls.sessionContext() instanceof OpenSslSessionContext sessions) {
                // The doctor hardly ever comes back while a session lives, and each exchanger would leave one here.
                sessions.setSessionCacheEnabled(false);
            }
        } catch (SSLException e) {
            throw new IllegalStateException("no TLS in this Java", e);
        }
    }

    /** @param host for SNI */
    Mono<Opening> dial(CalloutSettings settings, String host, InetAddress address, long deadline) {
        return Mono.create(sink -> {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            int millis =
                    (int) Math.max(1, Math.min(settings.timeouts().connect().toMillis(), left));
            Talk talk = new Talk(host, tls, settings.timeouts().reply(), deadline);
            Bootstrap bootstrap = new Bootstrap()
                    .group(loops.next())
                    .channelFactory(transport.stream())
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline()
                                    .addLast(
                                            new SmtpClientDecoder(SmtpLimits.DEFAULT),
                                            SmtpClientEncoder.INSTANCE,
                                            talk);
                        }
                    });
            InetSocketAddress to = new InetSocketAddress(address, settings.port());
            Optional<InetSocketAddress> from = source(settings, address);
            ChannelFuture connecting = from.isPresent() ? bootstrap.connect(to, from.get()) : bootstrap.connect(to);
            connecting.addListener(done ->
                    sink.success(done.isSuccess() ? new Opening.Connected(talk) : failure(done.cause(), millis)));
        });
    }

    private static Opening failure(Throwable cause, int millis) {
        if (cause instanceof ConnectTimeoutException) {
            return new Opening.Failed("no connection within " + millis + " ms");
        }
        String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (cause instanceof BindException
                || message.contains("network is unreachable")
                || message.contains("cannot assign")) {
            return new Opening.NoWay("no way there from this machine");
        }
        if (message.contains("refused")) {
            return new Opening.Failed("connection refused");
        }
        return new Opening.Failed(
                message.contains("no route")
                        ? "no route to host"
                        : "not reached: " + cause.getClass().getSimpleName());
    }

    private static Optional<InetSocketAddress> source(CalloutSettings settings, InetAddress to) {
        Optional<String> text = to instanceof Inet6Address
                ? settings.source().ipv6()
                : settings.source().ipv4();
        return text.filter(t -> !t.isEmpty())
                .map(NetUtil::createInetAddressFromIpAddressString)
                .map(local -> new InetSocketAddress(local, 0));
    }
}
