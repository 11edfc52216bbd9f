package io.countersign.smtp.codec;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;

/** The switch to TLS in both roles (RFC 3207). Refuses to start when plaintext was buffered beyond the switch (CVE-2011-0411). */
public final class StartTls {
    private StartTls() {}

    /**
     * Server: writes and flushes the {@code 220} in clear, then TLS. Call with the decoder's turn held; yields it.
     *
     * @return the handshake: completes with the channel, or fails ({@link PlaintextBufferedException}, SSLException, time-out)
     */
    public static Future<Channel> server(Channel channel, SslContext context, long handshakeTimeoutMillis) {
        throw new AssertionError("P2 " + channel + context + handshakeTimeoutMillis);
    }

    /** Client: after the peer's 220. @param peerHost for SNI and, in a verifying context, the name check; may not be an address literal */
    public static Future<Channel> client(
            Channel channel, SslContext context, String peerHost, int peerPort, long handshakeTimeoutMillis) {
        throw new AssertionError("P2 " + channel + context + peerHost + peerPort + handshakeTimeoutMillis);
    }

    /** Octets in clear stood behind STARTTLS or its 220. */
    public static final class PlaintextBufferedException extends Exception {
        private static final long serialVersionUID = 1L;

        PlaintextBufferedException() {
            super("plaintext buffered behind STARTTLS", null, false, false);
        }
    }
}
