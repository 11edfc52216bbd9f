package io.countersign.callout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.callout.DomainFacts.CatchAll;
import io.countersign.smtp.MailDomain;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DomainFactsTest {
    private static final MailDomain B = MailDomain.parse("b.test").orElseThrow();
    private static final List<String> EXCHANGERS = List.of("mx1.b.test", "MX2.b.test");

    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(1).toNanos());
    private final DomainFacts facts = facts();

    private DomainFacts facts() {
        return new DomainFacts(Duration.ofHours(3), Duration.ofDays(1), nanos::get);
    }

    private void passes(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void what_is_known_of_a_domain_dies_when_its_exchangers_change_and_not_when_they_are_shuffled() {
        facts.refusedNullSender(B, EXCHANGERS, "553 no");
        facts.tookRandom(B, EXCHANGERS, CatchAll.YES);
        assertThat(facts.nullSenderRefusal(B, List.of("mx2.b.test", "mx1.b.test")))
                .isEqualTo("553 no");
        assertThat(facts.catchAll(B, List.of("mx2.b.test", "mx1.b.test"))).isEqualTo(CatchAll.YES);
        assertThat(facts.nullSenderRefusal(B, List.of("mx1.b.test"))).isNull();
        assertThat(facts.catchAll(B, List.of("mx1.b.test", "mx2.b.test", "mx3.b.test")))
                .isNull();
    }

    @Test
    void it_is_believed_for_its_time_and_no_longer() {
        facts.refusedNullSender(B, EXCHANGERS, "553 no");
        facts.tookRandom(B, EXCHANGERS, CatchAll.NO);
        facts.brokeTls("mx1.b.test");
        passes(Duration.ofHours(3).minusMillis(1));
        assertThat(facts.nullSenderRefusal(B, EXCHANGERS)).isEqualTo("553 no");
        passes(Duration.ofMillis(1));
        assertThat(facts.nullSenderRefusal(B, EXCHANGERS)).isNull();
        assertThat(facts.catchAll(B, EXCHANGERS)).isEqualTo(CatchAll.NO);
        assertThat(facts.hasBrokenTls("mx1.b.test")).isTrue();
        passes(Duration.ofHours(21));
        assertThat(facts.catchAll(B, EXCHANGERS)).isNull();
        assertThat(facts.hasBrokenTls("mx1.b.test")).isFalse();
    }

    @Test
    void it_outlives_a_restart_and_grows_older_meanwhile() throws IOException {
        facts.refusedNullSender(B, EXCHANGERS, "553 no");
        facts.tookRandom(B, EXCHANGERS, CatchAll.YES);
        facts.brokeTls("mx1.b.test");
        passes(Duration.ofHours(1));
        byte[] saved = saved(facts);
        DomainFacts after = facts();
        after.restore(new DataInputStream(new ByteArrayInputStream(saved)), Duration.ofHours(1));
        assertThat(after.nullSenderRefusal(B, EXCHANGERS)).isEqualTo("553 no");
        assertThat(after.catchAll(B, EXCHANGERS)).isEqualTo(CatchAll.YES);
        assertThat(after.hasBrokenTls("mx1.b.test")).isTrue();
        passes(Duration.ofHours(1));
        assertThat(after.nullSenderRefusal(B, EXCHANGERS)).isNull();
        for (int cut = 0; cut < saved.length; cut++) {
            byte[] half = java.util.Arrays.copyOf(saved, cut);
            DomainFacts none = facts();
            assertThatThrownBy(() -> none.restore(new DataInputStream(new ByteArrayInputStream(half)), Duration.ZERO))
                    .isInstanceOf(IOException.class);
            assertThat(none.known(B)).isEmpty();
        }
    }

    private static byte[] saved(DomainFacts facts) throws IOException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        facts.save(new DataOutputStream(octets));
        return octets.toByteArray();
    }

    @Test
    void the_operator_sees_what_is_known_and_can_have_it_forgotten() {
        facts.refusedNullSender(B, EXCHANGERS, "553 no");
        facts.tookRandom(B, EXCHANGERS, CatchAll.NO);
        facts.brokeTls("mx1.b.test");
        passes(Duration.ofMinutes(5));
        assertThat(facts.known(B))
                .containsExactly(
                        new DomainFacts.Known(
                                "mx1.b.test mx2.b.test", "refuses the null sender", "553 no", Duration.ofMinutes(5)),
                        new DomainFacts.Known(
                                "mx1.b.test mx2.b.test", "does not accept any local part", "", Duration.ofMinutes(5)));
        assertThat(facts.known(MailDomain.parse("mx1.b.test").orElseThrow())).hasSize(1);
        assertThat(facts.forget(B)).isEqualTo(2);
        assertThat(facts.known(B)).isEmpty();
        assertThat(facts.hasBrokenTls("mx1.b.test")).isTrue();
    }
}
