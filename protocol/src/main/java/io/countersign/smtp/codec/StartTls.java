package io.countersign.smtp.codec;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpReply;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * The switch to TLS in both roles (RFC 3207). Refuses to start when plaintext was buffered beyond the switch (CVE-2011-0411);
 * plaintext that arrives later is not TLS, and the handshake fails with it. Belongs to the channel's event loop.
 *
 * <p>When the handshake fails after it began, the channel is closed: there is nothing to say to a peer whose next octet has no
 * known meaning.
 */
public final class StartTls {
    private static final SmtpReply READY = SmtpReply.of(220, EnhancedStatus.of(2, 0, 0), "Ready to start TLS");

    private StartTls() {}

    /**
     * Server: writes and flushes the {@code 220} in clear, then TLS. Call with the decoder's turn held; yields it, unless it
     * refuses: then nothing was written, and the session answers and closes.
     *
     * @param handshakeTimeoutMillis for the whole handshake, over 0
     * @return the handshake: completes with the channel, or fails ({@link PlaintextBufferedException}, SSLException, time-out)
     * @throws IllegalStateException when the pipeline has no {@link SmtpServerDecoder}, or TLS already
     */
    public static Future<Channel> server(Channel channel, SslContext context, long handshakeTimeoutMillis) {
        requireOverZero(handshakeTimeoutMillis);
        SmtpServerDecoder decoder = find(channel, SmtpServerDecoder.class);
        if (decoder.hasBuffered()) {
            return channel.eventLoop().newFailedFuture(new PlaintextBufferedException());
        }
        // The line stands in the socket's outbound queue, below every handler, before TLS is there to encrypt it.
        channel.writeAndFlush(READY);
        SslHandler tls = context.newHandler(channel.alloc());
        Future<Channel> handshake = install(channel, tls, handshakeTimeoutMillis);
        decoder.yieldTurn();
        return handshake;
    }

    /**
     * Client: after the peer's 220.
     *
     * @param peerHost for SNI (RFC 6066 §3: never an address) and, in a verifying context, the name check
     * @param handshakeTimeoutMillis for the whole handshake, over 0
     * @return as {@link #server}
     * @throws IllegalStateException when the pipeline has no {@link SmtpClientDecoder}, or TLS already
     */
    public static Future<Channel> client(
            Channel channel, SslContext context, String peerHost, int peerPort, long handshakeTimeoutMillis) {
        requireOverZero(handshakeTimeoutMillis);
        SmtpClientDecoder decoder = find(channel, SmtpClientDecoder.class);
        if (decoder.hasBuffered()) {
            return channel.eventLoop().newFailedFuture(new PlaintextBufferedException());
        }
        SslHandler tls = context.newHandler(channel.alloc(), peerHost, peerPort);
        serverName(peerHost).ifPresent(name -> askFor(tls.engine(), name));
        return install(channel, tls, handshakeTimeoutMillis);
    }

    private static Future<Channel> install(Channel channel, SslHandler tls, long handshakeTimeoutMillis) {
        tls.setHandshakeTimeoutMillis(handshakeTimeoutMillis);
        channel.pipeline().addFirst(tls);
        return tls.handshakeFuture();
    }

    /** For Netty, 0 means no limit at all. */
    private static void requireOverZero(long handshakeTimeoutMillis) {
        if (handshakeTimeoutMillis <= 0) {
            throw new IllegalArgumentException("handshake timeout " + handshakeTimeoutMillis);
        }
    }

    private static <H extends ChannelHandler> H find(Channel channel, Class<H> type) {
        if (channel.pipeline().get(SslHandler.class) != null) {
            throw new IllegalStateException("TLS already");
        }
        H handler = channel.pipeline().get(type);
        if (handler == null) {
            throw new IllegalStateException("no " + type.getSimpleName() + " in the pipeline");
        }
        return handler;
    }

    /** Without a name where the host is an address, or no name in the sense of RFC 6066 (an underscore, say). */
    private static Optional<SNIHostName> serverName(String host) {
        if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new SNIHostName(host.endsWith(".") ? host.substring(0, host.length() - 1) : host));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static void askFor(SSLEngine engine, SNIHostName name) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(List.of(name));
        engine.setSSLParameters(parameters);
    }

    /** Octets in clear stood behind STARTTLS or its 220. */
    public static final class PlaintextBufferedException extends Exception {
        private static final long serialVersionUID = 1L;

        PlaintextBufferedException() {
            super("plaintext buffered behind STARTTLS", null, false, false);
        }
    }
}
