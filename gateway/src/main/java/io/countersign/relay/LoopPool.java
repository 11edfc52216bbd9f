package io.countersign.relay;

import io.countersign.config.BackendSettings;
import io.countersign.limit.MtaBreaker;
import io.countersign.relay.ConnectionUse.Bearing;
import io.countersign.relay.Lease.Wanted;
import io.countersign.relay.MtaTransaction.RecipientAnswer.At;
import io.netty.channel.EventLoop;
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
    private static final int SWEEP_MILLIS = 100;

    private final EventLoop loop;
    private final PoolShare share;
    private final MtaState state;
    private final MtaDialer dialer;
    private final IdentityPolicy identities;
    private final MtaMetrics metrics;

    private final Set<MtaConnection> all = new LinkedHashSet<>();
    private final IdleConnections idle;
    private final WaitingLine waiting;
    private boolean sweeping;

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
        this.idle = new IdleConnections(state, identities);
        this.waiting = new WaitingLine(share);
    }

    /** Any thread. */
    EventLoop loop() {
        return loop;
    }

    /** Any thread. */
    int idleCount() {
        return idle.size();
    }

    /** Any thread: since when the oldest waits, in the ticker's nanoseconds, or {@link WaitingLine#NOBODY}. */
    long waitingSince() {
        return waiting.since();
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
        } else if (waiting.isFull()) {
            metrics.wait(MtaMetrics.Wait.REFUSED);
            lease.taker.notTaken(new MtaAnswer.Busy("too many are waiting for the MTA"), At.CONNECTION);
        } else {
            waiting.add(lease);
            sweepLater();
            // Once more, now that others can see that somebody waits: what came free a moment ago woke nobody.
            serveWaiting();
        }
    }

    /** The taker lost interest; a connection that is on its way goes to the pool. */
    void cancel(Lease lease) {
        lease.cancelled = true;
        waiting.remove(lease);
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
                && idle.isFixed(connection)) {
            idle.remove(connection);
            connection.quit();
        }
    }

    void evictOldest() {
        MtaConnection oldest = idle.oldest();
        if (oldest == null) {
            share.nothingEvicted();
        } else {
            idle.remove(oldest);
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
        while (idle.size() > 0) {
            evictOldest();
        }
        for (Lease lease; (lease = waiting.poll()) != null; ) {
            lease.taker.notTaken(new MtaAnswer.Busy("shutting down"), At.CONNECTION);
        }
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
            MtaConnection same = idle.takeSame(lease.client);
            if (same != null) {
                return Plan.take(Plan.Step.HAND_OVER, same);
            }
            MtaConnection free = idle.takeFree();
            if (free != null) {
                return Plan.take(Plan.Step.CHANGE_IDENTITY, free);
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
        MtaConnection owned = lease.wanted == Wanted.ANY ? idle.takeAny() : null;
        if (owned != null) {
            return Plan.take(Plan.Step.CHANGE_IDENTITY, owned);
        }
        share.giveBackClient(lease.clientKey);
        if (room) {
            return Plan.BREAKER_OPEN;
        }
        if (idle.size() == 0) {
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
            if (plan.step() == Plan.Step.HAND_OVER) {
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
                && idle.isFit(connection)
                && (owner != null || !idle.isFixed(connection))
                && !share.othersStarve(this, state.ticker().getAsLong());
        if (fit) {
            idle.add(connection);
        } else {
            connection.quit();
        }
    }

    private void track(MtaConnection connection) {
        all.add(connection);
        connection.channel().closeFuture().addListener(closed -> {
            all.remove(connection);
            idle.remove(connection);
        });
        sweepLater();
    }

    private void ownsSlot(MtaConnection connection) {
        connection.channel().closeFuture().addListener(closed -> share.freeSlot());
    }

    /** Serves whoever can be served now. */
    void serveWaiting() {
        waiting.serve(lease -> {
            Plan plan = plan(lease);
            if (plan.isPossible()) {
                metrics.wait(MtaMetrics.Wait.SERVED);
                // On a turn of its own: whoever is served may come back here.
                loop.execute(() -> carryOut(plan, lease));
                return WaitingLine.Look.SERVED;
            }
            return plan.step() == Plan.Step.NOTHING_FREE ? WaitingLine.Look.STOP : WaitingLine.Look.PASSED_OVER;
        });
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
        for (MtaConnection oldest; (oldest = idle.oldest()) != null; ) {
            if (idle.isFit(oldest)
                    && now - oldest.use().idleSince() < settings.idle().toNanos()) {
                break;
            }
            evictOldest();
        }
        long tooOld = now - settings.waitFor().toNanos();
        for (Lease late; (late = waiting.pollOlder(tooOld)) != null; ) {
            metrics.wait(MtaMetrics.Wait.TIMED_OUT);
            late.taker.notTaken(new MtaAnswer.Busy("no connection to the MTA came free in time"), At.CONNECTION);
        }
        serveWaiting();
        if (!all.isEmpty() || !waiting.isEmpty()) {
            sweepLater();
        }
    }
}
