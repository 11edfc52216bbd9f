package io.countersign.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.lab.DnsFault.Kind;
import io.countersign.lab.LabDns.Tcp;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

class LabDnsTest {
    private final LabDns dns = LabDns.start();

    @AfterEach
    void close() {
        dns.close();
        LeakPresenceDetector.check();
    }

    @Test
    void records_set_by_code_are_answered() throws IOException {
        dns.mx("b.test", 10, "mx.b.test").mx("b.test", 20, "mx2.b.test").host("mx.b.test", "127.1.0.5");
        dns.aaaa("mx.b.test", "::1").ptr("::1", "six.b.test").txt("b.test", "v=spf1 " + "x".repeat(300));

        assertThat(rdata(ask("b.test", Type.MX))).containsExactlyInAnyOrder("10 mx.b.test.", "20 mx2.b.test.");
        assertThat(rdata(ask("MX.b.TEST", Type.A))).containsExactly("127.1.0.5");
        assertThat(rdata(ask(LabDns.reverse("127.1.0.5"), Type.PTR))).containsExactly("mx.b.test.");
        assertThat(rdata(ask(LabDns.reverse("::1"), Type.PTR))).containsExactly("six.b.test.");
        TXTRecord spf =
                (TXTRecord) ask("b.test", Type.TXT).getSection(Section.ANSWER).get(0);
        assertThat(String.join("", spf.getStrings())).startsWith("v=spf1 x").hasSize(307);
        assertThat(dns.asked("b.test")).isEqualTo(2);
        assertThat(dns.asked("b.test", "MX")).isEqualTo(1);
        assertThat(dns.questions()).extracting(LabDns.Question::name).contains("MX.b.TEST");
    }

    @Test
    void a_name_that_exists_without_the_record_is_no_NXDOMAIN() throws IOException {
        dns.zone("b.test", 77).a("deep.down.b.test", "127.1.0.9");

        Message empty = ask("down.b.test", Type.MX);
        Message nothing = ask("else.b.test", Type.MX);
        assertThat(empty.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(empty.getSection(Section.ANSWER)).isEmpty();
        assertThat(nothing.getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(nothing.getSection(Section.AUTHORITY).get(0).rdataToString()).endsWith(" 77");
    }

    @Test
    void wildcards_stand_for_names_that_do_not_exist_and_only_for_those() throws IOException {
        dns.mx("*.many.test", 10, "mx.test").a("mx.test", "127.1.0.7").bare("known.many.test");

        assertThat(ask("s123.many.test", Type.MX)
                        .getSection(Section.ANSWER)
                        .get(0)
                        .toString())
                .startsWith("s123.many.test.");
        assertThat(ask("a.b.many.test", Type.MX).getSection(Section.ANSWER)).hasSize(1);
        assertThat(ask("known.many.test", Type.MX).getSection(Section.ANSWER)).isEmpty();
        assertThat(ask("below.known.many.test", Type.MX).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void aliases_are_followed_and_a_circle_of_them_fails() throws IOException {
        dns.cname("www.test", "real.test").a("real.test", "127.1.0.8").cname("one.test", "two.test");
        dns.cname("two.test", "one.test");

        assertThat(rdata(ask("www.test", Type.A))).containsExactly("real.test.", "127.1.0.8");
        assertThat(ask("one.test", Type.A).getRcode()).isEqualTo(Rcode.SERVFAIL);
    }

    @Test
    void a_domain_can_refuse_all_mail() throws IOException {
        dns.nullMx("b.test");
        assertThat(rdata(ask("b.test", Type.MX))).containsExactly("0 .");
    }

    @Test
    void faults_are_for_a_name_a_type_or_all_and_end() throws IOException {
        dns.a("b.test", "127.1.0.5")
                .fault("b.test", "A", DnsFault.of(Kind.SERVFAIL).times(2));
        dns.fault("b.test", DnsFault.of(Kind.REFUSED));

        assertThat(List.of(rcode("b.test"), rcode("b.test"), rcode("b.test")))
                .containsExactly(Rcode.SERVFAIL, Rcode.SERVFAIL, Rcode.REFUSED);
        dns.heal().faultForAll(DnsFault.of(Kind.NOTIMP));
        assertThat(rcode("other.test")).isEqualTo(Rcode.NOTIMP);
        dns.heal();
        assertThat(rcode("b.test")).isEqualTo(Rcode.NOERROR);
    }

    @Test
    void late_and_missing_answers() throws IOException {
        dns.a("late.test", "127.1.0.5").fault("late.test", DnsFault.late(Duration.ofMillis(80)));
        dns.fault("lost.test", DnsFault.of(Kind.DROP));

        long start = System.nanoTime();
        assertThat(rcode("late.test")).isEqualTo(Rcode.NOERROR);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(80_000_000L);
        assertThatThrownBy(() -> ask("lost.test", Type.A, Duration.ofMillis(50)))
                .isInstanceOf(IOException.class);
        assertThat(dns.asked("lost.test", "A")).isEqualTo(1);
    }

    @Test
    void big_and_truncated_answers_come_whole_over_TCP() throws IOException {
        for (int i = 0; i < 200; i++) {
            dns.a("big.test", "127.2.0." + i);
        }
        dns.a("cut.test", "127.1.0.5").fault("cut.test", DnsFault.of(Kind.TRUNCATE));

        assertThat(ask("big.test", Type.A).getSection(Section.ANSWER)).hasSize(200);
        assertThat(rdata(ask("cut.test", Type.A))).containsExactly("127.1.0.5");
        assertThat(dns.questions())
                .extracting(LabDns.Question::transport)
                .containsExactly(
                        LabDns.Transport.UDP, LabDns.Transport.TCP, LabDns.Transport.UDP, LabDns.Transport.TCP);
        dns.tcp(Tcp.REFUSES);
        assertThatThrownBy(() -> ask("cut.test", Type.A, Duration.ofMillis(50))).isInstanceOf(IOException.class);
        dns.tcp(Tcp.HANGS);
        assertThatThrownBy(() -> ask("cut.test", Type.A, Duration.ofMillis(50))).hasMessageContaining("Timed out");
        dns.tcp(Tcp.ANSWERS);
        assertThat(rdata(ask("cut.test", Type.A))).containsExactly("127.1.0.5");
    }

    @Test
    void answers_that_are_wrong_in_themselves() throws IOException {
        dns.mx("b.test", 10, "mx.b.test");
        DnsResponderProbe probe = new DnsResponderProbe(dns);

        dns.fault("b.test", DnsFault.of(Kind.WRONG_ID));
        assertThat(probe.ask("b.test"))
                .singleElement()
                .satisfies(m -> assertThat(m.getHeader().getID()).isNotEqualTo(7));
        dns.fault("b.test", DnsFault.of(Kind.WRONG_ID_FIRST));
        assertThat(probe.ask("b.test")).hasSize(2);
        dns.fault("b.test", DnsFault.of(Kind.WRONG_QUESTION));
        assertThat(probe.ask("b.test").get(0).getQuestion().getName()).hasToString("unrelated.invalid.");
        dns.fault("b.test", DnsFault.of(Kind.UNRELATED_ANSWER));
        assertThat(probe.ask("b.test").get(0).getSection(Section.ANSWER).get(0).getName())
                .hasToString("unrelated.invalid.");
        for (Kind kind : List.of(Kind.MALFORMED_RDATA, Kind.POINTER_LOOP, Kind.GARBAGE)) {
            dns.fault("b.test", DnsFault.of(kind));
            assertThatThrownBy(() -> probe.ask("b.test")).as(kind.name()).isInstanceOf(IOException.class);
        }
        dns.heal();
        assertThat(probe.ask("b.test").get(0).getHeader().getFlag(Flags.RA)).isTrue();
    }

    @Test
    void switched_off_it_is_not_there_and_comes_back_at_the_same_port() throws IOException {
        dns.a("b.test", "127.1.0.5");
        dns.off();
        assertThatThrownBy(() -> ask("b.test", Type.A, Duration.ofMillis(50))).isInstanceOf(IOException.class);
        dns.on();
        assertThat(rdata(ask("b.test", Type.A))).containsExactly("127.1.0.5");
    }

    private int rcode(String name) throws IOException {
        return ask(name, Type.A).getRcode();
    }

    private Message ask(String name, int type) throws IOException {
        return ask(name, type, Tally.PATIENCE);
    }

    private Message ask(String name, int type, Duration patience) throws IOException {
        SimpleResolver resolver = new SimpleResolver(dns.address());
        resolver.setTimeout(patience);
        return resolver.send(question(name, type));
    }

    private static Message question(String name, int type) throws TextParseException {
        return Message.newQuery(Record.newRecord(Name.fromString(name, Name.root), type, DClass.IN));
    }

    private static List<String> rdata(Message answer) {
        return answer.getSection(Section.ANSWER).stream()
                .map(Record::rdataToString)
                .toList();
    }
}
