package io.countersign.relay;

import io.countersign.relay.ConnectionUse.Bearing;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Connections of one event loop that nobody uses, oldest first. On the loop, but for {@link #size}. */
final class IdleConnections {
    private final ArrayDeque<MtaConnection> idle = new ArrayDeque<>();
    private final MtaState state;
    private final IdentityPolicy identities;
    private volatile int size;

    IdleConnections(MtaState state, IdentityPolicy identities) {
        this.state = state;
        this.identities = identities;
    }

    /** Any thread. */
    int size() {
        return size;
    }

    void add(MtaConnection connection) {
        idle.addLast(connection);
        size = idle.size();
    }

    void remove(MtaConnection connection) {
        if (idle.remove(connection)) {
            size = idle.size();
        }
    }

    /** The one that was used longest ago; it stays. */
    @Nullable
    MtaConnection oldest() {
        return idle.peek();
    }

    /** One that carries this client, the one used last: its session may be in the middle of many messages. */
    @Nullable
    MtaConnection takeSame(ClientIdentity client) {
        return take(idle.descendingIterator(), connection -> connection.use().serves(client));
    }

    /** One that may be given another identity, and that no living session may come back for; the one used longest ago. */
    @Nullable
    MtaConnection takeFree() {
        return take(
                idle.iterator(),
                connection -> isChangeable(connection) && !connection.use().isOwned());
    }

    /** One that may be given another identity. */
    @Nullable
    MtaConnection takeAny() {
        return take(idle.iterator(), this::isChangeable);
    }

    private @Nullable MtaConnection take(Iterator<MtaConnection> each, Predicate<MtaConnection> wanted) {
        while (each.hasNext()) {
            MtaConnection connection = each.next();
            if (wanted.test(connection) && isFit(connection)) {
                each.remove();
                size = idle.size();
                return connection;
            }
        }
        return null;
    }

    /** Whether a transaction may begin on it, as the configuration is now. */
    boolean isFit(MtaConnection connection) {
        Backend now = state.backend();
        return connection.isInStep()
                && !connection.use().isWorn(now.settings().pool())
                && connection.backend().leadsToSameMta(now);
    }

    /** Whether it serves no other client any more. */
    boolean isFixed(MtaConnection connection) {
        Bearing bearing = connection.use().bearing();
        return bearing == Bearing.FIXED || (bearing == Bearing.CHANGEABLE && identities.isOneClient());
    }

    private boolean isChangeable(MtaConnection connection) {
        Bearing bearing = connection.use().bearing();
        return bearing == Bearing.BLANK || (bearing == Bearing.CHANGEABLE && !isFixed(connection));
    }
}
