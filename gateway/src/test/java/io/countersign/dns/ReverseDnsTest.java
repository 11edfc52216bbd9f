package io.countersign.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.dns.ClientName.Result;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReverseDnsTest {
    private final FakeDns dns = new FakeDns();

    private ClientName name(String client) {
        return new ReverseDns(dns)
                .lookup(FakeDns.address(client))
                .blockOptional(Duration.ofSeconds(5))
                .orElseThrow();
    }

    @Test
    void DN26_a_name_that_leads_back_is_confirmed_for_both_families() {
        dns.ptr("192.0.2.1", "other.test", "host.test").a("host.test", "192.0.2.9", "192.0.2.1");
        dns.ptr("2001:db8::1", "six.test").aaaa("six.test", "2001:db8::1").a("six.test", "192.0.2.1");
        assertThat(name("192.0.2.1")).isEqualTo(new ClientName(Result.PASS, "host.test", "confirmed"));
        assertThat(name("2001:db8::1").name()).isEqualTo("six.test");
        assertThat(dns.asked()).doesNotContain("A six.test");
    }

    @Test
    void DN26_no_ptr_is_none() {
        assertThat(name("192.0.2.1").result()).isEqualTo(Result.NONE);
        dns.exists("1.2.0.192.in-addr.arpa");
        assertThat(name("192.0.2.1").result()).isEqualTo(Result.NONE);
    }

    @Test
    void DN26_a_name_without_address_or_with_another_one_is_a_fail_with_the_first_name() {
        dns.ptr("192.0.2.1", "first.test", "second.test").a("second.test", "192.0.2.2");
        ClientName name = name("192.0.2.1");
        assertThat(name.result()).isEqualTo(Result.FAIL);
        assertThat(name.name()).isEqualTo("first.test");
    }

    @Test
    void DN26_a_failure_that_could_have_confirmed_is_temporary() {
        dns.fails("PTR", ReverseNames.of(FakeDns.address("192.0.2.1")));
        assertThat(name("192.0.2.1").result()).isEqualTo(Result.TEMPERROR);
        dns.ptr("192.0.2.1", "first.test", "second.test")
                .a("first.test", "192.0.2.2")
                .fails("A", "second.test");
        assertThat(name("192.0.2.1").result()).isEqualTo(Result.TEMPERROR);
        dns.a("first.test", "192.0.2.1");
        assertThat(name("192.0.2.1").result()).isEqualTo(Result.PASS);
    }

    @Test
    void DN26_of_a_hundred_names_ten_are_looked_at() {
        dns.ptr(
                "192.0.2.1",
                IntStream.range(0, 100).mapToObj(i -> "n" + i + ".test").toArray(String[]::new));
        dns.a("n99.test", "192.0.2.1");
        assertThat(name("192.0.2.1").result()).isEqualTo(Result.FAIL);
        assertThat(dns.asked()).hasSize(11);
    }
}
