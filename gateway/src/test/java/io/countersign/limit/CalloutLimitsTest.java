package io.countersign.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.CalloutSettings;
import io.countersign.config.CalloutSettings.Limits;
import io.countersign.config.CalloutSettings.Rate;
import io.countersign.config.ChecksSettings;
import io.countersign.config.ListenSettings.BareNewlineAction;
import io.countersign.config.Overrides;
import io.countersign.limit.Grant.Granted;
import io.countersign.limit.Grant.Refused;
import io.countersign.smtp.MailDomain;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class CalloutLimitsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Rate DOMAIN = new Rate(10, MINUTE, 10, 2);
    private static final Rate EXCHANGER = new Rate(60, MINUTE, 60, 10);
    private static final Rate NETWORK = new Rate(120, MINUTE, 120, 20);
    private static final Limits SHIPPED = new Limits(2000, Duration.ofSeconds(2), DOMAIN, EXCHANGER, NETWORK);
    private static final Limits WIDE = new Limits(
            100_000,
            Duration.ZERO,
            new Rate(1_000_000, MINUTE, 1_000_000, 100_000),
            new Rate(1_000_000, MINUTE, 1_000_000, 100_000),
            new Rate(1_000_000, MINUTE, 1_000_000, 100_000));
    private static final CalloutSettings.Breaker BREAKER = new CalloutSettings.Breaker(
            50, 10, Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofHours(1), 1, Duration.ofHours(2));
    private static final MailDomain EXAMPLE = MailDomain.parse("Example.ORG").orElseThrow();

    private final FakeNanos nanos = new FakeNanos();
    private final NanoClock clock = new NanoClock(nanos);
    private final PauseDetector pauses = new PauseDetector(clock);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** Limits by sender domain or exchanger; the base where none is given. */
    private record Given(Limits base, Map<String, Limits> special) implements Overrides {
        @Override
        public Limits calloutLimits(@Nullable MailDomain sender, @Nullable String exchanger) {
            Limits limits = sender == null ? null : special.get(sender.key());
            if (limits == null && exchanger != null) {
                limits = special.get(exchanger);
            }
            return limits == null ? base : limits;
        }

        @Override
        public ChecksSettings checks(
                @Nullable InetAddress client, @Nullable MailDomain sender, @Nullable MailDomain recipient) {
            throw new UnsupportedOperationException("limits ask for limits");
        }

        @Override
        public BareNewlineAction bareNewline(@Nullable InetAddress client, @Nullable MailDomain sender) {
            throw new UnsupportedOperationException("limits ask for limits");
        }

        @Override
        public CalloutSettings.TlsMode calloutTls(@Nullable MailDomain sender, @Nullable String exchanger) {
            throw new UnsupportedOperationException("limits ask for limits");
        }
    }

    private CalloutLimits limits(Limits base) {
        return limits(base, Map.of());
    }

    private CalloutLimits limits(Limits base, Map<String, Limits> special) {
        return new CalloutLimits(new Given(base, special), BREAKER, registry, pauses, clock);
    }

    private static MailDomain domain(String text) {
        return MailDomain.parse(text).orElseThrow();
    }

    private static InetAddress ip(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static Permit granted(Grant grant) {
        assertThat(grant).isInstanceOf(Granted.class);
        return ((Granted) grant).permit();
    }

    /** By a callout that has not waited for any permit before. */
    private static Grant dial(
            CalloutLimits limits, MailDomain sender, String exchanger, InetAddress address, Trust trust) {
        return limits.dial(sender, exchanger, address, trust, Duration.ZERO);
    }

    private static void assertRefused(Grant grant, Limit limit) {
        assertThat(grant).isInstanceOf(Refused.class);
        assertThat(((Refused) grant).limit()).isEqualTo(limit);
    }

    /** Asks until refused, each permit ending at once; the ones that would have to be waited for are cancelled. */
    private static int askAll(CalloutLimits limits, MailDomain domain, Trust trust) {
        int asked = 0;
        while (limits.domain(domain, trust) instanceof Granted grant) {
            if (!grant.after().isZero()) {
                grant.permit().cancel();
                return asked;
            }
            grant.permit().close(Outcome.SUCCESS);
            asked++;
        }
        return asked;
    }

    private Limits with(Rate domain, Rate exchanger, Rate network) {
        return new Limits(2000, Duration.ZERO, domain, exchanger, network);
    }

    private double refusals(Limit limit) {
        return registry.get("countersign.callout.refusals")
                .tag("limit", limit.word())
                .counter()
                .count();
    }

    @Test
    void CO24_forgeries_use_at_most_half_and_the_real_domain_still_gets_the_other() {
        CalloutLimits limits = limits(with(DOMAIN, EXCHANGER, NETWORK));
        assertThat(askAll(limits, EXAMPLE, Trust.UNPROVEN)).isEqualTo(5);
        assertRefused(limits.domain(EXAMPLE, Trust.UNPROVEN), Limit.PER_DOMAIN_RATE);
        assertThat(askAll(limits, EXAMPLE, Trust.SPF_PASS)).isEqualTo(5);
        nanos.pass(MINUTE);
        assertThat(askAll(limits, EXAMPLE, Trust.SPF_PASS))
                .as("together never more than the whole")
                .isEqualTo(10);
        assertThat(askAll(limits, EXAMPLE, Trust.UNPROVEN)).isZero();
        assertThat(refusals(Limit.PER_DOMAIN_RATE)).isPositive();
    }

    @Test
    void a_burst_of_one_is_not_halved_to_nothing() {
        CalloutLimits limits = limits(with(new Rate(1, MINUTE, 1, 1), EXCHANGER, NETWORK));
        assertThat(askAll(limits, EXAMPLE, Trust.UNPROVEN)).isEqualTo(1);
    }

    @Test
    void CO24_ten_thousand_forged_senders_cost_the_victim_no_more_than_its_limit() {
        CalloutLimits limits = limits(SHIPPED);
        List<Long> used = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            if (limits.domain(EXAMPLE, i % 3 == 0 ? Trust.SPF_PASS : Trust.UNPROVEN) instanceof Granted grant) {
                used.add(clock.getAsLong() + grant.after().toNanos());
                grant.permit().close(Outcome.SUCCESS);
            }
            nanos.pass(Duration.ofMillis(37));
        }
        assertThat(used).hasSizeGreaterThan(20);
        for (int i = 0; i < used.size(); i++) {
            for (int j = i; j < used.size(); j++) {
                double most = 10 + (used.get(j) - used.get(i)) / 6e9 + 1e-9;
                assertThat((double) (j - i + 1)).isLessThanOrEqualTo(most);
            }
        }
    }

    @Test
    void a_permit_that_comes_free_within_the_wait_is_reserved_and_can_be_given_back() {
        CalloutLimits limits =
                limits(new Limits(2000, Duration.ofSeconds(2), new Rate(60, MINUTE, 1, 5), EXCHANGER, NETWORK));
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS)).close(Outcome.SUCCESS);
        Granted first = (Granted) limits.domain(EXAMPLE, Trust.SPF_PASS);
        Granted second = (Granted) limits.domain(EXAMPLE, Trust.SPF_PASS);
        assertThat(first.after()).isEqualTo(Duration.ofSeconds(1));
        assertThat(second.after()).isEqualTo(Duration.ofSeconds(2));
        assertRefused(limits.domain(EXAMPLE, Trust.SPF_PASS), Limit.PER_DOMAIN_RATE);
        second.permit().cancel();
        second.permit().cancel();
        second.permit().close(Outcome.PEER_FAILURE);
        assertThat(((Granted) limits.domain(EXAMPLE, Trust.SPF_PASS)).after()).isEqualTo(Duration.ofSeconds(2));
        assertRefused(limits.domain(EXAMPLE, Trust.SPF_PASS), Limit.PER_DOMAIN_RATE);
    }

    @Test
    void two_callouts_of_a_domain_run_at_a_time_and_a_permit_ends_once() {
        CalloutLimits limits = limits(SHIPPED);
        Permit first = granted(limits.domain(EXAMPLE, Trust.SPF_PASS));
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS));
        assertRefused(limits.domain(EXAMPLE, Trust.SPF_PASS), Limit.PER_DOMAIN_CONCURRENT);
        first.close(Outcome.SUCCESS);
        first.close(Outcome.SUCCESS);
        first.cancel();
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS));
        assertRefused(limits.domain(EXAMPLE, Trust.SPF_PASS), Limit.PER_DOMAIN_CONCURRENT);
    }

    @Test
    void beyond_the_global_cap_the_verdict_is_overloaded() {
        CalloutLimits limits = limits(new Limits(3, Duration.ZERO, DOMAIN, EXCHANGER, NETWORK));
        for (int i = 0; i < 3; i++) {
            granted(limits.domain(domain("d" + i + ".example"), Trust.SPF_PASS));
        }
        Grant fourth = limits.domain(domain("d4.example"), Trust.SPF_PASS);
        assertRefused(fourth, Limit.CONCURRENT);
        assertThat(((Refused) fourth).why()).isEqualTo(Limit.Why.OVERLOADED);
        assertThat(refusals(Limit.CONCURRENT)).isEqualTo(1);
    }

    @Test
    void an_exchanger_is_limited_by_name_by_address_and_by_network() {
        Rate three = new Rate(3, MINUTE, 3, 100);
        Rate five = new Rate(5, MINUTE, 5, 100);
        CalloutLimits byName = limits(with(DOMAIN, three, NETWORK));
        for (int i = 1; i <= 3; i++) {
            granted(dial(byName, EXAMPLE, "mx.example.net", ip("192.0." + i + ".1"), Trust.SPF_PASS));
        }
        assertRefused(
                dial(byName, EXAMPLE, "MX.example.net", ip("192.0.9.1"), Trust.SPF_PASS), Limit.PER_EXCHANGER_RATE);
        CalloutLimits byAddress = limits(with(DOMAIN, three, NETWORK));
        for (int i = 1; i <= 3; i++) {
            granted(dial(byAddress, EXAMPLE, "mx" + i + ".example", ip("2001:db8::" + i), Trust.SPF_PASS));
        }
        assertRefused(
                dial(byAddress, EXAMPLE, "mx9.example", ip("2001:db8::9"), Trust.SPF_PASS), Limit.PER_EXCHANGER_RATE);
        CalloutLimits byNetwork = limits(with(DOMAIN, three, five));
        for (int i = 1; i <= 5; i++) {
            granted(dial(byNetwork, EXAMPLE, "mx" + i + ".example", ip("192.0.2." + i), Trust.SPF_PASS));
        }
        assertRefused(dial(byNetwork, EXAMPLE, "mx9.example", ip("192.0.2.9"), Trust.SPF_PASS), Limit.PER_NETWORK_RATE);
    }

    @Test
    void a_refusal_at_the_network_takes_nothing_from_the_exchanger() {
        Rate one = new Rate(1, MINUTE, 1, 1);
        CalloutLimits limits = limits(with(DOMAIN, new Rate(2, MINUTE, 2, 1), one));
        granted(dial(limits, EXAMPLE, "a.example", ip("192.0.2.1"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
        for (int i = 0; i < 50; i++) {
            assertRefused(dial(limits, EXAMPLE, "b.example", ip("192.0.2.2"), Trust.SPF_PASS), Limit.PER_NETWORK_RATE);
        }
        granted(dial(limits, EXAMPLE, "b.example", ip("198.51.100.1"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
        granted(dial(limits, EXAMPLE, "b.example", ip("203.0.113.1"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
    }

    @Test
    void a_provider_with_an_override_has_its_own_numbers() {
        Rate two = new Rate(2, MINUTE, 2, 10);
        Limits wide = with(DOMAIN, new Rate(100, MINUTE, 100, 100), new Rate(100, MINUTE, 100, 100));
        CalloutLimits limits = limits(with(DOMAIN, two, two), Map.of("mx.big.example", wide));
        for (int i = 0; i < 50; i++) {
            granted(dial(limits, EXAMPLE, "mx.big.example", ip("192.0.2.1"), Trust.SPF_PASS))
                    .close(Outcome.SUCCESS);
        }
        // Another name for the same machine has the general numbers, and an account of its own.
        granted(dial(limits, EXAMPLE, "vanity.example", ip("192.0.2.1"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
        granted(dial(limits, EXAMPLE, "vanity.example", ip("192.0.2.1"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
        assertRefused(
                dial(limits, EXAMPLE, "vanity.example", ip("192.0.2.1"), Trust.SPF_PASS), Limit.PER_EXCHANGER_RATE);
        granted(dial(limits, EXAMPLE, "mx.big.example", ip("192.0.2.1"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
    }

    private void fail(CalloutLimits limits, String exchanger, String address, int times) {
        for (int i = 0; i < times; i++) {
            granted(dial(limits, EXAMPLE, exchanger, ip(address), Trust.SPF_PASS))
                    .close(Outcome.PEER_FAILURE);
        }
    }

    @Test
    void an_exchanger_that_fails_is_left_alone_and_then_tried_with_one_callout() {
        CalloutLimits limits = limits(WIDE);
        fail(limits, "mx.example", "192.0.2.1", 10);
        Grant refused = dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS);
        assertRefused(refused, Limit.BREAKER);
        assertThat(((Refused) refused).why()).isEqualTo(Limit.Why.CIRCUIT_OPEN);
        assertThat(((Refused) refused).detail())
                .contains("mx.example [192.0.2.1]")
                .contains("60 s");
        granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.2"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
        nanos.pass(Duration.ofSeconds(61));
        Permit trial = granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS));
        assertRefused(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS), Limit.BREAKER);
        trial.cancel();
        trial = granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS));
        trial.close(Outcome.SUCCESS);
        granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS));
    }

    @Test
    void a_trial_refused_by_another_limit_is_left_to_the_next() {
        CalloutLimits limits = limits(with(DOMAIN, new Rate(10, Duration.ofMinutes(10), 10, 10), NETWORK));
        fail(limits, "mx.example", "192.0.2.1", 10);
        nanos.pass(Duration.ofSeconds(61));
        granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.2"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
        for (int i = 0; i < 3; i++) {
            assertRefused(
                    dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS), Limit.PER_EXCHANGER_RATE);
        }
        nanos.pass(MINUTE);
        granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS))
                .close(Outcome.SUCCESS);
    }

    @Test
    void RE16_a_pause_of_our_own_opens_no_breaker() {
        CalloutLimits limits = limits(WIDE);
        pauses.tick();
        List<Permit> open = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            open.add(granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS)));
        }
        nanos.pass(Duration.ofSeconds(30));
        // Half of the timers fire before the detector's own tick.
        open.subList(0, 25).forEach(permit -> permit.close(Outcome.PEER_FAILURE));
        pauses.tick();
        open.subList(25, 50).forEach(permit -> permit.close(Outcome.PEER_FAILURE));
        granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS));
        assertThat(registry.get("countersign.callout.outcomes.uncounted")
                        .counter()
                        .count())
                .isEqualTo(50);
    }

    @Test
    void CO06_a_peer_that_says_it_blocks_us_is_not_asked_for_two_hours_and_the_operator_hears_of_it_once() {
        CalloutLimits limits = limits(WIDE);
        List<Permit> several = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            several.add(granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS)));
        }
        several.forEach(permit -> permit.blocked("550 5.7.1 your address is on our list"));
        assertThat(registry.get("countersign.callout.blocks").counter().count()).isEqualTo(1);
        assertRefused(limits.domain(EXAMPLE, Trust.SPF_PASS), Limit.BLOCKED_US);
        MailDomain other = domain("other.example");
        assertRefused(dial(limits, other, "mx.example", ip("192.0.2.9"), Trust.SPF_PASS), Limit.BLOCKED_US);
        assertRefused(dial(limits, other, "alias.example", ip("192.0.2.1"), Trust.SPF_PASS), Limit.BLOCKED_US);
        granted(dial(limits, other, "elsewhere.example", ip("192.0.2.9"), Trust.SPF_PASS));
        nanos.pass(Duration.ofMinutes(119));
        assertRefused(limits.domain(EXAMPLE, Trust.SPF_PASS), Limit.BLOCKED_US);
        nanos.pass(Duration.ofMinutes(2));
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS));
        granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS));
    }

    @Test
    void a_peer_that_blocks_us_is_left_alone_as_long_as_configured_also_after_a_reload() {
        CalloutLimits limits = limits(WIDE);
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS)).blocked("554 blocked");
        nanos.pass(Duration.ofMinutes(31));
        assertRefused(limits.domain(EXAMPLE, Trust.SPF_PASS), Limit.BLOCKED_US);
        limits.reconfigure(
                new Given(WIDE, Map.of()),
                new CalloutSettings.Breaker(
                        50, 10, Duration.ofSeconds(10), MINUTE, Duration.ofHours(1), 1, Duration.ofMinutes(30)));
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS));
    }

    @Test
    void a_callout_waits_for_all_its_permits_together_no_longer_than_limits_wait() {
        Rate one = new Rate(60, MINUTE, 1, 100);
        CalloutLimits limits = limits(new Limits(2000, Duration.ofSeconds(2), one, one, NETWORK));
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS));
        granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS));
        Granted second = (Granted) limits.domain(EXAMPLE, Trust.SPF_PASS);
        assertThat(second.after()).isBetween(Duration.ofMillis(900), Duration.ofSeconds(1));
        Granted dialled = (Granted) limits.dial(EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS, second.after());
        assertThat(second.after().plus(dialled.after())).isLessThanOrEqualTo(Duration.ofSeconds(2));
        dialled.permit().cancel();
        assertRefused(
                limits.dial(EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS, Duration.ofMillis(1_500)),
                Limit.PER_EXCHANGER_RATE);
    }

    @Test
    void an_operator_who_has_talked_to_the_peer_can_lift_the_block() {
        CalloutLimits limits = limits(WIDE);
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS)).blocked("554 blocked");
        assertThat(limits.snapshot(10)).anySatisfy(state -> {
            assertThat(state.table()).isEqualTo("blocked");
            assertThat(state.key()).isEqualTo("domain example.org");
            assertThat(state.remaining()).isEqualTo(BREAKER.blocked());
        });
        assertThat(limits.unblock("EXAMPLE.org")).isTrue();
        assertThat(limits.unblock("example.org")).isFalse();
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS));
    }

    @Test
    void OP04_a_reload_keeps_breakers_and_counters_and_takes_the_new_numbers() {
        CalloutLimits limits = limits(with(DOMAIN, EXCHANGER, NETWORK));
        assertThat(askAll(limits, EXAMPLE, Trust.SPF_PASS)).isEqualTo(10);
        fail(limits, "mx.example", "192.0.2.1", 10);
        limits.reconfigure(
                new Given(new Limits(1, Duration.ZERO, new Rate(20, MINUTE, 20, 2), EXCHANGER, NETWORK), Map.of()),
                BREAKER);
        assertThat(askAll(limits, EXAMPLE, Trust.SPF_PASS)).isBetween(9, 10);
        assertRefused(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS), Limit.BREAKER);
        granted(limits.domain(domain("a.example"), Trust.SPF_PASS));
        assertRefused(limits.domain(domain("b.example"), Trust.SPF_PASS), Limit.CONCURRENT);
    }

    @Test
    void a_snapshot_shows_the_busiest_first() {
        CalloutLimits limits = limits(SHIPPED);
        granted(limits.domain(EXAMPLE, Trust.SPF_PASS));
        granted(limits.domain(domain("idle.example"), Trust.SPF_PASS)).close(Outcome.SUCCESS);
        granted(dial(limits, EXAMPLE, "mx.example", ip("192.0.2.1"), Trust.SPF_PASS));
        List<KeyState> states = limits.snapshot(1);
        assertThat(states).extracting(KeyState::table).containsExactly("domain", "exchanger", "address", "network");
        assertThat(states)
                .extracting(KeyState::key)
                .containsExactly("example.org", "mx.example", "192.0.2.1", "192.0.2.0/24");
        assertThat(states).extracting(KeyState::inUse).containsOnly(1);
        assertThat(states.get(0).available()).isEqualTo(9);
    }

    @Test
    void event_loops_contend_for_one_domain_without_parking_and_within_the_limits() {
        CalloutLimits limits =
                limits(new Limits(2000, Duration.ZERO, new Rate(1, Duration.ofDays(1), 500, 3), EXCHANGER, NETWORK));
        AtomicInteger inUse = new AtomicInteger();
        ConcurrentHashMap<Integer, Integer> seen = new ConcurrentHashMap<>();
        AtomicInteger granted = new AtomicInteger();
        Scheduler loops = Schedulers.newParallel("loop", 4);
        try {
            // BlockHound makes any parking on these threads an error.
            Flux.range(0, 4)
                    .flatMap(i -> Flux.range(0, 2_500)
                            .doOnNext(j -> {
                                if (limits.domain(EXAMPLE, Trust.SPF_PASS) instanceof Granted grant) {
                                    seen.put(inUse.incrementAndGet(), j);
                                    granted.incrementAndGet();
                                    inUse.decrementAndGet();
                                    grant.permit().close(Outcome.SUCCESS);
                                }
                            })
                            .subscribeOn(loops))
                    .blockLast(Duration.ofSeconds(30));
        } finally {
            loops.dispose();
        }
        assertThat(granted.get()).isEqualTo(500);
        assertThat(seen.keySet()).allMatch(most -> most <= 3);
    }
}
