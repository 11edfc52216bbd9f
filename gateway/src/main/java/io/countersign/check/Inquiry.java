package io.countersign.check;

import io.countersign.callout.CalloutRequest;
import io.countersign.config.ChecksSettings.Ask;
import io.countersign.config.Settings;
import io.countersign.limit.Trust;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Kind;
import io.countersign.verdict.Proof;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Remembered;
import io.countersign.verdict.Source;
import io.countersign.verdict.Verdict;
import io.countersign.verdict.VerdictCache;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** One sender, asked about: memory, then SPF, then DNS and its exchangers (or our MTA, for our own domains). */
final class Inquiry implements SenderInquiry {
    private final SenderQuestion question;
    private final Settings settings;
    private final SenderCheck.Asking asking;
    private final OwnMailboxes own;
    private final MailAddress sender;
    private final boolean ours;
    private final @Nullable Remembered remembered;
    private final @Nullable Verdict knownOwn;
    private volatile @Nullable SpfResult spfResult;
    /** Made when somebody has to be asked: most senders are known, and cost no pipeline. Guarded by this. */
    private @Nullable Mono<SenderFinding> asked;

    /** Guarded by this. */
    private @Nullable Mono<SpfResult> spfAsked;

    Inquiry(
            SenderQuestion question,
            Settings settings,
            SenderCheck.Asking asking,
            VerdictCache cache,
            OwnMailboxes own) {
        this.question = question;
        this.settings = settings;
        this.asking = asking;
        this.own = own;
        this.sender = question.sender();
        this.ours = settings.domains().matches(sender.domain());
        this.knownOwn = ours ? own.remembered(sender, settings.checks().recipient()) : null;
        this.remembered = ours ? null : cache.sender(sender);
        this.spfResult = asking.spf().known(question.client().address().getAddress(), sender);
    }

    /** At MAIL: what will be needed anyway is begun. */
    void begin() {
        if (spfResult == null) {
            spf().subscribe();
        }
        if (!ours && remembered == null) {
            // Only to have the answer in DNS' memory when the recipient is accepted.
            asking.exchangers().get().of(sender.domain()).subscribe();
        }
    }

    @Override
    public @Nullable SenderFinding known() {
        if (knownOwn != null) {
            return SenderFinding.of(knownOwn);
        }
        Remembered memory = remembered;
        if (memory == null) {
            return null;
        }
        Verdict verdict = memory.verdict();
        if (verdict.kind() == Kind.UNDELIVERABLE && !memory.mayRefuse()) {
            // Too old to refuse on. Asked a moment ago without success: not again now.
            return memory.needsRefresh() ? null : outdated(memory);
        }
        if (verdict.kind() == Kind.DELIVERABLE && memory.needsRefresh()) {
            return null;
        }
        return SenderFinding.of(verdict);
    }

    @Override
    public Mono<SenderFinding> finding() {
        SenderFinding now = known();
        if (now != null) {
            return Mono.just(now);
        }
        Remembered memory = remembered;
        if (memory != null && memory.verdict().kind() == Kind.DELIVERABLE) {
            // A good verdict serves while it is asked again in the background; what comes of it goes into the cache.
            asked().subscribe();
            return Mono.just(SenderFinding.of(memory.verdict()));
        }
        return asked();
    }

    private synchronized Mono<SenderFinding> asked() {
        Mono<SenderFinding> running = asked;
        if (running == null) {
            running = Mono.defer(this::ask)
                    .timeout(question.rules().waitFor(), Mono.fromSupplier(this::stillAsking), clock())
                    .map(this::weigh)
                    .cache();
            asked = running;
        }
        return running;
    }

    @Override
    public synchronized Mono<SpfResult> spf() {
        SpfResult known = spfResult;
        Mono<SpfResult> running = spfAsked;
        if (running == null) {
            running = known != null ? Mono.just(known) : askSpf();
            spfAsked = running;
        }
        return running;
    }

    private Mono<SpfResult> askSpf() {
        Duration third = question.rules().waitFor().dividedBy(3);
        return Mono.defer(() -> asking.spf()
                        .check(
                                question.client().address().getAddress(),
                                question.client().helo(),
                                new ReversePath(sender),
                                System.nanoTime() + third.toNanos()))
                .timeout(third, Mono.just(SpfResult.TEMPERROR), clock())
                .doOnNext(result -> spfResult = result)
                .cache();
    }

    /** Time limits run on the session's own loop: no other thread is woken for each of them. */
    private Scheduler clock() {
        return Schedulers.fromExecutorService(question.loop());
    }

    @Override
    public @Nullable SpfResult spfKnown() {
        return spfResult;
    }

    @Override
    public boolean asksSpf() {
        return true;
    }

    private Mono<Verdict> ask() {
        if (ours) {
            return own.ask(
                    sender,
                    question.client(),
                    question.loop(),
                    settings.checks().recipient());
        }
        if (question.rules().ask() == Ask.ALWAYS) {
            return askOutside(spfResult);
        }
        return spf().flatMap(result -> {
            if (result == SpfResult.FAIL) {
                return Mono.just(Verdict.ruled(
                        Reason.FORGED_SENDER, "SPF of " + sender.domain() + " does not allow this client: not asked"));
            }
            if (question.rules().ask() == Ask.SPF_PASS && result != SpfResult.PASS) {
                return Mono.just(
                        Verdict.ruled(Reason.NOT_ASKED, "checks.sender.ask = spf-pass, and SPF says " + result.word()));
            }
            return askOutside(result);
        });
    }

    private Mono<Verdict> askOutside(@Nullable SpfResult result) {
        if (!SenderCheck.asksExchangers(question)) {
            return SenderCheck.domainOnly(asking.exchangers().get(), sender);
        }
        Trust trust = result == SpfResult.PASS ? Trust.SPF_PASS : Trust.UNPROVEN;
        long deadline =
                System.nanoTime() + settings.callout().timeouts().total().toNanos();
        return asking.callouts().ask(new CalloutRequest(sender, trust, deadline));
    }

    /** {@code wait} is over; the callout goes on, and its answer will be there when the client comes back. */
    private Verdict stillAsking() {
        return new Verdict(
                Reason.NO_ANSWER,
                null,
                Source.CALLOUT,
                Duration.ZERO,
                Instant.now(),
                Evidence.of("no answer within checks.sender.wait; still being asked"));
    }

    private SenderFinding weigh(Verdict verdict) {
        Remembered memory = remembered;
        boolean wasRefused = memory != null && memory.verdict().kind() == Kind.UNDELIVERABLE;
        return new SenderFinding(
                verdict, wasRefused && verdict.kind() == Kind.UNDETERMINED ? Proof.OUTDATED : Proof.SUFFICIENT);
    }

    private static SenderFinding outdated(Remembered memory) {
        Verdict attempt = memory.lastAttempt();
        return new SenderFinding(attempt != null ? attempt : memory.verdict(), Proof.OUTDATED);
    }
}
