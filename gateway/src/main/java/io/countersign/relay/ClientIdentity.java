package io.countersign.relay;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who the MTA is to believe it talks to (XCLIENT, PROXY protocol). Two transactions of equal identity may share a connection.
 *
 * @param address the client's (that of a trusted PROXY header where there is one)
 * @param local the address the client connected to
 * @param nameState what {@code name} is worth: confirmed, not confirmed, does not exist, or not known now
 * @param name reverse name (letters, digits, hyphens, dots), or null
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
        /** There is a PTR with {@code name}, which does not lead back: an MTA that lists REVERSE_NAME is told, NAME is {@code [UNAVAILABLE]}. */
        UNCONFIRMED,
        /** No name: {@code [UNAVAILABLE]}. */
        UNAVAILABLE,
        /** Not known (yet): {@code [TEMPUNAVAIL]}. */
        PENDING
    }

    public enum Protocol {
        SMTP,
        ESMTP
    }
}
