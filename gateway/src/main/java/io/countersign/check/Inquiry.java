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
    private final Mono<SenderFinding> finding;
    private final Mono<SpfResult> spf;
    private volatile @Nullable SpfResult spfResult;

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
        Duration third = question.rules().waitFor().dividedBy(3);
        this.spf = Mono.defer(() -> asking.spf()
                        .check(
                                question.client().address().getAddress(),
                                question.client().helo(),
                                new ReversePath(sender),
                                System.nanoTime() + third.toNanos()))
                .timeout(third, Mono.just(SpfResult.TEMPERROR))
                .doOnNext(result -> spfResult = result)
                .cache();
        this.finding = Mono.defer(this::ask)
                .timeout(question.rules().waitFor(), Mono.fromSupplier(this::stillAsking))
                .map(this::weigh)
                .cache();
    }

    /** At MAIL: what will be needed anyway is begun. */
    void begin() {
        spf.subscribe();
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
            finding.subscribe();
            return Mono.just(SenderFinding.of(memory.verdict()));
        }
        return finding;
    }

    @Override
    public Mono<SpfResult> spf() {
        return spf;
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
        return spf.flatMap(result -> {
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
