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
        protocol = ClientIdentity.Protocol.SMTP;
    }

    void named(ClientName found) {
        name = found;
        if (waitingForName != null) {
            List<Consumer<ClientName>> waiting = waitingForName;
            waitingForName = null;
            waiting.forEach(w -> w.accept(found));
        }
    }

    /** At once if it is known, otherwise when it comes: the caller sees to it that it waits no longer than it may. */
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
        ClientName found = name;
        if (found == null) {
            return new ClientIdentity(address, local, ClientIdentity.NameState.PENDING, null, helo, protocol);
        }
        ClientIdentity.NameState state = switch (found.result()) {
            case PASS -> ClientIdentity.NameState.CONFIRMED;
            case FAIL ->
                found.name() == null ? ClientIdentity.NameState.UNAVAILABLE : ClientIdentity.NameState.UNCONFIRMED;
            case NONE -> ClientIdentity.NameState.UNAVAILABLE;
            case TEMPERROR -> ClientIdentity.NameState.PENDING;
        };
        boolean named = state == ClientIdentity.NameState.CONFIRMED || state == ClientIdentity.NameState.UNCONFIRMED;
        return new ClientIdentity(address, local, state, named ? found.name() : null, helo, protocol);
    }
}
