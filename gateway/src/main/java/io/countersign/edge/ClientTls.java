package io.countersign.edge;

import io.countersign.config.ListenSettings;
import io.countersign.smtp.codec.StartTls;
import io.netty.channel.Channel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The certificate we show, and the switch to TLS. The context is replaced on reload; a bad key keeps the old one. Thread-safe. */
final class ClientTls {
    enum Failure {
        /** Octets in clear stood behind STARTTLS; nothing was said yet. */
        PLAINTEXT_BEHIND,
        /** The handshake failed; the channel is closed. */
        HANDSHAKE
    }

    private volatile @Nullable SslContext context;

    boolean isAvailable() {
        return context != null;
    }

    /** Reads the files again. @throws SSLException when they cannot be used; then nothing changed */
    void load(ListenSettings.Tls tls) throws SSLException {
        if (tls.files().certificate().isEmpty() || tls.files().key().isEmpty()) {
            replace(null);
            return;
        }
        try {
            replace(SslContextBuilder.forServer(
                            new File(tls.files().certificate().get()),
                            new File(tls.files().key().get()))
                    .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
                    .protocols(tls.minimum().equals("TLSv1.3") ? List.of("TLSv1.3") : List.of("TLSv1.2", "TLSv1.3"))
                    .build());
        } catch (IllegalArgumentException e) {
            throw new SSLException(e.getMessage(), e);
        }
    }

    /** Connections that use the old one keep it alive. */
    private synchronized void replace(@Nullable SslContext fresh) {
        SslContext old = context;
        context = fresh;
        ReferenceCountUtil.release(old);
    }

    /** Nobody gets TLS any more. */
    void close() {
        replace(null);
    }

    /** Returns a reference of the caller's own, so that a reload in between does not pull it away. */
    private synchronized @Nullable SslContext borrow() {
        SslContext now = context;
        return now == null ? null : ReferenceCountUtil.retain(now);
    }

    /**
     * Answers 220 and switches. On the channel's event loop; one of the two is called there, once.
     *
     * @param within longest handshake
     * @param secured gets {@code TLSv1.3:CIPHER}
     */
    void upgrade(Channel channel, Duration within, Consumer<String> secured, Consumer<Failure> failed) {
        SslContext now = borrow();
        if (now == null) {
            failed.accept(Failure.HANDSHAKE);
            return;
        }
        Future<Channel> switching;
        try {
            switching = StartTls.server(channel, now, within.toMillis());
            if (channel.pipeline().get(SslHandler.class) != null) {
                channel.pipeline().addFirst(new AlpnGate());
            }
        } finally {
            ReferenceCountUtil.release(now);
        }
        switching.addListener(handshake -> {
            if (handshake.isSuccess()) {
                SSLSession session =
                        channel.pipeline().get(SslHandler.class).engine().getSession();
                secured.accept(session.getProtocol() + ":" + session.getCipherSuite());
            } else {
                failed.accept(
                        handshake.cause() instanceof StartTls.PlaintextBufferedException
                                ? Failure.PLAINTEXT_BEHIND
                                : Failure.HANDSHAKE);
            }
        });
    }
}
