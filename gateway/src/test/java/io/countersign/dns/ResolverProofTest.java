package io.countersign.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ResolverProofTest {
    private static final String OURS = "ours.test";

    private final FakeDns dns = new FakeDns();
    private final AtomicLong clock = new AtomicLong();
    private final ResolverProof proof = new ResolverProof(dns, OURS, clock::get);
    private final Exchangers exchangers =
            new Exchangers(dns, proof, new ConnectPolicy(a -> false, a -> false, List.of(), 25), 5);

    private ExchangerSet.Kind of(String domain) {
        return exchangers
                .of(domain)
                .blockOptional(Duration.ofSeconds(5))
                .orElseThrow()
                .kind();
    }

    private long checks() {
        return dns.asked().stream().filter(q -> q.equals("MX " + OURS)).count();
    }

    @Test
    void a_resolver_that_does_not_know_us_proves_nothing() {
        assertThat(of("no.test")).isEqualTo(ExchangerSet.Kind.FAILED);
        dns.fails("MX", OURS);
        clock.addAndGet(ResolverProof.BAD_FOR.toNanos());
        assertThat(of("no.test")).isEqualTo(ExchangerSet.Kind.FAILED);
        dns.mx(OURS, "10 mx.test");
        assertThat(of("no.test")).as("not asked again within five seconds").isEqualTo(ExchangerSet.Kind.FAILED);
        clock.addAndGet(ResolverProof.BAD_FOR.toNanos());
        assertThat(of("no.test")).isEqualTo(ExchangerSet.Kind.NO_SUCH_DOMAIN);
    }

    @Test
    void any_record_of_ours_will_do() {
        dns.txt(OURS, "v=spf1 -all");
        assertThat(of("no.test")).isEqualTo(ExchangerSet.Kind.NO_SUCH_DOMAIN);
    }

    @Test
    void the_proof_is_good_for_a_minute_and_only_asked_for_when_it_matters() {
        dns.mx(OURS, "10 mx.test").mx("there.test", "10 mx.test");
        assertThat(of("there.test")).isEqualTo(ExchangerSet.Kind.FOUND);
        assertThat(checks()).isZero();
        of("no.test");
        of("neither.test");
        assertThat(checks()).isEqualTo(1);
        clock.addAndGet(ResolverProof.GOOD_FOR.toNanos());
        of("nor.test");
        assertThat(checks()).isEqualTo(2);
    }

    @Test
    void when_most_domains_of_a_minute_do_not_exist_the_resolver_is_checked_again_with_an_alert() {
        dns.mx(OURS, "10 mx.test");
        for (int i = 0; i < 9; i++) {
            dns.mx("there" + i + ".test", "10 mx.test");
            of("there" + i + ".test");
        }
        for (int i = 0; i < 10; i++) {
            assertThat(of("no" + i + ".test")).isEqualTo(ExchangerSet.Kind.NO_SUCH_DOMAIN);
            of("no0.test");
        }
        assertThat(proof.alerts())
                .as("nineteen domains, however often they were asked for")
                .isZero();
        dns.fails("MX", OURS);
        assertThat(of("no10.test")).isEqualTo(ExchangerSet.Kind.FAILED);
        assertThat(proof.alerts()).isEqualTo(1);
        assertThat(of("no0.test")).isEqualTo(ExchangerSet.Kind.FAILED);
        clock.addAndGet(ResolverProof.BAD_FOR.toNanos());
        dns.mx(OURS, "10 mx.test");
        assertThat(of("no0.test")).isEqualTo(ExchangerSet.Kind.NO_SUCH_DOMAIN);
        assertThat(of("no1.test")).isEqualTo(ExchangerSet.Kind.NO_SUCH_DOMAIN);
        assertThat(proof.alerts()).isEqualTo(1);
    }

    @Test
    void half_is_not_more_than_half_and_a_minute_later_nothing_is_held_against_the_resolver() {
        dns.mx(OURS, "10 mx.test");
        for (int i = 0; i < 15; i++) {
            dns.mx("there" + i + ".test", "10 mx.test");
            of("there" + i + ".test");
            of("no" + i + ".test");
        }
        assertThat(proof.alerts()).isZero();
        clock.addAndGet(ResolverProof.WINDOW.toNanos());
        for (int i = 0; i < 19; i++) {
            of("new" + i + ".test");
        }
        assertThat(proof.alerts()).isZero();
        of("new19.test");
        assertThat(proof.alerts()).isEqualTo(1);
    }
}
