package io.countersign.relay;

import io.countersign.config.BackendSettings;
import io.countersign.limit.MtaBreaker;
import io.countersign.relay.ConnectionUse.Bearing;
import io.countersign.relay.Lease.Wanted;
import io.countersign.relay.MtaTransaction.RecipientAnswer.At;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop: a session's connection lives on the session's loop, so that nothing between the two
 * crosses a thread. Everything on the loop, except what says otherwise.
 *
 * <p>Who waits is served in order, but a client at its own limit ({@code connections-per-client}) does not hold up the others.
 * Between loops: a loop that has nothing free asks another to close an idle connection; one whose oldest waiter has waited half
 * of {@code backend.wait} gets the next connection that comes free anywhere.
 */
final class LoopPool {
    /** {@link #waitingSince} when nobody waits. */
    static final long NOBODY = Long.MIN_VALUE;

    private static final int SWEEP_MILLIS = 100;
    /** Waiting is bounded by {@code backend.wait} already; this bounds it in memory. */
    private static final int MAX_WAITING = 1_000;

    private final EventLoop loop;
    private final PoolShare share;
    private final MtaState state;
    private final MtaDialer dialer;
    private final IdentityPolicy identities;
    private final MtaMetrics metrics;

    private final Set<MtaConnection> all = new LinkedHashSet<>();
    /** Oldest first. */
    private final ArrayDeque<MtaConnection> idle = new ArrayDeque<>();

    private final ArrayDeque<Lease> waiting = new ArrayDeque<>();
    private boolean sweeping;
    private boolean serving;
    private volatile int idleCount;
    private volatile long waitingSince = NOBODY;

    LoopPool(
            EventLoop loop,
            PoolShare share,
            MtaState state,
            MtaDialer dialer,
            IdentityPolicy identities,
            MtaMetrics metrics) {
        this.loop = loop;
        this.share = share;
        this.state = state;
        this.dialer = dialer;
        this.identities = identities;
        this.metrics = metrics;
    }

    /** Any thread. */
    EventLoop loop() {
        return loop;
    }

    /** Any thread. */
    int idleCount() {
        return idleCount;
    }

    /** Any thread: since when the oldest waits, in the ticker's nanoseconds, or {@link #NOBODY}. */
    long waitingSince() {
        return waitingSince;
    }

    MtaState state() {
        return state;
    }

    MtaMetrics metrics() {
        return metrics;
    }

    private BackendSettings.Pool settings() {
        return state.backend().settings().pool();
    }

    /** The taker hears of it now or within {@code backend.wait} and the time a dial takes. */
    void acquire(Lease lease) {
        lease.since = state.ticker().getAsLong();
        if (share.isClosing()) {
            lease.taker.notTaken(new MtaAnswer.Busy("shutting down"), At.CONNECTION);
            return;
        }
        Plan plan = waiting.isEmpty() ? plan(lease) : Plan.CLIENT_AT_LIMIT;
        if (plan.isPossible()) {
            carryOut(plan, lease);
        } else if (waiting.size() >= MAX_WAITING) {
            metrics.wait(MtaMetrics.Wait.REFUSED);
            lease.taker.notTaken(new MtaAnswer.Busy("too many are waiting for the MTA"), At.CONNECTION);
        } else {
            waiting.add(lease);
            share.waitingChanged(1);
            noteWaiting();
            sweepLater();
            if (waiting.size() > 1) {
                serveWaiting();
            }
        }
    }

    /** The taker lost interest; a connection that is on its way goes to the pool. */
    void cancel(Lease lease) {
        lease.cancelled = true;
        if (waiting.remove(lease)) {
            share.waitingChanged(-1);
            noteWaiting();
        }
    }

    /** Gives a connection back that owes nothing. @param owner the session that may come back for it, or null when that is over */
    void release(Lease lease, MtaConnection connection, @Nullable Object owner) {
        share.giveBackClient(lease.clientKey);
        keep(connection, owner);
        serveWaiting();
        share.wakeWaiting(this);
    }

    /** The connection of this lease is gone, or was cut. */
    void lost(Lease lease) {
        share.giveBackClient(lease.clientKey);
        share.wakeWaiting(null);
    }

    /** A session is over: its idle connection is anybody's, or nobody's when it carries that client for good. */
    void disown(MtaConnection connection, Object owner) {
        if (connection.user() == null
                && !connection.isGone()
                && connection.use().disown(owner)
                && isFixed(connection)) {
            removeIdle(connection);
            connection.quit();
        }
    }

    void evictOldest() {
        MtaConnection oldest = idle.peek();
        if (oldest == null) {
            share.nothingEvicted();
        } else {
            removeIdle(oldest);
            oldest.quit();
        }
    }

    /** Dials to see whether the MTA is there. @param then whether it is; false also when the breaker or the limit forbids dialling now */
    void probe(Consumer<Boolean> then) {
        if (share.isClosing() || !share.takeSlot()) {
            then.accept(false);
            return;
        }
        Optional<MtaBreaker.Attempt> permit = state.mayDial();
        if (permit.isEmpty()) {
            share.freeSlot();
            then.accept(false);
            return;
        }
        dialer.dial(loop, permit.get(), null, this::track, new MtaHandshake.Outcome() {
            @Override
            public void ready(MtaConnection connection) {
                ownsSlot(connection);
                keep(connection, null);
                serveWaiting();
                then.accept(true);
            }

            @Override
            public void failed(MtaAnswer why, MtaHandshake.Failure kind) {
                share.freeSlot();
                then.accept(false);
            }
        });
    }

    /** Idle connections say QUIT, those who wait are told; what is in use goes when it is given back. */
    void close() {
        while (!idle.isEmpty()) {
            evictOldest();
        }
        for (Lease lease; (lease = waiting.poll()) != null; ) {
            share.waitingChanged(-1);
            noteWaiting();
            lease.taker.notTaken(new MtaAnswer.Busy("shutting down"), At.CONNECTION);
        }
    }

    /** A step towards a connection, its resources taken. */
    private record Plan(Step step, @Nullable MtaConnection connection, MtaBreaker.@Nullable Attempt permit) {
        static final Plan NOTHING_FREE = new Plan(Step.NOTHING_FREE, null, null);
        static final Plan CLIENT_AT_LIMIT = new Plan(Step.CLIENT_AT_LIMIT, null, null);
        static final Plan BREAKER_OPEN = new Plan(Step.BREAKER_OPEN, null, null);

        static Plan take(Step step, MtaConnection connection) {
            return new Plan(step, connection, null);
        }

        static Plan dial(MtaBreaker.Attempt permit) {
            return new Plan(Step.DIAL, null, permit);
        }

        boolean isPossible() {
            return step != Step.NOTHING_FREE && step != Step.CLIENT_AT_LIMIT;
        }
    }

    private enum Step {
        HAND_OVER,
        CHANGE_IDENTITY,
        DIAL,
        BREAKER_OPEN,
        NOTHING_FREE,
        CLIENT_AT_LIMIT
    }

    /**
     * A connection that carries the client already, else one that no living session may come back for, else a new one, else
     * any: taking another session's would make both change identity at every message.
     */
    private Plan plan(Lease lease) {
        if (!share.takeClient(lease.clientKey)) {
            return Plan.CLIENT_AT_LIMIT;
        }
        if (lease.wanted == Wanted.ANY) {
            MtaConnection same = takeIdle(lease.client);
            if (same != null) {
                return Plan.take(Step.HAND_OVER, same);
            }
            MtaConnection free = takeChangeable(false);
            if (free != null) {
                return Plan.take(Step.CHANGE_IDENTITY, free);
            }
        }
        boolean room = share.takeSlot();
        if (room) {
            Optional<MtaBreaker.Attempt> permit = state.mayDial();
            if (permit.isPresent()) {
                return Plan.dial(permit.get());
            }
            share.freeSlot();
        }
        MtaConnection owned = lease.wanted == Wanted.ANY ? takeChangeable(true) : null;
        if (owned != null) {
            return Plan.take(Step.CHANGE_IDENTITY, owned);
        }
        share.giveBackClient(lease.clientKey);
        if (room) {
            return Plan.BREAKER_OPEN;
        }
        if (idle.isEmpty()) {
            share.evictElsewhere(this);
        } else {
            evictOldest();
        }
        return Plan.NOTHING_FREE;
    }

    private void carryOut(Plan plan, Lease lease) {
        MtaConnection connection = plan.connection();
        if (connection != null && (lease.cancelled || connection.isGone())) {
            share.giveBackClient(lease.clientKey);
            if (!connection.isGone()) {
                keep(connection, null);
            }
            if (!lease.cancelled) {
                acquire(lease);
            }
        } else if (connection != null) {
            if (plan.step() == Step.HAND_OVER) {
                metrics.reuse(
                        connection.use().bearing() == Bearing.ANYONE
                                ? MtaMetrics.Reuse.ANYONE
                                : MtaMetrics.Reuse.SAME_CLIENT);
                lease.taker.taken(connection);
            } else {
                change(connection, lease);
            }
        } else if (plan.permit() != null) {
            dial(lease, plan.permit());
        } else if (!lease.cancelled) {
            metrics.dial(MtaMetrics.Dial.BREAKER_OPEN);
            lease.taker.notTaken(new MtaAnswer.Busy("the MTA could not be reached a moment ago"), At.CONNECTION);
        }
    }

    private void change(MtaConnection connection, Lease lease) {
        boolean hadClient = connection.use().bearing() == Bearing.CHANGEABLE;
        MtaHandshake.Outcome outcome = new MtaHandshake.Outcome() {
            @Override
            public void ready(MtaConnection ready) {
                metrics.reuse(MtaMetrics.Reuse.CHANGED);
                hand(ready, lease);
            }

            @Override
            public void failed(MtaAnswer why, MtaHandshake.Failure kind) {
                // Stale, or refused as a second client: a new connection will tell. Mail never goes on under the old
                // name.
                lease.refusedAsSecond |= hadClient && kind == MtaHandshake.Failure.CLIENT;
                lease.wanted = Wanted.NEW;
                share.giveBackClient(lease.clientKey);
                if (!lease.cancelled) {
                    acquire(lease);
                }
            }
        };
        new MtaHandshake(connection, lease.client, identities, state::learnt, outcome).identify();
    }

    private void dial(Lease lease, MtaBreaker.Attempt permit) {
        dialer.dial(loop, permit, lease.client, this::track, new MtaHandshake.Outcome() {
            @Override
            public void ready(MtaConnection connection) {
                ownsSlot(connection);
                if (lease.refusedAsSecond) {
                    identities.secondIdentityRefused();
                }
                hand(connection, lease);
            }

            @Override
            public void failed(MtaAnswer why, MtaHandshake.Failure kind) {
                share.giveBackClient(lease.clientKey);
                if (!lease.cancelled) {
                    lease.taker.notTaken(why, why instanceof MtaAnswer.Replied ? At.MAIL : At.CONNECTION);
                }
                share.freeSlot();
            }
        });
    }

    private void hand(MtaConnection connection, Lease lease) {
        if (lease.cancelled) {
            release(lease, connection, null);
        } else {
            lease.taker.taken(connection);
        }
    }

    private void keep(MtaConnection connection, @Nullable Object owner) {
        connection.takenBy(null);
        connection.use().idle(owner);
        boolean fit = !share.isClosing()
                && connection.isInStep()
                && !connection.use().isWorn(settings())
                && connection.backend().leadsToSameMta(state.backend())
                && (owner != null || !isFixed(connection))
                && !share.othersStarve(this, state.ticker().getAsLong());
        if (fit) {
            idle.addLast(connection);
            idleCount = idle.size();
        } else {
            connection.quit();
        }
    }

    /** Serves no other client any more. */
    private boolean isFixed(MtaConnection connection) {
        Bearing bearing = connection.use().bearing();
        return bearing == Bearing.FIXED || (bearing == Bearing.CHANGEABLE && identities.isOneClient());
    }

    private @Nullable MtaConnection takeIdle(ClientIdentity client) {
        for (Iterator<MtaConnection> newest = idle.descendingIterator(); newest.hasNext(); ) {
            MtaConnection connection = newest.next();
            if (connection.use().serves(client) && isFit(connection)) {
                newest.remove();
                idleCount = idle.size();
                return connection;
            }
        }
        return null;
    }

    private @Nullable MtaConnection takeChangeable(boolean owned) {
        for (Iterator<MtaConnection> oldest = idle.iterator(); oldest.hasNext(); ) {
            MtaConnection connection = oldest.next();
            Bearing bearing = connection.use().bearing();
            boolean changeable = bearing == Bearing.BLANK || (bearing == Bearing.CHANGEABLE && !isFixed(connection));
            if (changeable && connection.use().isOwned() == owned && isFit(connection)) {
                oldest.remove();
                idleCount = idle.size();
                return connection;
            }
        }
        return null;
    }

    private boolean isFit(MtaConnection connection) {
        return connection.isInStep()
                && !connection.use().isWorn(settings())
                && connection.backend().leadsToSameMta(state.backend());
    }

    private void removeIdle(MtaConnection connection) {
        idle.remove(connection);
        idleCount = idle.size();
    }

    private void track(MtaConnection connection) {
        all.add(connection);
        connection.channel().closeFuture().addListener(closed -> {
            all.remove(connection);
            removeIdle(connection);
        });
        sweepLater();
    }

    private void ownsSlot(MtaConnection connection) {
        connection.channel().closeFuture().addListener(closed -> share.freeSlot());
    }

    /** Serves whoever can be served now. */
    void serveWaiting() {
        if (serving) {
            return;
        }
        serving = true;
        try {
            for (Iterator<Lease> each = waiting.iterator(); each.hasNext(); ) {
                Lease lease = each.next();
                Plan plan = plan(lease);
                if (plan.step() == Step.NOTHING_FREE) {
                    break;
                }
                if (plan.isPossible()) {
                    each.remove();
                    share.waitingChanged(-1);
                    metrics.wait(MtaMetrics.Wait.SERVED);
                    // On a turn of its own: whoever is served may come back here.
                    loop.execute(() -> carryOut(plan, lease));
                }
            }
        } finally {
            serving = false;
            noteWaiting();
        }
    }

    private void noteWaiting() {
        Lease first = waiting.peek();
        waitingSince = first == null ? NOBODY : first.since;
    }

    private void sweepLater() {
        if (!sweeping) {
            sweeping = true;
            loop.schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void sweep() {
        sweeping = false;
        long now = state.ticker().getAsLong();
        BackendSettings.Pool settings = settings();
        for (MtaConnection connection : List.copyOf(all)) {
            connection.sweep(now);
        }
        while (!idle.isEmpty()
                && (now - idle.element().use().idleSince() >= settings.idle().toNanos() || !isFit(idle.element()))) {
            evictOldest();
        }
        List<Lease> late = new ArrayList<>(0);
        while (!waiting.isEmpty()
                && now - waiting.element().since >= settings.waitFor().toNanos()) {
            late.add(waiting.remove());
            share.waitingChanged(-1);
            metrics.wait(MtaMetrics.Wait.TIMED_OUT);
        }
        noteWaiting();
        for (Lease lease : late) {
            lease.taker.notTaken(new MtaAnswer.Busy("no connection to the MTA came free in time"), At.CONNECTION);
        }
        if (!all.isEmpty() || !waiting.isEmpty()) {
            sweepLater();
        }
    }
}
