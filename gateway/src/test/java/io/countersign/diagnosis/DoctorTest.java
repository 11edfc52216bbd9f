package io.countersign.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.dns.ConnectPolicy;
import io.countersign.dns.Exchangers;
import io.countersign.dns.NettyDns;
import io.countersign.dns.ResolverProof;
import io.countersign.lab.Act;
import io.countersign.lab.Behaviour;
import io.countersign.lab.DnsFault;
import io.countersign.lab.Lab;
import io.countersign.lab.LabDns;
import io.countersign.lab.LabExchanger;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.countersign.limit.CalloutLimits;
import io.countersign.limit.NanoClock;
import io.countersign.limit.PauseDetector;
import io.countersign.net.Transport;
import io.countersign.relay.CapabilityMemory;
import io.countersign.relay.NettyMta;
import io.countersign.smtp.MailDomain;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/** The doctor names each planted fault, and nothing else. */
class DoctorTest {
    /** Late is what a busy machine that runs tests cannot be by accident. */
    private static final Patience PATIENCE =
            new Patience(Duration.ofMillis(2500), Duration.ofSeconds(6), Duration.ofMillis(2500));

    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newGroup(2, "doctor-test");
    private final List<AutoCloseable> open = new ArrayList<>();
    private Lab lab;

    @BeforeEach
    void aSmallInternet() {
        lab = Lab.start();
        lab.dns()
                .host("mx1.example.org", "127.0.0.1")
                .txt("mx1.example.org", "v=spf1 a -all")
                .mx("example.org", 10, "mx1.example.org");
        open.add(lab);
    }

    @AfterEach
    void end() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    // ---- somebody's domain ----------------------------------------------------------------------------------------

    /** A domain as it should be. */
    private static Behaviour good() {
        return Behaviour.proper().keyword("STARTTLS").mailboxes(Mailboxes.users("alice@b.test"));
    }

    private LabExchanger domain(Behaviour behaviour) {
        lab.dns().txt("b.test", "v=spf1 mx -all");
        return lab.domain("b.test", behaviour);
    }

    @Test
    void a_good_domain_gets_only_ok_and_no_content_was_sent() {
        LabExchanger exchanger = domain(good());
        Report report = examine("b.test");
        assertThat(report.faults()).as("%s", report.lines()).isEmpty();
        assertThat(report.isComplete()).isTrue();
        assertThat(report.level()).isEqualTo(Level.OK);
        assertThat(report.lines().stream().map(Line::check))
                .containsExactlyInAnyOrder(
                        Check.EXCHANGERS,
                        Check.ADDRESSES,
                        Check.REVERSE_DNS,
                        Check.GREETING,
                        Check.EHLO,
                        Check.STARTTLS,
                        Check.NULL_SENDER,
                        Check.POSTMASTER,
                        Check.ANSWER_TIME,
                        Check.RANDOM_ADDRESS,
                        Check.ENHANCED_CODES,
                        Check.SEVERAL_RECIPIENTS,
                        Check.RSET,
                        Check.SPF);
        assertThat(exchanger.connections().count()).isEqualTo(1);
        assertThat(exchanger.lastSession().heard())
                .doesNotContain("DATA")
                .noneMatch(line -> line.startsWith("BDAT"))
                .contains("EHLO mx1.example.org", "MAIL FROM:<>", "RCPT TO:<postmaster@b.test>", "RSET");
    }

    static Stream<Arguments> badExchangers() {
        Act block = Act.reply("554 5.7.1 Service unavailable; client host [127.0.0.1] blocked using bl.lab.test");
        return Stream.of(
                Arguments.of(Fault.NO_STARTTLS, good().withoutKeyword("STARTTLS")),
                Arguments.of(
                        Fault.STARTTLS_BROKEN,
                        good().at(
                                        LabStage.STARTTLS,
                                        Act.reply("220 2.0.0 Go on").then(Act.garbage()))),
                Arguments.of(Fault.STARTTLS_BROKEN, good().at(LabStage.STARTTLS, Act.reply("454 4.7.0 not now"))),
                Arguments.of(
                        Fault.NULL_SENDER_REFUSED,
                        good().at(LabStage.MAIL, Act.reply("553 5.1.7 Null senders are not accepted here"))),
                Arguments.of(
                        Fault.POSTMASTER_REFUSED,
                        good().mailboxes(Mailboxes.all("550 5.1.1 <{}>: Recipient address rejected: User unknown"))),
                Arguments.of(Fault.CATCH_ALL, good().mailboxes(Mailboxes.any())),
                Arguments.of(
                        Fault.GREETING_LATE,
                        good().at(LabStage.GREETING, Act.reply("220 mx ESMTP").after(Duration.ofSeconds(3)))),
                Arguments.of(Fault.NO_GREETING, good().at(LabStage.GREETING, Act.never())),
                Arguments.of(Fault.REFUSES_US, good().at(LabStage.GREETING, block)),
                Arguments.of(Fault.REFUSES_US, good().at(LabStage.RCPT, block)),
                Arguments.of(
                        Fault.TRY_LATER,
                        good().at(
                                        LabStage.GREETING,
                                        Act.reply("421 4.3.2 too many connections")
                                                .then(Act.close()))),
                Arguments.of(Fault.HELO_REFUSED, good().at(LabStage.EHLO, Act.reply("550 5.7.0 not like this"))),
                Arguments.of(Fault.NOT_SMTP, good().at(LabStage.MAIL, Act.garbage())),
                Arguments.of(Fault.HANGS_UP, good().at(LabStage.MAIL, Act.close())),
                Arguments.of(Fault.HANGS_UP, good().at(LabStage.GREETING, Act.close())),
                Arguments.of(Fault.NO_ANSWER, good().at(LabStage.MAIL, Act.never())),
                Arguments.of(Fault.GREYLISTING, good().greylist(9, Duration.ZERO)),
                Arguments.of(
                        Fault.SEVERAL_RECIPIENTS_REFUSED,
                        good().hook(heard -> heard.stage() == LabStage.RCPT
                                        && heard.argument().startsWith("nobody-")
                                        && heard.session() == 1
                                        && FIRST_RANDOM.add(heard.argument())
                                ? Optional.of(Act.reply("452 4.5.3 one recipient at a time"))
                                : Optional.empty())),
                Arguments.of(
                        Fault.RSET_NOT_SURVIVED,
                        good().at(LabStage.RSET, Act.reply("503 5.5.1 what?").then(Act.close()))),
                Arguments.of(
                        Fault.NO_ENHANCED_CODES,
                        good().mailboxes(path -> path.startsWith("postmaster@") ? "250 ok" : "550 no such user here")),
                Arguments.of(
                        Fault.SLOW,
                        good().at(LabStage.MAIL, Act.reply("250 2.1.0 Ok").after(Duration.ofMillis(6500)))));
    }

    private static final Set<String> FIRST_RANDOM = ConcurrentHashMap.newKeySet();

    @ParameterizedTest(name = "{0}")
    @MethodSource("badExchangers")
    void an_exchanger_with_one_fault_gets_exactly_that(Fault fault, Behaviour behaviour) {
        domain(behaviour);
        Report report = examine("b.test");
        assertThat(report.faults()).as("%s", report.lines()).containsExactly(fault);
        assertThat(report.lines())
                .allSatisfy(line -> assertThat(line.remedy().isEmpty()).isEqualTo(line.fault() == null));
    }

    @Test
    void a_server_without_ehlo_is_spoken_to_with_helo() {
        domain(good().at(LabStage.EHLO, Act.reply("502 5.5.1 Command unrecognized")));
        assertThat(examine("b.test").faults()).containsExactly(Fault.ONLY_HELO);
    }

    @Test
    void after_broken_tls_the_rest_is_asked_in_clear() {
        LabExchanger exchanger =
                domain(good().at(LabStage.STARTTLS, Act.reply("220 2.0.0 Go on").then(Act.garbage())));
        Report report = examine("b.test");
        assertThat(report.lines().stream().map(Line::check)).contains(Check.NULL_SENDER, Check.RSET);
        assertThat(exchanger.connections().count()).isEqualTo(2);
    }

    @Test
    void faults_in_dns_are_named_one_by_one() {
        lab.dns().txt("none.test", "v=spf1 -all").nullMx("none.test");
        assertThat(examine("none.test").faults()).containsExactly(Fault.NULL_MX);

        assertThat(examine("nowhere.test").faults()).containsExactly(Fault.NO_SUCH_DOMAIN);

        lab.dns().txt("literal.test", "v=spf1 -all").mx("literal.test", 10, "192.0.2.7");
        assertThat(examine("literal.test").faults()).containsExactly(Fault.MX_NAMES_NO_HOST);

        lab.dns()
                .txt("noaddress.test", "v=spf1 -all")
                .mx("noaddress.test", 10, "mx.noaddress.test")
                .bare("mx.noaddress.test");
        assertThat(examine("noaddress.test").faults()).containsExactly(Fault.NO_ADDRESS);

        lab.dns()
                .txt("private.test", "v=spf1 -all")
                .mx("private.test", 10, "mx.private.test")
                .a("mx.private.test", "10.1.2.3");
        assertThat(examine("private.test").faults()).containsExactly(Fault.FORBIDDEN_ADDRESS);

        lab.dns().txt("ill.test", "v=spf1 -all").fault("ill.test", "MX", DnsFault.of(DnsFault.Kind.SERVFAIL));
        Report ill = examine("ill.test");
        assertThat(ill.faults()).containsExactly(Fault.DNS_FAILURE);
        assertThat(ill.isComplete()).isFalse();
    }

    @Test
    void an_alias_an_implicit_mx_and_a_null_mx_among_others_are_named_and_the_exchanger_is_asked_all_the_same() {
        LabExchanger exchanger = domain(good());
        String address = exchanger.address().getAddress().getHostAddress();
        lab.dns()
                .remove("b.test")
                .txt("b.test", "v=spf1 mx -all")
                .mx("b.test", 10, "alias.b.test")
                .cname("alias.b.test", "mx.b.test");
        assertThat(examine("b.test").faults()).containsExactly(Fault.MX_NAMES_ALIAS);

        exchanger.behaviour(good().mailboxes(Mailboxes.users("x@implicit.test")));
        lab.dns().txt("implicit.test", "v=spf1 a -all").a("implicit.test", address);
        assertThat(examine("implicit.test").faults()).containsExactly(Fault.IMPLICIT_MX);

        exchanger.behaviour(good().mailboxes(Mailboxes.users("x@two.test")));
        lab.dns()
                .txt("two.test", "v=spf1 mx -all")
                .mx("two.test", 10, "mx.b.test")
                .nullMx("two.test");
        assertThat(examine("two.test").faults()).containsExactly(Fault.NULL_MX_AMONG_OTHERS);
    }

    @Test
    void reverse_dns_is_looked_at_both_ways() {
        LabExchanger exchanger = domain(good());
        String address = exchanger.address().getAddress().getHostAddress();
        lab.dns().remove(LabDns.reverse(address));
        assertThat(examine("b.test").faults()).containsExactly(Fault.NO_REVERSE_DNS);
    }

    @Test
    void a_ptr_that_does_not_lead_back_is_named() {
        LabExchanger exchanger = domain(good());
        String address = exchanger.address().getAddress().getHostAddress();
        lab.dns().remove(LabDns.reverse(address)).ptr(address, "other.test").a("other.test", "127.9.9.9");
        assertThat(examine("b.test").faults()).containsExactly(Fault.REVERSE_DNS_UNCONFIRMED);
    }

    @Test
    void an_exchanger_that_is_not_there_is_named() {
        lab.dns()
                .txt("dead.test", "v=spf1 -all")
                .mx("dead.test", 10, "mx.dead.test")
                .host("mx.dead.test", lab.deadAddress());
        assertThat(examine("dead.test").faults()).containsExactly(Fault.NO_CONNECTION);
    }

    static Stream<Arguments> policies() {
        String many = "v=spf1 " + "exists:e.b.test ".repeat(11) + "-all";
        return Stream.of(
                Arguments.of(Fault.NO_SPF, List.of("something else")),
                Arguments.of(Fault.SPF_SEVERAL, List.of("v=spf1 -all", "v=spf1 mx -all")),
                Arguments.of(Fault.SPF_SYNTAX, List.of("v=spf1 ipv4:192.0.2.1 -all")),
                Arguments.of(Fault.SPF_TOO_MANY_LOOKUPS, List.of(many)),
                Arguments.of(Fault.SPF_BROKEN_REFERENCE, List.of("v=spf1 include:nothing.test -all")),
                Arguments.of(Fault.SPF_ALLOWS_EVERYBODY, List.of("v=spf1 +all")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    void a_bad_spf_policy_is_named(Fault fault, List<String> records) {
        lab.domain("b.test", good());
        records.forEach(record -> lab.dns().txt("b.test", record));
        Report report = examine("b.test");
        assertThat(report.faults()).as("%s", report.lines()).containsExactly(fault);
    }

    // ---- ourselves ------------------------------------------------------------------------------------------------

    private static MtaBehaviour goodMta() {
        return MtaBehaviour.proper().mailboxes(Mailboxes.users("r@example.org"));
    }

    @Test
    void a_good_gateway_gets_only_ok() {
        LabMta mta = lab.mta(goodMta());
        Report report = ourselves(mta);
        assertThat(report.faults()).as("%s", report.lines()).isEmpty();
        assertThat(report.lines().stream().map(Line::check))
                .contains(
                        Check.OWN_NAME,
                        Check.OWN_REVERSE_DNS,
                        Check.OWN_SPF,
                        Check.OWN_MX,
                        Check.MTA,
                        Check.MTA_IDENTITY,
                        Check.MTA_NULL_SENDER,
                        Check.MTA_POSTMASTER,
                        Check.MTA_UNKNOWN_RECIPIENT,
                        Check.MTA_ANSWER_TIME,
                        Check.MTA_RELAYING,
                        Check.MTA_SIZE);
    }

    static Stream<Arguments> badMtas() {
        Mailboxes users = Mailboxes.users("r@example.org");
        return Stream.of(
                Arguments.of(Fault.MTA_CATCH_ALL, goodMta().mailboxes(Mailboxes.domains("example.org"))),
                Arguments.of(Fault.IDENTITY_NOT_PASSED, goodMta().xclient(MtaBehaviour.Xclient.NONE)),
                Arguments.of(
                        Fault.MTA_REFUSES_POSTMASTER,
                        goodMta().mailboxes(users.but("postmaster@example.org", Mailboxes.UNKNOWN))),
                Arguments.of(
                        Fault.MTA_REFUSES_NULL_SENDER,
                        goodMta().at(LabStage.MAIL, Act.reply("553 5.1.7 no null senders"))),
                Arguments.of(
                        Fault.MTA_RELAYS_FOREIGN,
                        goodMta().mailboxes(users.but("relay-test@example.com", Mailboxes.OK))),
                Arguments.of(
                        Fault.MTA_RELAYS_ROUTED,
                        goodMta().mailboxes(users.but("relay-test%example.com@example.org", Mailboxes.OK))),
                Arguments.of(Fault.MTA_DENIES_OUR_DOMAIN, goodMta().mailboxes(Mailboxes.all(Mailboxes.RELAY_DENIED))),
                Arguments.of(
                        Fault.MTA_SIZE_SMALLER,
                        goodMta().smtp(b -> b.withoutKeyword("SIZE").keyword("SIZE 1000000"))),
                Arguments.of(
                        Fault.MTA_TRY_LATER,
                        goodMta().mailboxes(users.but("postmaster@example.org", "450 4.2.0 later"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badMtas")
    void AN08_BE19_an_mta_with_one_fault_gets_exactly_that(Fault fault, MtaBehaviour behaviour) {
        Report report = ourselves(lab.mta(behaviour));
        assertThat(report.faults()).as("%s", report.lines()).containsExactly(fault);
    }

    @Test
    void an_mta_that_is_slow_to_refuse_is_named() {
        Report report = ourselves(lab.mta(goodMta()
                .smtp(b -> b.hook(heard ->
                        heard.stage() == LabStage.RCPT && heard.argument().startsWith("nobody-")
                                ? Optional.of(Act.reply("550 5.1.1 unknown").after(Duration.ofSeconds(3)))
                                : Optional.empty()))));
        assertThat(report.faults()).as("%s", report.lines()).containsExactly(Fault.MTA_SLOW);
    }

    @Test
    void an_mta_that_is_away_is_named() {
        LabMta mta = lab.mta(goodMta());
        mta.stop();
        assertThat(ourselves(mta).faults()).containsExactly(Fault.MTA_UNREACHABLE);
    }

    @Test
    void CO32_our_own_name_is_looked_at_from_all_sides() {
        LabMta mta = lab.mta(goodMta());
        lab.dns().remove(LabDns.reverse("127.0.0.1"));
        assertThat(ourselves(mta).faults()).containsExactly(Fault.OWN_NO_REVERSE_DNS);

        lab.dns().ptr("127.0.0.1", "mx1.example.org");
        assertThat(ourselves(mta, "hostname = \"mx9.example.org\"").faults()).containsExactly(Fault.HELO_NO_ADDRESS);

        lab.dns().host("mx8.example.org", "192.0.2.8").txt("mx8.example.org", "v=spf1 a -all");
        assertThat(ourselves(mta, "hostname = \"mx8.example.org\"").faults()).containsExactly(Fault.HELO_ELSEWHERE);

        lab.dns().host("mx7.example.org", "127.0.0.1");
        assertThat(ourselves(mta, "hostname = \"mx7.example.org\"").faults()).containsExactly(Fault.OWN_NO_SPF);

        lab.dns().txt("mx7.example.org", "v=spf1 -all");
        assertThat(ourselves(mta, "hostname = \"mx7.example.org\"").faults()).containsExactly(Fault.OWN_SPF_REFUSES);

        assertThat(ourselves(mta, "hostname = \"unknown.invalid\"").faults()).containsExactly(Fault.NO_FULL_NAME);
    }

    @Test
    void a_domain_of_ours_whose_mail_goes_elsewhere_is_named() {
        lab.dns().remove("example.org").mx("example.org", 10, "mx.b.test");
        lab.domain("b.test", good());
        assertThat(ourselves(lab.mta(goodMta())).faults()).containsExactly(Fault.MX_ELSEWHERE);
    }

    @Test
    void BE19_a_client_identity_that_nobody_wants_is_named() {
        assertThat(ourselves(lab.mta(goodMta()), "backend.client-identity = none")
                        .faults())
                .containsExactly(Fault.IDENTITY_NONE);
    }

    // ---- the doctor -----------------------------------------------------------------------------------------------

    private Report examine(String domain) {
        return report(doctor(null).examine(MailDomain.parse(domain).orElseThrow()));
    }

    private Report ourselves(LabMta mta, String... more) {
        return report(doctor(mta, more).examineOurselves());
    }

    private static Report report(Mono<Report> examination) {
        return examination.blockOptional(Duration.ofSeconds(60)).orElseThrow();
    }

    private NettyDoctor doctor(@Nullable LabMta mta, String... more) {
        String text = """
                hostname = "mx1.example.org"
                domains = [ "example.org" ]
                listen.smtp = [ "127.0.0.1:0" ]
                callout.timeouts { greeting = 7s, reply = 8s }
                dns { timeout = 2s, attempts = 1 }
                """ + lab.configuration() + String.join("\n", more);
        Loaded loaded = SettingsLoader.parse(
                text.replace(
                        "hostname = \"mx1.example.org\"\n",
                        String.join(" ", more).contains("hostname") ? "" : "hostname = \"mx1.example.org\"\n"),
                "lab");
        assertThat(loaded).as("%s", loaded).isInstanceOf(Loaded.Ok.class);
        Settings settings = ((Loaded.Ok) loaded).settings();
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        NettyDns dns = new NettyDns(settings.dns(), transport, loops);
        open.add(dns);
        Exchangers exchangers = new Exchangers(
                dns, ResolverProof.none(dns.uncached()), ConnectPolicy.of(settings.callout(), List.of()), 5);
        PauseDetector pauses = PauseDetector.start(NanoClock.system());
        open.add(pauses);
        CalloutLimits limits = new CalloutLimits(
                settings.overrides(), settings.callout().breaker(), meters, pauses, NanoClock.system());
        NettyMta behind = null;
        if (mta != null) {
            try {
                behind = new NettyMta(
                        new NettyMta.Network(transport, loops),
                        settings.backend(),
                        settings.hostname(),
                        meters,
                        CapabilityMemory.NONE,
                        System::nanoTime);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            open.add(behind::close);
        }
        return new NettyDoctor(
                () -> settings,
                new NettyDoctor.Network(transport, loops),
                new NettyDoctor.Outside(dns, () -> exchangers, limits),
                behind,
                PATIENCE);
    }
}
