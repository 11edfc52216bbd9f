package io.countersign.relay;

import io.countersign.config.BackendSettings;
import io.countersign.config.BackendSettings.TlsMode;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.io.File;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The MTA as it is configured now, with what was read from files. Replaced as a whole on reload; a connection remembers the one
 * it was dialled for.
 *
 * @param hostname our own name, for EHLO where no client's identity is passed on
 * @param tls null when {@code tls = off}
 */
record Backend(
        BackendSettings settings, String hostname, @Nullable SslContext tls) {
    /** Reads the CA file; blocks. @throws SSLException when it holds no certificates that can be used */
    static Backend of(BackendSettings settings, String hostname) throws SSLException {
        return new Backend(settings, hostname, tlsFor(settings.tls(), settings.caFile()));
    }

    private static @Nullable SslContext tlsFor(TlsMode mode, Optional<String> caFile) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forClient();
        try {
            switch (mode) {
                case OFF -> {
                    return null;
                }
                // Encryption without authentication: nothing is checked, so nothing can fail for a wrong name.
                case OPPORTUNISTIC, REQUIRED ->
                    builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm(null);
                case VERIFIED -> {
                    builder.endpointIdentificationAlgorithm("HTTPS");
                    caFile.ifPresent(file -> builder.trustManager(new File(file)));
                }
            }
            SslContext context = builder.build();
            if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
                // Connections are pooled, so a session would save little; and what it keeps lies outside the heap.
                sessions.setSessionCacheEnabled(false);
            }
            return context;
        } catch (IllegalArgumentException e) {
            throw new SSLException("backend.ca-file: " + e.getMessage(), e);
        }
    }

    /** Whether a connection dialled under {@code other} may serve under this one. */
    boolean leadsToSameMta(Backend other) {
        return this == other
                || (settings.address().equals(other.settings.address())
                        && settings.tls() == other.settings.tls()
                        && settings.caFile().equals(other.settings.caFile())
                        && settings.clientIdentity() == other.settings.clientIdentity());
    }

    /** Frees what TLS keeps outside the heap; nothing is dialled with this one any more. */
    void release() {
        if (tls != null) {
            ReferenceCountUtil.release(tls);
        }
    }

    long replyNanos() {
        return settings.timeouts().reply().toNanos();
    }

    long endOfDataNanos() {
        return settings.timeouts().endOfData().toNanos();
    }
}
