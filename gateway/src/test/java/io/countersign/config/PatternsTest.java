package io.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatternsTest {
    private static MailDomain domain(String text) {
        return MailDomain.parse(text).orElseThrow();
    }

    private static MailAddress address(String text) {
        return MailAddress.parse(text).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "example.org, example.org, true",
        "example.org, EXAMPLE.Org, true",
        "EXAMPLE.ORG, example.org, true",
        "example.org, a.example.org, false",
        "example.org, xexample.org, false",
        "example.org, org, false",
        "*.example.org, a.example.org, true",
        "*.example.org, a.b.Example.org, true",
        "*.example.org, example.org, false",
        "*.example.org, xexample.org, false",
        "*.org, example.org, true",
        "faß.de, xn--fa-hia.de, true",
        "faß.de, FASS.de, false",
        "faß.de, faß.de, true",
        "*.bücher.example, läden.BÜCHER.example, true",
        "xn--bcher-kva.example, bücher.example, true",
        "bücher.example, xn--bcher-kva.example, true",
        "example.org, [192.0.2.1], false",
        "*.org, [IPv6:2001:db8::1], false"
    })
    void a_domain_pattern_means_that_domain_or_all_below_it(String pattern, String domain, boolean expected) {
        assertThat(DomainPatterns.of(List.of(pattern)).matches(domain(domain))).isEqualTo(expected);
    }

    @Test
    void the_empty_list_matches_nothing() {
        assertThat(DomainPatterns.of(List.of()).matches(domain("example.org"))).isFalse();
        assertThat(AddressPatterns.of(List.of()).matches(address("a@example.org")))
                .isFalse();
    }

    @Test
    void patterns_are_shown_as_they_are_compared() {
        assertThat(DomainPatterns.of(List.of("*.Example.ORG", "faß.de")).patterns())
                .containsExactly("*.example.org", "xn--fa-hia.de");
        assertThat(AddressPatterns.of(List.of("News@Example.ORG", "ABUSE@", "faß.de"))
                        .patterns())
                .containsExactly("news@example.org", "abuse@", "xn--fa-hia.de");
    }

    @Test
    void many_patterns_answer_as_a_plain_comparison_would() {
        Random random = new Random(20261123);
        for (int round = 0; round < 30; round++) {
            List<String> patterns = new ArrayList<>();
            for (int i = random.nextInt(300); i >= 0; i--) {
                patterns.add((random.nextBoolean() ? "*." : "") + name(random));
            }
            DomainPatterns set = DomainPatterns.of(patterns);
            for (int i = 0; i < 300; i++) {
                String name = name(random);
                boolean expected = patterns.stream()
                        .anyMatch(p -> p.startsWith("*.") ? name.endsWith(p.substring(1)) : name.equals(p));
                assertThat(set.matches(domain(name)))
                        .as("%s in %s", name, patterns)
                        .isEqualTo(expected);
            }
        }
    }

    private static String name(Random random) {
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            name.append((char) ('a' + random.nextInt(5))).append(random.nextBoolean() ? "b." : ".");
        }
        return name.append(random.nextBoolean() ? "org" : "net").toString();
    }

    @ParameterizedTest
    @CsvSource({
        "a@example.org, a@example.org, true",
        "a@example.org, A@EXAMPLE.org, true",
        "a@example.org, b@example.org, false",
        "a@example.org, a@x.example.org, false",
        "example.org, anybody@example.org, true",
        "example.org, anybody@x.example.org, false",
        "*.example.org, anybody@x.example.org, true",
        "postmaster@, Postmaster@anywhere.example, true",
        "postmaster@, postmasters@anywhere.example, false",
        "postmaster@, postmaster@[192.0.2.1], true",
        "jürgen@, JÜRGEN@example.org, true"
    })
    void an_address_pattern_means_an_address_a_domain_or_a_local_part(
            String pattern, String address, boolean expected) {
        assertThat(AddressPatterns.of(List.of(pattern)).matches(address(address)))
                .isEqualTo(expected);
    }

    @Test
    void a_quoted_local_part_is_compared_by_its_content() {
        AddressPatterns patterns = AddressPatterns.of(List.of("\"a b\"@example.org", "\"c@d\"@"));
        assertThat(patterns.matches(address("\"A b\"@example.org"))).isTrue();
        assertThat(patterns.matches(address("\"c@d\"@example.net"))).isTrue();
        assertThat(patterns.matches(address("c@d.example"))).isFalse();
    }

    @Test
    void what_is_no_pattern_is_named() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DomainPatterns.of(List.of("good.example", "not good")))
                .withMessage("\"not good\" is no domain");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressPatterns.of(List.of("@example.org")))
                .withMessageContaining("\"@example.org\" is no address");
    }
}
