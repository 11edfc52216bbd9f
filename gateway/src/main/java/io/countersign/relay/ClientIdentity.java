package io.countersign.relay;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who the MTA is to believe it talks to (XCLIENT, PROXY protocol). Two transactions of equal identity may share a connection.
 *
 * @param address the client's (that of a trusted PROXY header where there is one)
 * @param local the address the client connected to
 * @param nameState whether {@code name} was confirmed, does not exist, or is not known now
 * @param name confirmed reverse name (letters, digits, hyphens, dots), or null
 * @param helo argument of HELO or EHLO as given; encoded by the relay
 */
public record ClientIdentity(
        InetSocketAddress address,
        InetSocketAddress local,
        NameState nameState,
        @Nullable String name,
        String helo,
        Protocol protocol) {
    public enum NameState {
        CONFIRMED,
        /** No name, or not confirmed: {@code [UNAVAILABLE]}. */
        UNAVAILABLE,
        /** Not known (yet): {@code [TEMPUNAVAIL]}. */
        PENDING
    }

    public enum Protocol {
        SMTP,
        ESMTP
    }
}
