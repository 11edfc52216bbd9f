package io.countersign.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailAddressTest {
    private static MailAddress address(String text) {
        return MailAddress.parse(text).orElseThrow(() -> new AssertionError("refused: " + text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a@b",
                "a.b.c@example.org",
                "!#$%&'*+-/=?^_`{|}~@example.org",
                "user+tag@sub.example.org",
                "a@[192.0.2.1]",
                "a@[IPv6:2001:db8::1]",
                "a@[ipv6:::ffff:192.0.2.1]",
                "\"a b\"@c",
                "\"a\\\"b\\\\c\"@c",
                "\"\"@c",
                "\"a@b\"@c",
                "\"a..b\"@c",
                "\".\"@c",
                "a@under_score.example",
                "a@1.2.3.4",
                "用户@例え.テスト",
                "\"ü \"@example.org",
                "prvs=123=a@example.org"
            })
    void PA52_a_legal_address_is_kept_as_it_was_written(String text) {
        assertThat(address(text).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"abc\"@d            | abc@d",
                "\"a\\bc\"@d          | abc@d",
                "\"a.b\"@d            | a.b@d",
                "\"a\\ b\"@d          | \"a b\"@d",
                "\"a\\@b\"@d          | \"a@b\"@d",
                "\"\\\\\"@d           | \"\\\\\"@d",
                "\"ü\"@d              | ü@d"
            })
    void PA52_a_quoted_local_part_is_passed_on_in_its_one_canonical_form(String text, String canonical) {
        assertThat(address(text).text()).isEqualTo(canonical);
        assertThat(address(text)).isEqualTo(address(canonical)).hasSameHashCodeAs(address(canonical));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "@b",
                "a@",
                "a@b@c",
                "a b@c",
                ".a@b",
                "a.@b",
                "a..b@c",
                "a(c)@b",
                "a,b@c",
                "a;b@c",
                "a:b@c",
                "<a@b>",
                "a@b>",
                "a@b c",
                "a@b.",
                "a@.b",
                "a@b..c",
                "a@-b",
                "a@b-",
                "a@b-.c",
                "a@b!c",
                "\"a@b",
                "\"a\"b@c",
                "a\"b\"@c",
                "\"a\\\"@b",
                "\"a\\\u00fc\"@b",
                "\"a\nb\"@c",
                "\"a\tb\"@c",
                "\"a\u0000b\"@c",
                "\"a\\\rb\"@c",
                "a\u007f@b",
                "a@b\r\nRCPT TO:<c@d>",
                "a@b\n",
                "a@[1.2.3]",
                "a@[1.2.3.4.5]",
                "a@[1.2.3.256]",
                "a@[01.2.3.4]",
                "a@[1.2.3.4",
                "a@[]",
                "a@[x]",
                "a@[tag:content]",
                "a@[IPv6:]",
                "a@[IPv6:1::2::3]",
                "a@[IPv6:1:2:3:4:5:6:7]",
                "a@[IPv6:1:2:3:4:5:6:7:8:9]",
                "a@[IPv6:1:2:3:4:5:6:7::8]",
                "a@[IPv6:fe80::1%eth0]",
                "a@[IPv6:12345::]",
                "a@[IPv6:1:]",
                "a@[IPv6::1]",
                "a@[IPv6:192.0.2.1]",
                "a@[IPv6:1::1.2.3.4:5]",
                "a@b]"
            })
    void PA52_what_is_no_address_is_refused(String text) {
        assertThat(MailAddress.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\u0085b@c", // C1
                "a\u009fb@c",
                "a\ud800b@c", // surrogates without partner
                "a\udc00b@c",
                "a@b\ud800",
                "a\u061cb@c",
                "a\u200eb@c",
                "a\u202eb@c", // right-to-left override
                "a\u2028b@c",
                "a\u2029b@c",
                "a\u2066b@c",
                "a\ufeffb@c",
                "a\ufffdb@c",
                "a\ufffeb@c",
                "a\ufdd0b@c",
                "a\udbff\udfffb@c", // U+10FFFF
                "a\udb40\udc41b@c", // an invisible A
                "a@b\u202ec"
            })
    void PA46_no_character_that_hides_or_turns_text_stands_in_an_address(String text) {
        assertThat(MailAddress.parse(text)).isEmpty();
    }

    @Test
    void PA46_CVE_2025_7962_no_character_is_narrowed_to_a_line_end_or_a_dot() {
        for (char c : new char[] {'\u760a', '\u560d', '\u010a', '\u020d', '\uff0e', '\u3002', '\u6e40'}) {
            MailAddress address = address("a" + c + "b@example.org");
            assertThat(address.text()).isEqualTo("a" + c + "b@example.org");
            assertThat(address.localPart()).hasSize(3).contains(String.valueOf(c));
            assertThat(address.isAscii()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u3002", "\uff0e", "\uff61", "\u2024", "\ufe52", "\u2105", "\uff20", "\u2048", "\u00a0", "\u2488"
            })
    void PA46_a_domain_that_a_later_mapping_would_read_otherwise_is_refused(String character) {
        assertThat(MailDomain.parse("a" + character + "b.example")).isEmpty();
    }

    @Test
    void PA52_the_limits_of_RFC_5321_hold_in_octets() {
        String local64 = "a".repeat(64);
        String label63 = "b".repeat(63);
        String domain189 = label63 + "." + label63 + "." + "c".repeat(61);
        assertThat(MailAddress.parse(local64 + "@" + domain189)).isPresent();
        assertThat(MailAddress.parse("a" + local64 + "@b")).isEmpty();
        assertThat(MailAddress.parse(local64 + "@" + domain189 + "c")).isEmpty();
        assertThat(MailAddress.parse("a@" + label63 + "b")).isEmpty();
        assertThat(MailAddress.parse("ü".repeat(32) + "@b")).isPresent();
        assertThat(MailAddress.parse("ü".repeat(33) + "@b")).isEmpty();
        assertThat(MailAddress.parse("\uD83D\uDCE7".repeat(16) + "@b")).isPresent();
        assertThat(MailAddress.parse("\uD83D\uDCE7".repeat(17) + "@b")).isEmpty();
        assertThat(MailDomain.parse("ü".repeat(32) + ".example")).isEmpty();
        String domain255 = (label63 + ".").repeat(3) + label63;
        assertThat(domain255).hasSize(255);
        assertThat(MailDomain.parse(domain255)).isPresent();
        assertThat(MailDomain.parse("a." + domain255.substring(1))).isEmpty();
        assertThat(MailAddress.parse("\"" + "\\a".repeat(64) + "\"@b").map(MailAddress::text))
                .contains(local64 + "@b");
        assertThat(MailAddress.parse("\"" + " ".repeat(62) + "\"@b")).isPresent();
        assertThat(MailAddress.parse("\"" + " ".repeat(63) + "\"@b")).isEmpty();
    }

    @Test
    void the_local_part_is_given_without_quotes() {
        assertThat(address("\"a\\\"b @ c\"@d").localPart()).isEqualTo("a\"b @ c");
        assertThat(address("\"\"@d").localPart()).isEmpty();
    }

    @Test
    void one_mailbox_has_one_key_whatever_the_case_of_its_domain() {
        assertThat(address("User@EXAMPLE.org").key()).isEqualTo("User@example.org");
        assertThat(address("User@EXAMPLE.org")).isEqualTo(address("User@example.ORG"));
        assertThat(address("User@example.org")).isNotEqualTo(address("user@example.org"));
        assertThat(address("\"a b\"@EXAMPLE.org").key()).isEqualTo("\"a b\"@example.org");
        assertThat(address("User@EXAMPLE.org").text()).isEqualTo("User@EXAMPLE.org");
    }

    @Test
    void a_Turkish_locale_changes_no_key() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(new Locale("tr", "TR"));
            assertThat(MailDomain.parse("MAIL.EXAMPLE").orElseThrow().key()).isEqualTo("mail.example");
            assertThat(MailAddress.parse("a@[IPV6:::1]")).isPresent();
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void only_ASCII_letters_are_folded_in_a_domain() {
        assertThat(MailDomain.parse("ÄB.example").orElseThrow().key()).isEqualTo("Äb.example");
        assertThat(MailDomain.parse("ÄB.example").orElseThrow().isAscii()).isFalse();
    }

    @Test
    void paths_print_with_their_brackets() {
        assertThat(ReversePath.NULL).hasToString("<>");
        assertThat(new ReversePath(address("a@b"))).hasToString("<a@b>").isEqualTo(new ReversePath(address("a@B")));
        assertThat(ForwardPath.POSTMASTER).hasToString("<Postmaster>");
    }
}
