package io.countersign.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.smtp.MailAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaggedAddressTest {
    @ParameterizedTest
    @CsvSource({
        "prvs=1234abcdef=user@Example.ORG, user@example.org",
        "PRVS=0123456789=Some.User@example.org, Some.User@example.org",
        "btv1==07231a5b1d5==John.Doe@example.org, John.Doe@example.org",
        "SRS0=HHHH=TT=example.net=user@fwd.example, SRS0=example.net=user@fwd.example",
        "srs0+abcd=7q=example.net=list+tag=x@fwd.example, SRS0=example.net=list+tag=x@fwd.example",
        "SRS1=HHHH=fwd1.example==GGGG=TT=example.net=user@fwd2.example, SRS1=fwd1.example=example.net=user@fwd2.example",
        "list-bounces+user=example.net@lists.example, list-bounces@lists.example",
        "bounces+1234567-ab12-user=example.net@em.example, bounces@em.example",
        "bounces-42+user=example.net@em.example, bounces@em.example",
        "bounce-123-user=example.net@em.example, bounce@em.example",
        "list-return-7-mary-ann=mail.example.net@lists.example, list-return@lists.example"
    })
    void CO27_tags_that_differ_by_message_are_taken_off(String tagged, String bare) {
        assertThat(TaggedAddress.bareKey(Samples.address(tagged))).isEqualTo(bare);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "user@example.org",
                "user+tag@example.org",
                "user+tag=value@example.org",
                "user-123@example.org",
                "a=b@example.org",
                "prvs=user@example.org",
                "prvs=12=user@example.org",
                "prvs=1234abcdeg=user@example.org",
                "prvs=1234abcdef=@example.org",
                "prvs=1234abcdef=a=b@example.org",
                "btv1==x==user@example.org",
                "SRS0=HHHH=example.net=user@fwd.example",
                "SRS0=HHHH=TTT=example.net=user@fwd.example",
                "list-bounces-user=example.net@lists.example",
                "x+user=localhost@lists.example",
                "x+user=192.0.2.1@lists.example",
                "+user=example.net@lists.example",
                "\"prvs=1234abcdef=a b\"@example.org",
                "=@example.org",
                "====@example.org"
            })
    void whatever_might_be_an_address_in_its_own_right_keeps_its_name(String text) {
        assertThat(TaggedAddress.bareKey(Samples.address(text))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a-1-", "a-1-1-", "+", "=a.", "prvs=", "a.a.a.a-"})
    void a_local_part_made_to_confuse_costs_no_time(String unit) {
        String local = unit.repeat(64 / unit.length()).replaceAll("[.]+$", "x");
        MailAddress.parse(local + "@example.org")
                .ifPresent(address -> assertThat(TaggedAddress.bareKey(address)).isNull());
    }
}
