package io.countersign.callout;

import io.countersign.callout.CalloutSession.Ask;
import io.countersign.callout.Finding.Course;
import io.countersign.config.CalloutSettings;
import io.countersign.dns.ExchangerAddresses;
import io.countersign.dns.ExchangerSet;
import io.countersign.limit.CalloutLimits;
import io.countersign.limit.Grant;
import io.countersign.limit.Limit;
import io.countersign.limit.Outcome;
import io.countersign.limit.Permit;
import io.countersign.limit.Trust;
import io.countersign.smtp.MailDomain;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * One question from its domain permit to its verdict: exchangers in their order, their addresses, connections, one deadline over
 * all. Lives on one event loop; everything from elsewhere comes back to it first.
 *
 * <p>The first exchanger that can be spoken to answers; another is tried only where that one could not be reached or would not
 * talk. A backup that takes mail for anybody must not turn a refusal into a 250.
 */
final class Callout {
    private static final Logger LOG = LoggerFactory.getLogger(Callout.class);

    /** What all callouts share. */
    record Means(CalloutSetup setup, CalloutLimits limits, Dialler dialler, DomainFacts facts) {}

    private enum Phase {
        NEW,
        DNS,
        /** A permit was reserved; its time has not come. */
        PERMIT,
        /** A session has the question; it keeps the deadline itself. */
        SESSION,
        OVER
    }

    private final Means means;
    private final CalloutSettings settings;
    private final CalloutRequest request;
    private final MailDomain domain;
    private final Trust trust;
    private final EventLoop loop;
    private final Consumer<Verdict> done;
    private final Conversation conversation = new Conversation();
    private final Deque<String> exchangers = new ArrayDeque<>();
    private final Deque<InetAddress> addresses = new ArrayDeque<>();
    private DomainKnowledge knowledge;
    private String exchanger = "";
    private long deadline;
    private Phase phase = Phase.NEW;
    private boolean dialled;
    private int dials;
    private int sessions;
    /** For permits, in all: {@code limits.wait} is for the whole callout. */
    private Duration waited = Duration.ZERO;

    private @Nullable Permit ofDomain;
    private @Nullable Permit reserved;
    private @Nullable ScheduledFuture<?> timer;
    private @Nullable ScheduledFuture<?> reservation;
    private @Nullable Disposable question;
    /** Best of what was found where no exchanger answered: the first that came furthest. */
    private @Nullable Finding best;

    private @Nullable Destination bestAt;
    /** Why an exchanger could not even be dialled, in case that holds for all. */
    private @Nullable Finding undiallable;

    /** @param done told exactly once, on the loop, unless the callout is abandoned before it dialled */
    Callout(Means means, CalloutRequest request, EventLoop loop, Consumer<Verdict> done) {
        this.means = means;
        this.settings = means.setup().settings();
        this.request = request;
        this.domain = request.address().domain();
        this.trust = request.trust();
        this.loop = loop;
        this.done = done;
        this.knowledge = new DomainKnowledge(means.facts(), means.setup(), domain, List.of());
    }

    // ---- beginning and end ----------------------------------------------------------------------------------------

    /** On the loop. */
    void start() {
        guarded(this::begin).run();
    }

    private void begin() {
        long now = System.nanoTime();
        long total = settings.timeouts().total().toNanos();
        deadline = request.deadlineNanos() - now < total ? request.deadlineNanos() : now + total;
        timer = loop.schedule(guarded(this::onDeadline), Math.max(0, deadline - now), TimeUnit.NANOSECONDS);
        Grant grant = means.limits().domain(domain, trust);
        if (grant instanceof Grant.Granted granted) {
            ofDomain = granted.permit();
            whenUsable(granted.after(), this::askDns);
        } else {
            refusedByUs((Grant.Refused) grant);
        }
    }

    /** Nobody waits any more and it was not dialled: ends it without a verdict. On the loop. */
    void abandon() {
        if (phase != Phase.OVER) {
            release();
        }
    }

    /** Dialled: it goes on even if nobody waits. */
    boolean isUnderWay() {
        return dialled;
    }

    private void finish(Verdict verdict) {
        if (phase == Phase.OVER) {
            return;
        }
        release();
        done.accept(verdict);
    }

    private void release() {
        phase = Phase.OVER;
        cancel(timer);
        cancel(reservation);
        if (question != null) {
            question.dispose();
        }
        if (reserved != null) {
            reserved.cancel();
            reserved = null;
        }
        if (ofDomain != null) {
            if (dialled) {
                ofDomain.close(Outcome.NOT_COUNTED);
            } else {
                // DNS alone bothers nobody's exchanger.
                ofDomain.cancel();
            }
        }
    }

    private void onDeadline() {
        if (best != null && (phase == Phase.DNS || phase == Phase.PERMIT)) {
            conclude();
            return;
        }
        switch (phase) {
            case DNS ->
                noted(Reason.DNS_FAILURE, Stage.DNS, "no answer from DNS within the time for the whole callout");
            case PERMIT ->
                finish(Verdict.ruled(Reason.RATE_LIMITED, "no permit within the time for the whole callout"));
            case NEW, SESSION, OVER -> {
                // A session keeps the deadline itself and says how far it came.
            }
        }
    }

    // ---- where to -------------------------------------------------------------------------------------------------

    private void askDns() {
        ask(means.setup().exchangers().of(domain), this::onExchangers);
    }

    private <T> void ask(Mono<T> dns, Consumer<T> then) {
        phase = Phase.DNS;
        question = dns.subscribe(
                answer -> onLoop(() -> {
                    if (phase == Phase.DNS) {
                        then.accept(answer);
                    }
                }),
                error -> onLoop(() -> {
                    throw new IllegalStateException("DNS answers are values", error);
                }));
    }

    private void onExchangers(ExchangerSet set) {
        if (set instanceof ExchangerSet.Found found) {
            exchangers.addAll(found.exchangers());
            knowledge = new DomainKnowledge(means.facts(), means.setup(), domain, found.exchangers());
            Verdict known = knowledge.verdict();
            if (known != null) {
                finish(known);
            } else {
                nextExchanger();
            }
        } else if (set instanceof ExchangerSet.NoSuchDomain none) {
            noted(Reason.NO_SUCH_DOMAIN, Stage.DNS, none.detail());
        } else if (set instanceof ExchangerSet.NullMx) {
            noted(Reason.NULL_MX, Stage.DNS, "the domain says that it takes no mail (RFC 7505)");
        } else if (set instanceof ExchangerSet.Unusable unusable) {
            noted(Reason.UNUSABLE_EXCHANGER, Stage.DNS, unusable.detail());
        } else if (set instanceof ExchangerSet.Failed failed) {
            noted(Reason.DNS_FAILURE, Stage.DNS, failed.why());
        } else {
            throw new IllegalStateException("unknown answer " + set);
        }
    }

    private void nextExchanger() {
        String next = exchangers.poll();
        if (next == null || !mayGoOn()) {
            conclude();
            return;
        }
        exchanger = next.toLowerCase(Locale.ROOT);
        ask(means.setup().exchangers().addresses(next), this::onAddresses);
    }

    private void onAddresses(ExchangerAddresses found) {
        if (found instanceof ExchangerAddresses.Found some) {
            addresses.addAll(some.addresses());
            nextAddress();
            return;
        }
        if (found instanceof ExchangerAddresses.Failed failed) {
            undiallable(Reason.DNS_FAILURE, failed.why());
        } else if (found instanceof ExchangerAddresses.Refused refused) {
            undiallable(Reason.UNUSABLE_EXCHANGER, refused.detail());
        } else if (found instanceof ExchangerAddresses.None none) {
            undiallable(Reason.UNUSABLE_EXCHANGER, none.detail());
        } else {
            throw new IllegalStateException("unknown answer " + found);
        }
        nextExchanger();
    }

    /** DNS trouble outweighs the rest: with it nothing is known for sure. */
    private void undiallable(Reason reason, String why) {
        conversation.happened(exchanger + ": " + why);
        if (undiallable == null || reason == Reason.DNS_FAILURE) {
            undiallable = Finding.noted(reason, Stage.DNS, why, Course.NEXT);
        }
    }

    // ---- asking ---------------------------------------------------------------------------------------------------

    private void nextAddress() {
        InetAddress address = addresses.poll();
        if (address == null) {
            nextExchanger();
            return;
        }
        if (!mayGoOn()) {
            conclude();
            return;
        }
        // Looked at when it was resolved; and here once more, on the very object that is dialled.
        Optional<String> forbidden = means.setup().policy().refusal(address);
        if (forbidden.isPresent()) {
            undiallable(Reason.UNUSABLE_EXCHANGER, forbidden.get());
            nextAddress();
            return;
        }
        Destination to = new Destination(exchanger, new InetSocketAddress(address, settings.port()));
        dials++;
        dial(to, knowledge.tlsWith(to.exchanger()), means.dialler().idle().take(to, loop));
    }

    private boolean mayGoOn() {
        return dials < settings.addresses() && sessions < settings.sessions() && deadline - System.nanoTime() > 0;
    }

    /** @param open a connection that may be used instead of a new one */
    private void dial(Destination to, ProbeDialogue.Tls tls, @Nullable CalloutSession open) {
        if (loop.isShuttingDown()) {
            finish(Verdict.ruled(Reason.OVERLOADED, "shutting down"));
            return;
        }
        if (open != null) {
            // Its permit first: ours may be the one place it occupies.
            open.endPermit();
        }
        Grant grant = means.limits().dial(domain, to.exchanger(), to.address(), trust, waited);
        if (grant instanceof Grant.Granted granted) {
            reserved = granted.permit();
            CalloutSession usable = granted.after().isZero() ? open : null;
            if (open != null && usable == null) {
                // It would have to be watched while we wait; a new one costs less.
                open.loop().execute(open::quit);
            }
            whenUsable(granted.after(), () -> connect(to, tls, usable));
            return;
        }
        if (open != null) {
            open.loop().execute(open::quit);
        }
        Grant.Refused refused = (Grant.Refused) grant;
        conversation.happened(refused.detail());
        if (refused.limit() == Limit.BREAKER) {
            // As if it had been dialled in vain.
            found(to, Finding.ours(Reason.CIRCUIT_OPEN, Stage.CONNECT, refused.detail(), Course.NEXT));
        } else {
            refusedByUs(refused);
        }
    }

    private void connect(Destination to, ProbeDialogue.Tls tls, @Nullable CalloutSession open) {
        Permit permit = reserved;
        if (permit == null) {
            throw new IllegalStateException("no permit");
        }
        reserved = null;
        dialled = true;
        phase = Phase.SESSION;
        Probe probe = new Probe(means.setup().from(), request.address(), knowledge.randomAddress());
        Ask ask = new Ask(probe, conversation, deadline, finding -> onLoop(() -> answered(to, finding, open != null)));
        if (open != null) {
            open.loop().execute(() -> open.askAgain(permit, ask));
        } else {
            means.dialler().dial(loop, settings, to, tls, permit, ask);
        }
    }

    private void answered(Destination to, Finding finding, boolean onOpenConnection) {
        if (onOpenConnection && finding.course() == Course.NEXT) {
            // It had been open for a while; that it is gone says nothing about a new one.
            dial(to, knowledge.tlsWith(to.exchanger()), null);
            return;
        }
        if (finding.stage() != Stage.CONNECT) {
            sessions++;
        }
        if (finding.course() == Course.IN_CLEAR) {
            means.facts().brokeTls(to.exchanger());
            conversation.happened(finding.detail() + "; once more without");
            sessions--;
            dial(to, ProbeDialogue.Tls.AVOID, null);
            return;
        }
        found(to, finding);
    }

    private void found(Destination to, Finding finding) {
        if (finding.course() == Course.STOP) {
            knowledge.learn(finding);
            finish(Verdicts.of(to, finding, conversation));
            return;
        }
        if (best == null || finding.stage().compareTo(best.stage()) > 0) {
            best = finding;
            bestAt = to;
        }
        nextAddress();
    }

    // ---- verdicts -------------------------------------------------------------------------------------------------

    /** No exchanger answered. */
    private void conclude() {
        if (best != null) {
            finish(Verdicts.of(bestAt, best, conversation));
        } else if (undiallable != null) {
            finish(Verdicts.of(null, undiallable, conversation));
        } else {
            noted(Reason.NO_ANSWER, Stage.CONNECT, "the time for the whole callout is over");
        }
    }

    private void noted(Reason reason, Stage stage, String detail) {
        finish(Verdicts.of(null, Finding.noted(reason, stage, detail, Course.STOP), conversation));
    }

    private void refusedByUs(Grant.Refused refused) {
        if (best != null) {
            conclude();
            return;
        }
        finish(Verdicts.of(refused));
    }

    // ---- small things ---------------------------------------------------------------------------------------------

    private void whenUsable(Duration after, Runnable then) {
        if (after.isZero()) {
            then.run();
            return;
        }
        phase = Phase.PERMIT;
        waited = waited.plus(after);
        reservation = loop.schedule(
                guarded(() -> {
                    if (phase == Phase.PERMIT) {
                        then.run();
                    }
                }),
                after.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    private void onLoop(Runnable task) {
        if (loop.inEventLoop()) {
            guarded(task).run();
        } else {
            try {
                loop.execute(guarded(task));
            } catch (RejectedExecutionException e) {
                LOG.debug("callout about {}: an answer after the end", domain, e);
            }
        }
    }

    /** A bug of ours must neither hold permits for ever nor be blamed on a peer. */
    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("callout about {} failed by our own fault", domain, e);
                finish(Verdict.ruled(Reason.OVERLOADED, "internal fault, see the log"));
            }
        };
    }

    private static void cancel(@Nullable ScheduledFuture<?> future) {
        if (future != null) {
            future.cancel(false);
        }
    }
}
