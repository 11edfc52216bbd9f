package io.countersign.verdict;

import static io.countersign.verdict.Samples.address;
import static io.countersign.verdict.Samples.asked;
import static io.countersign.verdict.Samples.domain;
import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Remembered.Standing;
import io.countersign.verdict.RememberedRecipient.Freshness;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictCacheTest {
    private static final MailAddress A = address("a@b.example");

    private final FakeTicker ticker = new FakeTicker();
    private final VerdictCache cache = new VerdictCache(Samples.SHIPPED, ticker);

    private Remembered found(MailAddress address) {
        return Objects.requireNonNull(cache.sender(address), "nothing is remembered");
    }

    private RememberedRecipient foundRecipient(MailAddress address) {
        return Objects.requireNonNull(cache.recipient(address), "nothing is remembered");
    }

    @Test
    void what_was_learnt_is_found_with_its_age_and_evidence() {
        assertThat(cache.sender(A)).isNull();
        Verdict verdict = asked(Reason.ACCEPTED);
        cache.learn(A, verdict);
        ticker.pass(Duration.ofHours(3));
        Remembered found = found(A);
        assertThat(found.verdict()).isEqualTo(verdict.remembered(Source.CACHE, Duration.ofHours(3)));
        assertThat(found.needsRefresh()).isFalse();
        assertThat(found.mayRefuse()).isFalse();
        assertThat(cache.senderStats())
                .extracting(VerdictCache.Stats::hits, VerdictCache.Stats::misses)
                .containsExactly(1L, 1L);
    }

    @Test
    void the_operator_sees_an_address_or_a_domain_with_its_dialogue_and_that_is_no_hit() {
        MailAddress tagged = address("a+bounce=x@b.example");
        cache.learn(A, asked(Reason.ACCEPTED));
        cache.learn(address("prvs=0123456789=c@b.example"), asked(Reason.ACCEPTED));
        cache.recipientAccepted(address("r@b.example"));
        cache.learn(address("a@elsewhere.example"), asked(Reason.ACCEPTED));
        assertThat(cache.known(A)).singleElement().satisfies(known -> {
            assertThat(known.address()).isEqualTo("a@b.example");
            assertThat(Objects.requireNonNull(known.sender())
                            .verdict()
                            .evidence()
                            .dialogue())
                    .contains("< 550 5.1.1 so they said");
            assertThat(known.recipient()).isNull();
        });
        assertThat(cache.known(address("prvs=0123456789=c@b.example")))
                .extracting(VerdictCache.Known::address)
                .containsExactly("prvs=0123456789=c@b.example", "c@b.example");
        assertThat(cache.known(tagged)).extracting(VerdictCache.Known::address).doesNotContain("a@elsewhere.example");
        assertThat(cache.known(domain("B.example"), 100))
                .extracting(VerdictCache.Known::address)
                .containsExactlyInAnyOrder("a@b.example", "prvs=0123456789=c@b.example", "c@b.example", "r@b.example");
        assertThat(cache.known(domain("b.example"), 2)).hasSize(2);
        assertThat(cache.senderStats().hits() + cache.senderStats().misses()).isZero();
        assertThat(cache.forget(domain("b.example"))).isEqualTo(4);
        assertThat(cache.known(domain("b.example"), 100)).isEmpty();
    }

    @Test
    void RE09_a_good_verdict_past_its_refresh_still_serves_while_it_is_asked_again() {
        cache.learn(A, asked(Reason.ACCEPTED));
        ticker.pass(Duration.ofDays(1));
        assertThat(found(A).needsRefresh()).isTrue();
        assertThat(found(A).verdict().source()).isEqualTo(Source.STALE);
        ticker.pass(Duration.ofDays(6));
        assertThat(cache.sender(A)).isNull();
    }

    @Test
    void a_negative_older_than_its_refresh_refuses_nobody_before_it_was_asked_again() {
        cache.learn(A, asked(Reason.NO_SUCH_MAILBOX));
        ticker.pass(Duration.ofMinutes(9));
        assertThat(found(A).mayRefuse()).isTrue();
        ticker.pass(Duration.ofMinutes(1));
        assertThat(found(A).mayRefuse()).isFalse();
        assertThat(found(A).needsRefresh()).isTrue();
        cache.learn(A, asked(Reason.TRY_LATER));
        assertThat(found(A).mayRefuse()).as("no new proof").isFalse();
        assertThat(found(A).verdict().reason()).isEqualTo(Reason.NO_SUCH_MAILBOX);
        assertThat(found(A).standing()).isEqualTo(Standing.ASKED_LATELY);
        Verdict attempt = found(A).lastAttempt();
        assertThat(attempt).isNotNull().extracting(Verdict::reason).isEqualTo(Reason.TRY_LATER);
        ticker.pass(Duration.ofMinutes(5));
        assertThat(found(A).needsRefresh()).isTrue();
        cache.learn(A, asked(Reason.NO_SUCH_MAILBOX));
        assertThat(found(A).mayRefuse()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = Reason.class,
            names = {
                "REFUSES_NULL_SENDER",
                "REFUSED_US",
                "TRY_LATER",
                "NO_ANSWER",
                "UNREACHABLE",
                "BROKEN_PEER",
                "DNS_FAILURE",
                "UNUSABLE_EXCHANGER"
            })
    void CO26_an_answer_that_says_nothing_definite_never_replaces_a_good_verdict(Reason reason) {
        cache.learn(A, asked(Reason.ACCEPTED));
        ticker.pass(Duration.ofDays(2));
        cache.learn(A, asked(reason));
        assertThat(found(A).verdict().reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(found(A).needsRefresh()).as("not asked again at once").isFalse();
        ticker.pass(Duration.ofHours(4));
        assertThat(found(A).needsRefresh()).isTrue();
    }

    @Test
    void CO26_a_good_verdict_falls_only_to_two_refusals_that_lie_apart() {
        cache.learn(A, asked(Reason.ACCEPTED));
        ticker.pass(Duration.ofHours(1));
        cache.learn(A, asked(Reason.NO_SUCH_MAILBOX));
        assertThat(found(A).verdict().reason()).isEqualTo(Reason.ACCEPTED);
        assertThat(found(A).standing()).isEqualTo(Standing.ASKED_LATELY);
        for (int i = 0; i < 9; i++) {
            ticker.pass(Duration.ofMinutes(1));
            cache.learn(A, asked(Reason.NO_SUCH_MAILBOX));
        }
        assertThat(found(A).verdict().reason())
                .as("nine refusals within ten minutes are one")
                .isEqualTo(Reason.ACCEPTED);
        ticker.pass(Duration.ofMinutes(1));
        assertThat(found(A).needsRefresh()).as("in doubt").isTrue();
        cache.learn(A, asked(Reason.NO_SUCH_MAILBOX));
        assertThat(found(A).verdict().reason()).isEqualTo(Reason.NO_SUCH_MAILBOX);
        assertThat(found(A).mayRefuse()).isTrue();
    }

    @Test
    void an_acceptance_between_two_refusals_clears_the_doubt() {
        cache.learn(A, asked(Reason.ACCEPTED));
        cache.learn(A, asked(Reason.NO_SUCH_MAILBOX));
        ticker.pass(Duration.ofHours(1));
        cache.learn(A, asked(Reason.ACCEPTED));
        ticker.pass(Duration.ofMinutes(1));
        cache.learn(A, asked(Reason.NO_SUCH_MAILBOX));
        assertThat(found(A).verdict().reason()).isEqualTo(Reason.ACCEPTED);
    }

    @ParameterizedTest
    @EnumSource(
            value = Reason.class,
            names = {"RATE_LIMITED", "CIRCUIT_OPEN", "OVERLOADED", "FORGED_SENDER", "NOT_ASKED"})
    void our_own_limits_and_rules_are_no_facts(Reason reason) {
        cache.learn(A, Verdict.ruled(reason, "x"));
        assertThat(cache.sender(A)).isNull();
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void every_reason_is_kept_for_hours_at_most_unless_it_is_good(Reason reason) {
        cache.learn(A, asked(reason));
        ticker.pass(reason == Reason.DNS_FAILURE ? Duration.ofMinutes(1) : Duration.ofHours(3));
        Remembered left = cache.sender(A);
        boolean kept = left != null;
        assertThat(kept).isEqualTo(reason.kind() == Kind.DELIVERABLE);
    }

    @Test
    void the_same_question_is_not_asked_again_while_the_peer_said_try_later() {
        cache.learn(A, asked(Reason.TRY_LATER));
        ticker.pass(Duration.ofMinutes(4));
        assertThat(found(A).needsRefresh()).isFalse();
        ticker.pass(Duration.ofMinutes(1));
        assertThat(cache.sender(A)).isNull();
    }

    @Test
    void what_came_from_memory_does_not_renew_itself() {
        cache.learn(A, asked(Reason.ACCEPTED));
        ticker.pass(Duration.ofDays(6));
        cache.learn(A, found(A).verdict());
        ticker.pass(Duration.ofDays(1));
        assertThat(cache.sender(A)).isNull();
    }

    @Test
    void the_local_part_is_kept_as_given_and_the_domain_in_any_case() {
        cache.learn(address("Some.One@B.Example"), asked(Reason.ACCEPTED));
        assertThat(cache.sender(address("Some.One@b.example"))).isNotNull();
        assertThat(cache.sender(address("some.one@b.example"))).isNull();
    }

    @Test
    void CO27_one_good_answer_serves_all_tags_and_a_bad_one_serves_none() {
        cache.learn(address("prvs=0001aaaaaa=u@b.example"), asked(Reason.ACCEPTED));
        assertThat(found(address("prvs=0002bbbbbb=u@b.example")).verdict().reason())
                .isEqualTo(Reason.ACCEPTED);
        assertThat(found(address("u@b.example")).verdict().reason()).isEqualTo(Reason.ACCEPTED);
        cache.learn(address("prvs=0001aaaaaa=v@b.example"), asked(Reason.NO_SUCH_MAILBOX));
        assertThat(cache.sender(address("prvs=0002bbbbbb=v@b.example"))).isNull();
        assertThat(cache.sender(address("v@b.example"))).isNull();
        cache.learn(address("w@b.example"), asked(Reason.NO_SUCH_MAILBOX));
        assertThat(cache.sender(address("prvs=0002bbbbbb=w@b.example"))).isNull();
    }

    @Test
    void CO27_one_refused_tag_does_not_outweigh_a_good_sender() {
        MailAddress expired = address("prvs=0002bbbbbb=u@b.example");
        cache.learn(address("prvs=0001aaaaaa=u@b.example"), asked(Reason.ACCEPTED));
        cache.learn(expired, asked(Reason.NO_SUCH_MAILBOX));
        assertThat(found(expired).verdict().reason()).isEqualTo(Reason.ACCEPTED);
        cache.learn(address("prvs=0003cccccc=u@b.example"), asked(Reason.TRY_LATER));
        assertThat(found(address("prvs=0003cccccc=u@b.example")).verdict().reason())
                .isEqualTo(Reason.ACCEPTED);
        ticker.pass(Duration.ofMinutes(11));
        cache.learn(expired, asked(Reason.NO_SUCH_MAILBOX));
        assertThat(found(expired).mayRefuse()).isTrue();
        assertThat(found(address("u@b.example")).verdict().reason()).isEqualTo(Reason.ACCEPTED);
    }

    @Test
    void a_good_tag_does_not_hide_that_the_address_itself_was_refused() {
        cache.learn(address("u@b.example"), asked(Reason.NO_SUCH_MAILBOX));
        cache.learn(address("prvs=0001aaaaaa=u@b.example"), asked(Reason.ACCEPTED));
        assertThat(found(address("u@b.example")).verdict().reason()).isEqualTo(Reason.NO_SUCH_MAILBOX);
    }

    /** Whatever happens in whatever order: a refusal rests on proof. */
    @Test
    void CO26_no_history_lets_a_sender_be_refused_without_proof() {
        Reason[] reasons = Reason.values();
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            MailAddress address = address("u" + seed + "@b.example");
            long lastGood = Long.MIN_VALUE;
            long firstBad = Long.MIN_VALUE;
            long lastBad = Long.MIN_VALUE;
            for (int step = 0; step < 30; step++) {
                ticker.pass(Duration.ofSeconds(random.nextInt(4) == 0 ? random.nextInt(200_000) : random.nextInt(600)));
                Reason reason = random.nextInt(3) == 0
                        ? reasons[random.nextInt(reasons.length)]
                        : random.nextBoolean() ? Reason.ACCEPTED : Reason.NO_SUCH_MAILBOX;
                long now = ticker.read();
                cache.learn(address, asked(reason));
                if (reason.kind() == Kind.DELIVERABLE) {
                    lastGood = now;
                    firstBad = Long.MIN_VALUE;
                } else if (reason.kind() == Kind.UNDELIVERABLE) {
                    firstBad = firstBad == Long.MIN_VALUE ? now : firstBad;
                    lastBad = now;
                }
                ticker.pass(Duration.ofSeconds(random.nextInt(900)));
                Remembered left = cache.sender(address);
                if (left != null && left.mayRefuse()) {
                    Duration sinceBad = Duration.ofNanos(ticker.read() - lastBad);
                    assertThat(firstBad).as("seed %s", seed).isNotEqualTo(Long.MIN_VALUE);
                    assertThat(sinceBad).as("seed %s", seed).isLessThan(Duration.ofHours(2));
                    boolean wasGood = lastGood != Long.MIN_VALUE
                            && firstBad - lastGood < Duration.ofDays(1).toNanos();
                    if (wasGood) {
                        assertThat(Duration.ofNanos(lastBad - firstBad))
                                .as("seed %s", seed)
                                .isGreaterThanOrEqualTo(Duration.ofMinutes(10));
                    }
                }
            }
        }
    }

    @Test
    void RE07_a_flood_of_senders_leaves_the_memory_bounded_and_the_hot_ones_known() {
        VerdictCache small = new VerdictCache(Samples.retention(1 << 20), ticker);
        for (int i = 0; i < 200; i++) {
            small.learn(address("friend" + i + "@b.example"), asked(Reason.ACCEPTED));
        }
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 200; i++) {
                small.sender(address("friend" + i + "@b.example"));
            }
        }
        for (int i = 0; i < 20_000; i++) {
            small.learn(address("x" + i + "@flood.example"), asked(Reason.NO_SUCH_MAILBOX));
            if (i % 20 == 0) {
                small.sender(address("friend" + (i / 20) % 200 + "@b.example"));
            }
        }
        small.tidy();
        assertThat(small.senderStats().weight()).isLessThanOrEqualTo(768 << 10);
        assertThat(small.senderStats().evictions()).isPositive();
        int known = 0;
        for (int i = 0; i < 200; i++) {
            known += small.sender(address("friend" + i + "@b.example")) == null ? 0 : 1;
        }
        assertThat(known).isGreaterThan(150);
    }

    @Test
    void recipients_go_from_fresh_over_due_and_stale_to_forgotten() {
        cache.recipientAccepted(A);
        assertThat(foundRecipient(A).freshness()).isEqualTo(Freshness.FRESH);
        assertThat(foundRecipient(A).answersProbes()).isTrue();
        ticker.pass(Duration.ofHours(4));
        assertThat(foundRecipient(A).freshness()).isEqualTo(Freshness.DUE);
        assertThat(foundRecipient(A).answersProbes()).isTrue();
        assertThat(foundRecipient(A).needsRefresh()).isTrue();
        ticker.pass(Duration.ofHours(20));
        assertThat(foundRecipient(A).freshness()).isEqualTo(Freshness.STALE);
        assertThat(foundRecipient(A).answersProbes()).isFalse();
        assertThat(foundRecipient(A).standsIn()).isTrue();
        ticker.pass(Duration.ofDays(6));
        assertThat(cache.recipient(A)).isNull();
    }

    @Test
    void an_unknown_recipient_is_refused_from_memory_for_a_minute_only() {
        SmtpReply refusal = SmtpReply.of("550 5.1.1 <a@b.example>: nobody here");
        assertThat(cache.recipientUnknown(A, refusal)).isTrue();
        assertThat(foundRecipient(A).mayRefuse()).isTrue();
        assertThat(foundRecipient(A).reply()).isEqualTo(refusal);
        ticker.pass(Duration.ofMinutes(1));
        assertThat(foundRecipient(A).mayRefuse()).isFalse();
        assertThat(foundRecipient(A).standsIn()).isFalse();
        ticker.pass(Duration.ofHours(1));
        assertThat(cache.recipient(A)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "550 5.7.1 policy",
                "550 5.1.7 bad sender",
                "550 5.1.8 bad sender domain",
                "553 5.7.1 relaying denied",
                "450 4.2.1 later",
                "552 5.2.2 full",
                "554 transaction failed",
                "501 5.5.4 syntax"
            })
    void a_refusal_that_is_not_about_the_address_is_not_remembered(String reply) {
        assertThat(cache.recipientUnknown(A, SmtpReply.of(reply))).isFalse();
        assertThat(cache.recipient(A)).isNull();
    }

    @Test
    void a_refusal_of_policy_leaves_what_is_known_of_the_recipient() {
        cache.recipientAccepted(A);
        cache.recipientUnknown(A, SmtpReply.of("550 5.7.1 not you"));
        assertThat(foundRecipient(A).answersProbes()).isTrue();
    }

    @Test
    void an_address_as_sender_says_nothing_about_it_as_recipient() {
        cache.learn(A, asked(Reason.ACCEPTED));
        assertThat(cache.recipient(A)).isNull();
        cache.recipientUnknown(A, SmtpReply.of("550 5.1.1 no"));
        assertThat(found(A).verdict().reason()).isEqualTo(Reason.ACCEPTED);
    }

    @Test
    void the_operator_can_have_an_address_or_a_domain_forgotten() {
        cache.learn(address("prvs=0001aaaaaa=u@b.example"), asked(Reason.ACCEPTED));
        cache.recipientAccepted(address("prvs=0001aaaaaa=u@b.example"));
        cache.learn(address("u@sub.b.example"), asked(Reason.ACCEPTED));
        assertThat(cache.forget(address("prvs=0001aaaaaa=u@B.example"))).isEqualTo(3);
        cache.learn(address("x@b.example"), asked(Reason.ACCEPTED));
        cache.recipientAccepted(address("y@b.example"));
        assertThat(cache.forget(domain("B.example"))).isEqualTo(2);
        assertThat(cache.sender(address("u@sub.b.example"))).isNotNull();
    }

    @Test
    void OP04_a_reload_shortens_lives_at_once() {
        cache.learn(A, asked(Reason.ACCEPTED));
        ticker.pass(Duration.ofHours(2));
        Retention shorter = new Retention(
                1 << 20,
                Samples.SHIPPED.file(),
                Map.of(Reason.ACCEPTED, Duration.ofHours(1)),
                Map.of(),
                Samples.SHIPPED.recipient());
        cache.reconfigure(shorter);
        assertThat(cache.sender(A)).isNull();
    }

    @Test
    void many_threads_learning_one_address_agree() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            cache.learn(A, asked(Reason.ACCEPTED));
            CountDownLatch done = new CountDownLatch(10_000);
            for (int i = 0; i < 10_000; i++) {
                Reason reason = i % 2 == 0 ? Reason.NO_SUCH_MAILBOX : Reason.TRY_LATER;
                pool.execute(() -> {
                    cache.learn(A, asked(reason));
                    cache.sender(A);
                    done.countDown();
                });
            }
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            pool.shutdownNow();
        }
        assertThat(found(A).verdict().reason())
                .as("all refusals at one instant are one")
                .isEqualTo(Reason.ACCEPTED);
    }
}
