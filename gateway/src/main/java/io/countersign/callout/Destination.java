package io.countersign.callout;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Whom we talk to. Equal destinations may share a connection: the name matters beside the address, since a host may answer for
 * several names and TLS asks for one.
 *
 * @param exchanger host name in lower case
 * @param socket the resolved address that is dialled, no other
 */
record Destination(String exchanger, InetSocketAddress socket) {
    Destination {
        if (socket.isUnresolved()) {
            throw new IllegalArgumentException("only an address that was looked at may be dialled: " + socket);
        }
    }

    InetAddress address() {
        return socket.getAddress();
    }

    @Override
    public String toString() {
        return exchanger + " [" + address().getHostAddress() + "]:" + socket.getPort();
    }
}
