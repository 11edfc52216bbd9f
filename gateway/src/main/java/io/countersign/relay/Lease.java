package io.countersign.relay;

import io.countersign.relay.MtaTransaction.RecipientAnswer.At;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/** One transaction's wish for a connection, and its hold of one afterwards. Belongs to its event loop. */
final class Lease {
    /** Who asked. Exactly one of the two is called, once, unless the lease is cancelled before. */
    interface Taker {
        /** The connection is the taker's until it is given back or lost. */
        void taken(MtaConnection connection);

        /** @param at MAIL when the MTA refused this client, CONNECTION when there is no word of it */
        void notTaken(MtaAnswer why, At at);
    }

    enum Wanted {
        ANY,
        /** Not one that was used before: that one was stale. */
        NEW
    }

    final ClientIdentity client;
    final Object clientKey;
    final Taker taker;
    Wanted wanted;
    boolean cancelled;
    /** The MTA refused this client as the second of a connection. */
    boolean refusedAsSecond;

    long since;

    Lease(ClientIdentity client, Wanted wanted, Taker taker) {
        this.client = client;
        this.clientKey = keyOf(client.address().getAddress());
        this.wanted = wanted;
        this.taker = taker;
    }

    /** By what connections of one client are counted: an IPv4 address, or the /64 that one IPv6 customer has. */
    private static Object keyOf(InetAddress address) {
        return address instanceof Inet6Address six
                ? (Object) ByteBuffer.wrap(six.getAddress()).getLong()
                : address == null ? "" : address;
    }
}
