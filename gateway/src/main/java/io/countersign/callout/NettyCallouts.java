package io.countersign.callout;

import io.countersign.limit.CalloutLimits;
import io.countersign.limit.Trust;
import io.countersign.net.Transport;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Verdict;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Asks exchangers over the network. Equal questions at the same time are one callout; each of those who wait for it may go away
 * alone. Any thread.
 */
public final class NettyCallouts implements Callouts, AutoCloseable {
    /** Callouts under way, waiting ones included: beyond that something is very wrong, and nothing more is begun. */
    static final int MOST_FLIGHTS = 20_000;

    private static final Logger LOG = LoggerFactory.getLogger(NettyCallouts.class);
    private static final int ABANDONED = -1;

    private final CalloutLimits limits;
    private final EventLoopGroup loops;
    private final DomainFacts facts;
    private final Consumer<CalloutResult> listener;
    private final Dialler dialler;
    private final Map<String, Flight> flights = new ConcurrentHashMap<>();
    private volatile CalloutSetup setup;
    private volatile boolean closed;

    /**
     * Reads files: not for an event loop.
     *
     * @param transport that of {@code loops}
     * @param loops where connections live; owned by the caller, who closes this first
     * @param listener told of each verdict of a callout once, on an event loop; must not block
     */
    public NettyCallouts(
            CalloutSetup setup,
            CalloutLimits limits,
            Transport transport,
            EventLoopGroup loops,
            DomainFacts facts,
            Consumer<CalloutResult> listener) {
        this.setup = setup;
        this.limits = limits;
        this.loops = loops;
        this.facts = facts;
        this.listener = listener;
        this.dialler = new Dialler(transport);
        ReplyMeaning.prepare();
    }

    /** From now on callouts go by this; those under way go on as they began. */
    public void use(CalloutSetup another) {
        setup = another;
    }

    /** Callouts under way. */
    public int inFlight() {
        return flights.size();
    }

    /** Open connections that wait for another question. */
    public int idleConnections() {
        return dialler.idle().size();
    }

    @Override
    public Mono<Verdict> ask(CalloutRequest request) {
        return Mono.defer(() -> {
            Verdict ruled = withoutAsking(request.address());
            return ruled == null ? board(request) : Mono.just(ruled);
        });
    }

    private @Nullable Verdict withoutAsking(MailAddress address) {
        if (address.domain().isLiteral()) {
            return Verdict.ruled(Reason.NOT_ASKED, "an address literal has no exchangers");
        }
        boolean ours = setup.from()
                .address()
                .map(from -> from.key().equals(address.key()))
                .orElse(false);
        return ours ? Verdict.ruled(Reason.NOT_ASKED, "our own probe address") : null;
    }

    private Mono<Verdict> board(CalloutRequest request) {
        while (true) {
            Flight flight = flights.get(request.address().key());
            if (flight == null) {
                if (flights.size() >= MOST_FLIGHTS) {
                    return Mono.just(Verdict.ruled(Reason.OVERLOADED, "too many callouts under way"));
                }
                Flight mine = new Flight(request);
                flight = flights.putIfAbsent(request.address().key(), mine);
                if (flight == null) {
                    return mine.takeOff();
                }
            }
            if (flight.join()) {
                return ownLimits(flight, request);
            }
            // Abandoned a moment ago: it takes itself off the map.
            flights.remove(request.address().key(), flight);
        }
    }

    /** Who has proven himself by SPF must not be refused for the limits of those who have not: asks again, once. */
    private Mono<Verdict> ownLimits(Flight flight, CalloutRequest request) {
        boolean better = request.trust() == Trust.SPF_PASS && flight.request.trust() == Trust.UNPROVEN;
        if (!better) {
            return flight.verdict();
        }
        return flight.verdict()
                .flatMap(verdict -> verdict.reason() == Reason.RATE_LIMITED ? board(request) : Mono.just(verdict));
    }

    /** First of all: whoever asks from now on finds the answer there, and begins no second callout. */
    private void tell(CalloutResult result) {
        try {
            listener.accept(result);
        } catch (RuntimeException e) {
            LOG.error("the listener failed over a verdict", e);
        }
    }

    /**
     * Ends the connections that wait. Callouts under way end with their event loops, or by themselves; nobody learns from them any
     * more, for a connection that we cut says nothing about its peer.
     */
    @Override
    public void close() {
        closed = true;
        dialler.idle().close();
    }

    /** One callout and those who wait for it. */
    private final class Flight {
        private final CalloutRequest request;
        private final long begun = System.nanoTime();
        private final EventLoop loop = loops.next();
        private final Sinks.One<Verdict> sink = Sinks.one();
        /** How many wait; {@value #ABANDONED} once nobody did before it was dialled. */
        private final AtomicInteger waiting = new AtomicInteger(1);

        private final Callout callout;

        Flight(CalloutRequest request) {
            this.request = request;
            this.callout = new Callout(new Callout.Means(setup, limits, dialler, facts), request, loop, this::landed);
        }

        Mono<Verdict> takeOff() {
            try {
                loop.execute(callout::start);
            } catch (RejectedExecutionException e) {
                LOG.debug("a question after the end", e);
                landed(Verdict.ruled(Reason.OVERLOADED, "shutting down"));
            }
            return verdict();
        }

        /** @return false when it was abandoned */
        boolean join() {
            return waiting.getAndUpdate(n -> n == ABANDONED ? n : n + 1) != ABANDONED;
        }

        Mono<Verdict> verdict() {
            return sink.asMono().doOnCancel(this::leave);
        }

        private void leave() {
            if (waiting.decrementAndGet() == 0) {
                loop.execute(this::abandonIfEmpty);
            }
        }

        private void abandonIfEmpty() {
            if (callout.isUnderWay() || !waiting.compareAndSet(0, ABANDONED)) {
                return;
            }
            callout.abandon();
            flights.remove(request.address().key(), this);
        }

        private void landed(Verdict verdict) {
            if (!closed) {
                tell(new CalloutResult(request.address(), verdict, Duration.ofNanos(System.nanoTime() - begun)));
            }
            flights.remove(request.address().key(), this);
            sink.emitValue(verdict, Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }
}
