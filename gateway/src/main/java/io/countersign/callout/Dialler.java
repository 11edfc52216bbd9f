package io.countersign.callout;

import io.countersign.callout.CalloutSession.Ask;
import io.countersign.callout.CalloutSession.Birth;
import io.countersign.callout.Finding.Course;
import io.countersign.config.CalloutSettings;
import io.countersign.limit.Permit;
import io.countersign.net.Transport;
import io.countersign.smtp.SmtpLimits;
import io.countersign.smtp.codec.SmtpClientDecoder;
import io.countersign.smtp.codec.SmtpClientEncoder;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.NetUtil;
import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens connections to exchangers, and remembers the ones that wait. Any thread. */
final class Dialler {
    private static final Logger LOG = LoggerFactory.getLogger(Dialler.class);

    private final Transport transport;
    private final IdleSessions idle = new IdleSessions();
    /** Opportunistic (RFC 7435): whatever certificate comes is better than clear text. */
    private final SslContext tls;

    Dialler(Transport transport) {
        this.transport = transport;
        try {
            this.tls = SslContextBuilder.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .endpointIdentificationAlgorithm(null)
                    .build();
            if (tls.sessionContext() instanceof OpenSslSessionContext sessions) {
                // We hardly ever come back while a session lives, and each exchanger of the world would leave one here.
                sessions.setSessionCacheEnabled(false);
            }
        } catch (SSLException e) {
            throw new IllegalStateException("no TLS in this Java", e);
        }
    }

    /** A connection that waits occupies a place of its exchanger and of its network: never more than a quarter of either. */
    private static int mayWait(CalloutSettings.Limits limits) {
        int places =
                Math.min(limits.perExchanger().concurrent(), limits.perNetwork().concurrent());
        return Math.max(1, places / 4);
    }

    IdleSessions idle() {
        return idle;
    }

    /**
     * Dials and asks. However it goes, {@code ask} is told and the permit ends.
     *
     * @param loop the connection's event loop, and the caller's
     * @param mode whether TLS is wanted
     */
    void dial(
            EventLoop loop, CalloutSettings settings, Destination to, ProbeDialogue.Tls mode, Permit permit, Ask ask) {
        CalloutSettings.Timeouts timeouts = settings.timeouts();
        boolean keep = !settings.reuse().isZero();
        Birth birth = new Birth(
                to,
                settings.helo(),
                mode,
                tls,
                new CalloutSession.Limits(timeouts.greeting(), timeouts.reply()),
                keep ? session -> idle.keep(session, settings.reuse(), mayWait(settings.limits())) : null);
        CalloutSession session = new CalloutSession(birth, permit, ask);
        long left = (ask.deadline() - System.nanoTime()) / 1_000_000;
        int millis = (int) Math.max(1, Math.min(timeouts.connect().toMillis(), left));
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channelFactory(transport.stream())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new SmtpClientDecoder(SmtpLimits.DEFAULT), SmtpClientEncoder.INSTANCE, session);
                    }
                });
        InetSocketAddress from = source(settings, to.address());
        ChannelFuture connecting = from == null ? bootstrap.connect(to.socket()) : bootstrap.connect(to.socket(), from);
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                session.onNotConnected(notConnected(done.cause(), to, millis));
            }
        });
        connecting.channel().closeFuture().addListener(closed -> idle.forget(session));
    }

    /** The peer's failures are told apart from ours: no route from here at all, no port, no descriptor left. */
    private static Finding notConnected(Throwable cause, Destination to, int millis) {
        String whom = to.toString();
        if (cause instanceof ConnectTimeoutException) {
            return Finding.noted(
                    Reason.NO_ANSWER, Stage.CONNECT, whom + ": no connection within " + millis + " ms", Course.NEXT);
        }
        String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (cause instanceof BindException || message.contains("network is unreachable")) {
            return Finding.ours(
                    Reason.UNREACHABLE, Stage.CONNECT, whom + ": no way there from this machine", Course.NEXT);
        }
        if (cause instanceof NoRouteToHostException || message.contains("no route to host")) {
            return Finding.noted(Reason.UNREACHABLE, Stage.CONNECT, whom + ": no route to host", Course.NEXT);
        }
        if (cause instanceof ConnectException) {
            return Finding.noted(Reason.UNREACHABLE, Stage.CONNECT, whom + ": connection refused", Course.NEXT);
        }
        LOG.warn("cannot dial {}", whom, cause);
        return Finding.ours(
                Reason.UNREACHABLE,
                Stage.CONNECT,
                whom + ": cannot dial: " + cause.getClass().getSimpleName(),
                Course.NEXT);
    }

    private static @Nullable InetSocketAddress source(CalloutSettings settings, InetAddress to) {
        Optional<String> text = to instanceof Inet6Address
                ? settings.source().ipv6()
                : settings.source().ipv4();
        return text.filter(t -> !t.isEmpty())
                .map(t -> new InetSocketAddress(literal(t), 0))
                .orElse(null);
    }

    private static InetAddress literal(String text) {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(text);
        if (octets == null) {
            throw new IllegalArgumentException("callout.source: " + text + " is no address");
        }
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new AssertionError("four or sixteen octets are an address", e);
        }
    }
}
