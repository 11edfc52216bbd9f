package io.countersign.relay;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.config.BackendSettings.TlsMode;
import io.countersign.relay.ConnectionUse.Bearing;
import io.countersign.smtp.Capabilities;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.StartTls;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings a connection to where a transaction can begin: greeting, EHLO, TLS, EHLO again, and the client's identity. Also gives
 * a connection another identity later. It waits for each reply, and has one time limit for all of them.
 */
final class MtaHandshake implements MtaConnection.User {
    /** How it ended. */
    interface Outcome {
        void ready(MtaConnection connection);

        /** The connection is closed. @param kind whose trouble it is */
        void failed(MtaAnswer why, Failure kind);
    }

    enum Failure {
        /** The MTA, or the way to it. */
        MTA,
        /** TLS could not be established, and it is not insisted on. */
        TLS,
        /** The MTA does not want this client, or not as a second one on this connection, and said so. */
        CLIENT,
        /** It was lost when it had been told of the client: that may mean anything. */
        CLIENT_LOST
    }

    private final MtaConnection connection;
    private final IdentityPolicy identities;
    private final Consumer<Capabilities> learnt;
    private final Outcome outcome;
    private final @Nullable ClientIdentity client;
    private final ClientIdentityMode mode;
    private String serverName = "";
    private boolean inClear;
    /** From here on the MTA may be speaking of the client. */
    private boolean clientIsKnown;

    private boolean done;

    /** @param client null for a connection that is made to see whether the MTA is there */
    MtaHandshake(
            MtaConnection connection,
            @Nullable ClientIdentity client,
            IdentityPolicy identities,
            Consumer<Capabilities> learnt,
            Outcome outcome) {
        this.connection = connection;
        this.client = client;
        this.identities = identities;
        this.learnt = learnt;
        this.outcome = outcome;
        this.mode = connection.backend().settings().clientIdentity();
    }

    /** A new connection, just connected. @param serverName the MTA's configured name, for TLS */
    void begin(String serverName, Encryption encryption) {
        this.serverName = serverName;
        inClear = encryption == Encryption.AVOIDED;
        clientIsKnown = mode == ClientIdentityMode.PROXY_PROTOCOL && client != null;
        take();
        connection.onGreeting(reply -> {
            if (reply.isPositive()) {
                hello(this::introduced);
            } else {
                refused("greeting", reply);
            }
        });
    }

    /** An idle connection that has had another client's identity, or none. */
    void identify() {
        take();
        passIdentity();
    }

    enum Encryption {
        AS_CONFIGURED,
        /** It failed a moment ago, and is not insisted on. */
        AVOIDED
    }

    private void take() {
        connection.takenBy(this);
        connection.deadlines().expireIn(connection.backend().replyNanos());
    }

    private void hello(Runnable then) {
        connection.send(new SmtpCommand.Ehlo(ourName()), reply -> {
            if (reply.isPositive()) {
                connection.learnt(Capabilities.fromReply(reply));
                then.run();
            } else if (reply.code() == 500 || reply.code() == 502) {
                connection.send(new SmtpCommand.Helo(ourName()), answer -> {
                    connection.learnt(Capabilities.NONE);
                    if (answer.isPositive()) {
                        then.run();
                    } else {
                        refused("HELO", answer);
                    }
                });
            } else {
                refused("EHLO", reply);
            }
        });
    }

    /** The client's own word once the MTA believes to talk to it: what it checks and writes down then is what it would have without us. */
    private String ourName() {
        String helo = clientIsKnown && client != null ? client.helo() : "";
        return isPrintableWord(helo) ? helo : connection.backend().hostname();
    }

    private static boolean isPrintableWord(String text) {
        return !text.isEmpty() && text.length() <= 255 && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    private void introduced() {
        SslContext tls = connection.backend().tls();
        if (tls == null || inClear) {
            established();
        } else if (connection.capabilities().has("STARTTLS")) {
            startTls(tls);
        } else if (connection.backend().settings().tls() == TlsMode.OPPORTUNISTIC) {
            established();
        } else {
            fail(new MtaAnswer.Misconfigured("backend.tls asks for TLS and the MTA does not offer it"), Failure.MTA);
        }
    }

    private void startTls(SslContext tls) {
        connection.send(SmtpCommand.Plain.STARTTLS, reply -> {
            if (!reply.isPositive()) {
                tlsFailed("STARTTLS refused: " + reply);
                return;
            }
            int port = connection.channel().remoteAddress() instanceof InetSocketAddress remote ? remote.getPort() : 25;
            long millis = TimeUnit.NANOSECONDS.toMillis(connection.backend().replyNanos());
            StartTls.client(connection.channel(), tls, serverName, port, Math.max(1, millis))
                    .addListener((Future<Object> handshake) -> {
                        if (done) {
                            return;
                        }
                        if (handshake.isSuccess()) {
                            hello(this::established);
                        } else {
                            tlsFailed("TLS handshake failed: " + Details.of(handshake.cause()));
                        }
                    });
        });
    }

    private void tlsFailed(String why) {
        boolean optional = connection.backend().settings().tls() == TlsMode.OPPORTUNISTIC;
        fail(
                optional ? new MtaAnswer.Unreachable(why) : new MtaAnswer.Misconfigured("backend.tls: " + why),
                optional ? Failure.TLS : Failure.MTA);
    }

    private void established() {
        if (!clientIsKnown || mode == ClientIdentityMode.PROXY_PROTOCOL) {
            learnt.accept(connection.capabilities());
        }
        switch (mode) {
            case NONE -> ready(Bearing.ANYONE, null);
            case PROXY_PROTOCOL -> ready(Bearing.FIXED, client);
            case AUTO, XCLIENT -> passIdentity();
        }
    }

    private void passIdentity() {
        if (client == null) {
            ready(Bearing.BLANK, null);
            return;
        }
        ArrayDeque<SmtpCommand.Xclient> lines = new ArrayDeque<>(
                XclientLines.of(client, connection.capabilities().parameters("XCLIENT")));
        if (!lines.isEmpty()) {
            sendIdentity(lines);
        } else if (mode == ClientIdentityMode.AUTO) {
            identities.notOffered(connection.label());
            ready(Bearing.ANYONE, null);
        } else {
            fail(
                    new MtaAnswer.Misconfigured("backend.client-identity is xclient and the MTA does not offer it"),
                    Failure.MTA);
        }
    }

    private void sendIdentity(ArrayDeque<SmtpCommand.Xclient> lines) {
        SmtpCommand.Xclient line = lines.remove();
        // Whatever comes now may be about the client: a blocked one must not make the MTA look broken.
        clientIsKnown = true;
        connection.send(line, reply -> {
            if (!reply.isPositive()) {
                identities.refused(connection.label(), reply);
                identityRefused(reply);
            } else if (!lines.isEmpty()) {
                sendIdentity(lines);
            } else {
                hello(() ->
                        ready(connection.capabilities().has("XCLIENT") ? Bearing.CHANGEABLE : Bearing.FIXED, client));
            }
        });
    }

    /**
     * A refusal may be the MTA's view of this client (Postfix runs its client restrictions at XCLIENT), and then it is passed
     * on; what is about the command or our right to it never is.
     */
    private void identityRefused(SmtpReply reply) {
        boolean aboutCommand = (reply.code() >= 500 && reply.code() <= 504)
                || reply.enhancedStatus().filter(status -> status.is(7, 0)).isPresent();
        fail(
                aboutCommand ? new MtaAnswer.Misconfigured("XCLIENT refused: " + reply) : new MtaAnswer.Replied(reply),
                Failure.CLIENT);
    }

    private void refused(String command, SmtpReply reply) {
        if (clientIsKnown && reply.isPermanent()) {
            fail(new MtaAnswer.Replied(reply), Failure.CLIENT);
        } else {
            fail(new MtaAnswer.Unreachable(connection.label() + ": " + command + " refused: " + reply), owner());
        }
    }

    private Failure owner() {
        return clientIsKnown ? Failure.CLIENT_LOST : Failure.MTA;
    }

    private void ready(Bearing bearing, @Nullable ClientIdentity as) {
        done = true;
        connection.use().bears(bearing, as);
        connection.deadlines().clearExpiry();
        connection.takenBy(null);
        outcome.ready(connection);
    }

    private void fail(MtaAnswer why, Failure kind) {
        if (!done) {
            done = true;
            connection.cut();
            outcome.failed(why, kind);
        }
    }

    @Override
    public void onGone(MtaAnswer why) {
        if (!done) {
            done = true;
            outcome.failed(new MtaAnswer.Unreachable(Details.of(why)), owner());
        }
    }
}
