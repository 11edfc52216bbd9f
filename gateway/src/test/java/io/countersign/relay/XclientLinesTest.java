package io.countersign.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.relay.ClientIdentity.NameState;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.syntax.CommandPrinter;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XclientLinesTest {
    private static final List<String> ALL =
            List.of("NAME", "ADDR", "PROTO", "HELO", "REVERSE_NAME", "PORT", "LOGIN", "DESTADDR", "DESTPORT");

    private static ClientIdentity client(String address, NameState state, @Nullable String name, String helo) {
        return new ClientIdentity(
                new InetSocketAddress(address, 4711),
                new InetSocketAddress("198.51.100.1", 25),
                state,
                name,
                helo,
                ClientIdentity.Protocol.ESMTP);
    }

    private static String only(ClientIdentity client, List<String> listed) {
        List<SmtpCommand.Xclient> lines = XclientLines.of(client, listed);
        assertThat(lines).hasSize(1);
        return CommandPrinter.print(lines.get(0));
    }

    @Test
    void only_what_the_MTA_lists_is_sent() {
        ClientIdentity client = client("192.0.2.1", NameState.CONFIRMED, "c.test", "helo.test");
        assertThat(only(client, List.of("NAME", "ADDR"))).isEqualTo("XCLIENT NAME=c.test ADDR=192.0.2.1");
        assertThat(only(client, ALL))
                .isEqualTo("XCLIENT PROTO=ESMTP HELO=helo.test LOGIN=[UNAVAILABLE] DESTADDR=198.51.100.1 DESTPORT=25"
                        + " REVERSE_NAME=c.test NAME=c.test PORT=4711 ADDR=192.0.2.1");
    }

    @Test
    void an_MTA_that_does_not_list_ADDR_cannot_be_told_the_client() {
        assertThat(XclientLines.of(client("192.0.2.1", NameState.PENDING, null, "h"), List.of("NAME", "HELO")))
                .isEmpty();
    }

    @Test
    void unknown_and_pending_names_are_told_apart() {
        List<String> listed = List.of("NAME", "REVERSE_NAME", "ADDR");
        assertThat(only(client("192.0.2.1", NameState.UNAVAILABLE, null, "h"), listed))
                .isEqualTo("XCLIENT REVERSE_NAME=[UNAVAILABLE] NAME=[UNAVAILABLE] ADDR=192.0.2.1");
        assertThat(only(client("192.0.2.1", NameState.PENDING, null, "h"), listed))
                .isEqualTo("XCLIENT REVERSE_NAME=[TEMPUNAVAIL] NAME=[TEMPUNAVAIL] ADDR=192.0.2.1");
        assertThat(only(client("192.0.2.1", NameState.UNCONFIRMED, "x.test", "h"), listed))
                .isEqualTo("XCLIENT REVERSE_NAME=x.test NAME=[UNAVAILABLE] ADDR=192.0.2.1");
    }

    @Test
    void ipv6_carries_its_prefix() {
        assertThat(only(client("2001:db8::1", NameState.PENDING, null, "h"), List.of("ADDR")))
                .isEqualTo("XCLIENT ADDR=IPV6:2001:db8::1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x.\r\nRCPT TO:<a@b>", "a b", "a=b", "a]", "a+b", "ä.test", "a_b.test", ""})
    void IN01_a_name_that_is_no_host_name_never_goes_out(String name) {
        assertThat(only(client("192.0.2.1", NameState.CONFIRMED, name, "h"), List.of("NAME", "ADDR")))
                .isEqualTo("XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.1");
    }

    @Test
    void IN01_a_HELO_goes_out_as_xtext() {
        assertThat(only(client("192.0.2.1", NameState.PENDING, null, "a b=c+d\t"), List.of("HELO", "ADDR")))
                .isEqualTo("XCLIENT HELO=a+20b+3Dc+2Bd+09 ADDR=192.0.2.1");
        assertThat(only(client("192.0.2.1", NameState.PENDING, null, ""), List.of("HELO", "ADDR")))
                .isEqualTo("XCLIENT HELO=[UNAVAILABLE] ADDR=192.0.2.1");
        assertThat(only(client("192.0.2.1", NameState.PENDING, null, " ".repeat(100)), List.of("HELO", "ADDR")))
                .isEqualTo("XCLIENT HELO=[UNAVAILABLE] ADDR=192.0.2.1");
    }

    @Test
    void IN01_no_line_is_longer_than_512_octets_and_the_address_comes_last() {
        ClientIdentity client =
                client("2001:db8:1111:2222:3333:4444:5555:6666", NameState.CONFIRMED, "n".repeat(250), "h".repeat(250));
        List<SmtpCommand.Xclient> lines = XclientLines.of(client, ALL);
        assertThat(lines)
                .hasSizeGreaterThan(1)
                .allSatisfy(
                        line -> assertThat(CommandPrinter.print(line) + "\r\n").hasSizeLessThanOrEqualTo(512));
        assertThat(lines.get(lines.size() - 1).attributes())
                .startsWith("NAME=n")
                .endsWith("PORT=4711 ADDR=IPV6:2001:db8:1111:2222:3333:4444:5555:6666");
        String all = String.join(
                " ", lines.stream().map(SmtpCommand.Xclient::attributes).toList());
        assertThat(all.split(" ")).hasSize(ALL.size());
    }
}
