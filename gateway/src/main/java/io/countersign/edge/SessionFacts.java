package io.countersign.edge;

import io.countersign.dns.ClientName;
import io.countersign.relay.ClientIdentity;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is known about a client: grows while the session goes on. Belongs to the event loop. */
final class SessionFacts {
    final InetSocketAddress address;
    final InetSocketAddress local;
    final String ip;
    private String helo = "";
    private ClientIdentity.Protocol protocol = ClientIdentity.Protocol.SMTP;
    private @Nullable String tls;
    private @Nullable ClientName name;
    private @Nullable List<Consumer<ClientName>> waitingForName;

    SessionFacts(InetSocketAddress address, InetSocketAddress local) {
        this.address = address;
        this.local = local;
        this.ip = text(address.getAddress());
    }

    /** Without scope id. */
    static String text(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }

    void greeted(String name, ClientIdentity.Protocol by) {
        helo = name;
        protocol = by;
    }

    /** TLS is up: what was said in clear is forgotten (RFC 3207 §4.2). */
    void secured(String protocolAndCipher) {
        tls = protocolAndCipher;
        helo = "";
    }

    void named(ClientName found) {
        name = found;
        if (waitingForName != null) {
            List<Consumer<ClientName>> waiting = waitingForName;
            waitingForName = null;
            waiting.forEach(w -> w.accept(found));
        }
    }

    /** At once if it is known, otherwise when it comes. */
    void whenNamed(Consumer<ClientName> then) {
        if (name != null) {
            then.accept(name);
            return;
        }
        if (waitingForName == null) {
            waitingForName = new ArrayList<>(1);
        }
        waitingForName.add(then);
    }

    String helo() {
        return helo;
    }

    @Nullable
    String tls() {
        return tls;
    }

    @Nullable
    ClientName name() {
        return name;
    }

    @Nullable
    String confirmedName() {
        return name != null && name.result() == ClientName.Result.PASS ? name.name() : null;
    }

    boolean isExtended() {
        return protocol == ClientIdentity.Protocol.ESMTP;
    }

    ClientIdentity identity() {
        ClientIdentity.NameState state = name == null || name.result() == ClientName.Result.TEMPERROR
                ? ClientIdentity.NameState.PENDING
                : name.result() == ClientName.Result.PASS
                        ? ClientIdentity.NameState.CONFIRMED
                        : ClientIdentity.NameState.UNAVAILABLE;
        return new ClientIdentity(address, local, state, confirmedName(), helo, protocol);
    }
}
