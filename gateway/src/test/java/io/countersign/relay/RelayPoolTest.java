package io.countersign.relay;

import static io.countersign.relay.RelayClient.get;
import static io.countersign.relay.RelayClient.word;
import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.config.BackendSettings.Pool;
import io.countersign.lab.Act;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabSession;
import io.countersign.lab.LabStage;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import io.countersign.lab.MtaBehaviour.Proxy;
import io.countersign.lab.MtaBehaviour.Xclient;
import io.netty.util.LeakPresenceDetector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which connection a transaction gets, and as whom. */
class RelayPoolTest {
    private final LabMta mta = LabMta.start(MtaBehaviour.proper(), 1);

    @AfterEach
    void close() {
        mta.close();
        LeakPresenceDetector.check();
    }

    @Test
    void messages_of_one_client_share_a_connection_and_its_identity_is_told_once() {
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient client = relaying.client(1);
            for (int i = 0; i < 5; i++) {
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            }
            client.close();
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(1);
        assertThat(mta.messages()).hasSize(5).allSatisfy(message -> {
            assertThat(message.identity().attribute("ADDR")).isEqualTo("192.0.2.1");
            assertThat(message.identity().attribute("NAME")).isEqualTo("client1.test");
            assertThat(message.identity().attribute("REVERSE_NAME")).isEqualTo("client1.test");
            assertThat(message.identity().attribute("PORT")).isEqualTo("40001");
            assertThat(message.identity().attribute("HELO")).isEqualTo("helo1.test");
            assertThat(message.identity().attribute("PROTO")).isEqualTo("ESMTP");
            assertThat(message.identity().attribute("DESTADDR")).isEqualTo("198.51.100.1");
            assertThat(message.identity().attribute("DESTPORT")).isEqualTo("25");
            assertThat(message.identity().attribute("LOGIN")).isEqualTo("[UNAVAILABLE]");
            assertThat(message.helo()).isEqualTo("helo1.test");
        });
        assertThat(heard("XCLIENT")).hasSize(1);
        noViolations();
    }

    @Test
    void the_next_client_gets_the_connection_under_its_own_name() {
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            for (int n = 1; n <= 3; n++) {
                RelayClient client = relaying.client(n);
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
                client.close();
            }
            assertThat(relaying.count("countersign.mta.reuses", "changed")).isEqualTo(2);
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(1);
        assertThat(mta.messages())
                .extracting(m -> m.identity().attribute("ADDR"))
                .containsExactly("192.0.2.1", "192.0.2.2", "192.0.2.3");
        noViolations();
    }

    @Test
    void a_connection_that_its_session_may_come_back_for_is_left_to_it_while_there_is_room() {
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient one = relaying.client(1);
            RelayClient two = relaying.client(2);
            for (int i = 0; i < 3; i++) {
                assertThat(one.send("a@b.test", "r@example.org")).isEqualTo("250");
                assertThat(two.send("a@b.test", "r@example.org")).isEqualTo("250");
            }
            one.close();
            two.close();
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(2);
        assertThat(heard("XCLIENT")).hasSize(2);
    }

    @Test
    void BE18_an_MTA_that_takes_one_client_a_connection_never_hears_mail_under_the_old_name() {
        mta.behaviour(MtaBehaviour.proper().xclient(Xclient.ONCE));
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            for (int n = 1; n <= 4; n++) {
                RelayClient client = relaying.client(n);
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
                client.close();
            }
            assertThat(relaying.count("countersign.mta.xclient.refused")).isEqualTo(1);
            relaying.moveOn(Duration.ofMinutes(61));
            for (int n = 5; n <= 6; n++) {
                RelayClient client = relaying.client(n);
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
                client.close();
            }
            assertThat(relaying.count("countersign.mta.xclient.refused"))
                    .as("tried again after an hour")
                    .isEqualTo(2);
        }
        assertThat(mta.messages())
                .extracting(m -> m.identity().attribute("ADDR"))
                .containsExactly("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6");
        assertThat(mta.tallies().connections().count()).isEqualTo(6);
    }

    @Test
    void a_client_that_the_MTA_refuses_at_XCLIENT_gets_that_answer_and_nobody_else_suffers() {
        mta.behaviour(MtaBehaviour.proper()
                .smtp(b -> b.hook(heard ->
                        heard.stage() == LabStage.XCLIENT && heard.line().contains("192.0.2.66")
                                ? Optional.of(Act.reply("554 5.7.1 Service unavailable; Client host blocked"))
                                : Optional.empty())));
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient good = relaying.client(1);
            assertThat(good.send("a@b.test", "r@example.org")).isEqualTo("250");
            good.close();
            for (int i = 0; i < 5; i++) {
                RelayClient blocked = relaying.client(66);
                blocked.mail("a@b.test");
                MtaTransaction.RecipientAnswer answer = blocked.rcpt("r@example.org");
                assertThat(word(answer.answer())).isEqualTo("554");
                assertThat(answer.at()).isEqualTo(MtaTransaction.RecipientAnswer.At.MAIL);
                assertThat(blocked.rcpt("s@example.org")).isEqualTo(answer);
                blocked.close();
            }
            assertThat(relaying.mta.health()).isEqualTo(Mta.Health.UP);
            RelayClient other = relaying.client(2);
            assertThat(other.send("a@b.test", "r@example.org")).isEqualTo("250");
            other.close();
        }
    }

    @Test
    void without_XCLIENT_mail_goes_on_in_auto_and_the_loss_of_identity_is_counted() {
        mta.behaviour(MtaBehaviour.proper().xclient(Xclient.NONE));
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            for (int n = 1; n <= 3; n++) {
                RelayClient client = relaying.client(n);
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
                client.close();
            }
            assertThat(relaying.count("countersign.mta.identity.not.passed")).isEqualTo(1);
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(1);
        assertThat(mta.messages().get(0).helo()).isEqualTo("gw.example.org");
    }

    @Test
    void BE18_where_XCLIENT_is_required_and_not_offered_nothing_is_sent_and_it_is_our_configuration() {
        mta.behaviour(MtaBehaviour.proper().xclient(Xclient.NONE));
        try (Relaying relaying =
                new Relaying(Relaying.identity(Relaying.settings(mta.address()), ClientIdentityMode.XCLIENT))) {
            RelayClient client = relaying.client(1);
            for (int i = 0; i < 5; i++) {
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("MISCONFIGURED");
            }
            client.close();
            assertThat(relaying.mta.health()).isEqualTo(Mta.Health.DOWN);
        }
        assertThat(mta.tallies().recipients().count()).isZero();
    }

    @Test
    void a_PROXY_protocol_connection_belongs_to_one_client() {
        mta.behaviour(MtaBehaviour.proper().proxy(Proxy.REQUIRED));
        try (Relaying relaying =
                new Relaying(Relaying.identity(Relaying.settings(mta.address()), ClientIdentityMode.PROXY_PROTOCOL))) {
            for (int n = 1; n <= 3; n++) {
                RelayClient client = relaying.client(n);
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
                client.close();
            }
            mta.tallies().open().awaitAtMost(0);
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(3);
        assertThat(mta.messages())
                .extracting(m -> m.identity().address())
                .containsExactly("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.3", "192.0.2.3");
        assertThat(mta.messages()).extracting(m -> m.identity().port()).contains(40_001, 40_002, 40_003);
        assertThat(heard("XCLIENT")).isEmpty();
    }

    @Test
    void BE13_a_connection_that_went_stale_costs_the_client_nothing() {
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient client = relaying.client(1);
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            // The second MAIL on a connection finds it closed, as after the MTA's own time limit.
            mta.behaviour(MtaBehaviour.proper()
                    .smtp(b -> b.hook(heard -> heard.stage() == LabStage.MAIL && heard.session() == 1
                            ? Optional.of(Act.close())
                            : Optional.empty())));
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            client.close();
            assertThat(relaying.count("countersign.mta.reuses", "stale")).isEqualTo(1);
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(2);
        assertThat(mta.tallies().messages().count()).isEqualTo(2);
    }

    @Test
    void RP14_a_421_that_was_waiting_in_a_pooled_connection_costs_the_client_nothing() {
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient client = relaying.client(1);
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            mta.behaviour(MtaBehaviour.proper()
                    .smtp(b -> b.hook(heard -> heard.stage() == LabStage.MAIL && heard.session() == 1
                            ? Optional.of(
                                    Act.reply("421 4.4.2 timeout exceeded").then(Act.close()))
                            : Optional.empty())));
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            client.close();
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(2);
    }

    @Test
    void BE13_a_stale_connection_is_replaced_also_where_the_identity_was_to_change() {
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient first = relaying.client(1);
            assertThat(first.send("a@b.test", "r@example.org")).isEqualTo("250");
            first.close();
            mta.behaviour(MtaBehaviour.proper()
                    .smtp(b -> b.hook(heard -> heard.stage() == LabStage.XCLIENT && heard.session() == 1
                            ? Optional.of(Act.reset())
                            : Optional.empty())));
            RelayClient second = relaying.client(2);
            assertThat(second.send("a@b.test", "r@example.org")).isEqualTo("250");
            second.close();
            assertThat(relaying.mta.health()).isEqualTo(Mta.Health.UP);
        }
        assertThat(mta.messages())
                .extracting(m -> m.identity().attribute("ADDR"))
                .containsExactly("192.0.2.1", "192.0.2.2");
    }

    @Test
    void a_client_that_the_MTA_hangs_up_on_does_not_make_it_look_down() {
        mta.behaviour(MtaBehaviour.proper()
                .smtp(b -> b.hook(heard ->
                        heard.stage() == LabStage.XCLIENT && heard.line().contains("192.0.2.66")
                                ? Optional.of(Act.reply("421 4.7.0 too many connections")
                                        .then(Act.close()))
                                : Optional.empty())));
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            for (int i = 0; i < 6; i++) {
                RelayClient blocked = relaying.client(66);
                assertThat(blocked.send("a@b.test", "r@example.org")).isEqualTo("UNREACHABLE");
                blocked.close();
            }
            RelayClient good = relaying.client(1);
            assertThat(good.send("a@b.test", "r@example.org")).isEqualTo("250");
            good.close();
            RelayClient next = relaying.client(2);
            assertThat(next.send("a@b.test", "r@example.org")).isEqualTo("250");
            next.close();
            assertThat(relaying.count("countersign.mta.reuses", "changed")).isEqualTo(1);
        }
    }

    @Test
    void many_sessions_on_two_loops_share_few_connections_and_all_get_through() {
        try (Relaying relaying = new Relaying(
                Relaying.pool(
                        Relaying.settings(mta.address()),
                        p -> new Pool(3, 10, Duration.ofSeconds(30), p.hold(), p.idle(), p.lifetime(), p.uses())),
                2)) {
            List<RelayClient> sessions = new ArrayList<>();
            List<CompletableFuture<MtaAnswer>> answers = new ArrayList<>();
            for (int n = 1; n <= 60; n++) {
                RelayClient session = relaying.client(n);
                sessions.add(session);
                answers.add(session.sendLater("a@b.test", "r@example.org"));
            }
            answers.forEach(answer -> assertThat(word(get(answer))).isEqualTo("250"));
            sessions.forEach(RelayClient::close);
        }
        assertThat(mta.tallies().open().peak()).isLessThanOrEqualTo(3);
        assertThat(mta.messages()).hasSize(60);
        assertThat(mta.messages().stream()
                        .map(m -> m.identity().attribute("ADDR"))
                        .distinct())
                .hasSize(60);
        noViolations();
    }

    @Test
    void idle_connections_are_closed_politely_so_that_the_MTA_keeps_its_slots_BE14() {
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient client = relaying.client(1);
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            assertThat(relaying.gauge("countersign.mta.connections.idle")).isEqualTo(1);
            relaying.moveOn(Duration.ofSeconds(61));
            mta.tallies().open().awaitAtMost(0);
            assertThat(get(mta.sessions().get(0).ending())).isEqualTo(LabSession.Ending.QUIT);
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            client.close();
        }
    }

    @Test
    void a_connection_is_used_no_more_often_than_configured() {
        try (Relaying relaying = new Relaying(Relaying.pool(
                Relaying.settings(mta.address()),
                p -> new Pool(
                        p.connections(),
                        p.connectionsPerClient(),
                        p.waitFor(),
                        p.hold(),
                        p.idle(),
                        p.lifetime(),
                        2)))) {
            RelayClient client = relaying.client(1);
            for (int i = 0; i < 6; i++) {
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            }
            client.close();
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(3);
    }

    @Test
    void after_five_refusals_a_connection_is_not_used_again() {
        mta.behaviour(MtaBehaviour.proper().mailboxes(Mailboxes.users("r@example.org")));
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient client = relaying.client(1);
            for (int i = 0; i < 10; i++) {
                client.mail("");
                assertThat(client.rcptCode("nobody" + i + "@example.org")).isEqualTo("550");
                client.reset();
            }
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            client.close();
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(3);
    }

    @Test
    void BE15_a_connection_whose_RSET_is_refused_is_dropped() {
        mta.behaviour(MtaBehaviour.proper().at(LabStage.RSET, Act.reply("503 5.5.1 not now")));
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient client = relaying.client(1);
            client.mail("a@b.test");
            assertThat(client.rcptCode("r@example.org")).isEqualTo("250");
            client.reset();
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            client.close();
        }
        assertThat(mta.tallies().connections().count()).isEqualTo(2);
        assertThat(mta.tallies().messages().count()).isEqualTo(1);
    }

    @Test
    void who_finds_no_connection_free_waits_in_turn_and_not_for_ever() {
        try (Relaying relaying = new Relaying(Relaying.pool(
                Relaying.settings(mta.address()),
                p -> new Pool(1, 10, Duration.ofSeconds(5), p.hold(), p.idle(), p.lifetime(), p.uses())))) {
            RelayClient holder = relaying.client(1);
            holder.mail("a@b.test");
            assertThat(holder.rcptCode("r@example.org")).isEqualTo("250");
            RelayClient second = relaying.client(2);
            second.mail("a@b.test");
            CompletableFuture<MtaTransaction.RecipientAnswer> waiting = second.rcptLater("r@example.org");
            RelayClient third = relaying.client(3);
            third.mail("a@b.test");
            CompletableFuture<MtaTransaction.RecipientAnswer> behind = third.rcptLater("r@example.org");
            assertThat(relaying.gauge("countersign.mta.transactions.waiting")).isEqualTo(2);
            assertThat(waiting).isNotDone();
            holder.reset();
            assertThat(word(get(waiting).answer())).isEqualTo("250");
            assertThat(behind).isNotDone();
            relaying.moveOn(Duration.ofSeconds(6));
            assertThat(word(get(behind).answer())).isEqualTo("BUSY");
            holder.close();
            second.close();
            third.close();
        }
        assertThat(mta.tallies().connections().peak()).isEqualTo(1);
    }

    @Test
    void one_client_cannot_take_all_connections() {
        try (Relaying relaying = new Relaying(Relaying.pool(
                Relaying.settings(mta.address()),
                p -> new Pool(20, 2, p.waitFor(), p.hold(), p.idle(), p.lifetime(), p.uses())))) {
            List<RelayClient> sessions = new ArrayList<>();
            List<CompletableFuture<MtaTransaction.RecipientAnswer>> answers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                RelayClient session = relaying.client(7);
                session.mail("a@b.test");
                answers.add(session.rcptLater("r@example.org"));
                sessions.add(session);
            }
            assertThat(word(get(answers.get(0)).answer())).isEqualTo("250");
            assertThat(word(get(answers.get(1)).answer())).isEqualTo("250");
            assertThat(answers.get(2)).isNotDone();
            RelayClient other = relaying.client(8);
            assertThat(other.send("a@b.test", "r@example.org")).isEqualTo("250");
            sessions.get(0).close();
            assertThat(word(get(answers.get(2)).answer())).isEqualTo("250");
            sessions.forEach(RelayClient::close);
            other.close();
        }
    }

    @Test
    void an_idle_connection_of_another_event_loop_makes_room() {
        try (Relaying relaying = new Relaying(
                Relaying.pool(
                        Relaying.settings(mta.address()),
                        p -> new Pool(1, 10, p.waitFor(), p.hold(), p.idle(), p.lifetime(), p.uses())),
                2)) {
            RelayClient one = relaying.client(1);
            RelayClient two = relaying.client(2);
            assertThat(one.loop).isNotSameAs(two.loop);
            for (int i = 0; i < 3; i++) {
                assertThat(one.send("a@b.test", "r@example.org")).isEqualTo("250");
                assertThat(two.send("a@b.test", "r@example.org")).isEqualTo("250");
            }
            one.close();
            two.close();
        }
        assertThat(mta.tallies().open().peak()).isEqualTo(1);
        assertThat(mta.tallies().messages().count()).isEqualTo(6);
    }

    @Test
    void BE01_an_MTA_that_is_down_is_found_out_fast_and_found_again() {
        mta.stop();
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient client = relaying.client(1);
            for (int i = 0; i < 3; i++) {
                assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("UNREACHABLE");
            }
            assertThat(relaying.mta.health()).isEqualTo(Mta.Health.DOWN);
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("BUSY");
            mta.start();
            relaying.moveOn(Duration.ofSeconds(30));
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            assertThat(relaying.mta.health()).isEqualTo(Mta.Health.UP);
            client.close();
        }
    }

    @Test
    void BE02_an_MTA_that_refuses_us_at_its_greeting_never_makes_the_client_a_5xx() {
        mta.behaviour(MtaBehaviour.proper()
                .at(LabStage.GREETING, Act.reply("554 5.7.1 go away").then(Act.close())));
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            RelayClient client = relaying.client(1);
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("UNREACHABLE");
            client.close();
        }
    }

    @Test
    void the_second_address_serves_while_the_first_is_down() {
        LabMta other = LabMta.start(MtaBehaviour.proper(), 1);
        mta.stop();
        try (other;
                Relaying relaying = new Relaying(Relaying.settings(mta.address(), other.address()))) {
            RelayClient client = relaying.client(1);
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("250");
            client.close();
        }
        assertThat(other.tallies().messages().count()).isEqualTo(1);
    }

    @Test
    void what_the_MTA_offers_is_learnt_at_start_and_kept_while_it_is_down() {
        try (Relaying relaying = new Relaying(Relaying.settings(mta.address()))) {
            assertThat(relaying.mta.capabilities()).isEmpty();
            assertThat(relaying.mta.health()).isEqualTo(Mta.Health.UNKNOWN);
            relaying.mta.start();
            org.awaitility.Awaitility.await().until(() -> !relaying.saved.isEmpty());
            assertThat(relaying.mta.capabilities()).contains(relaying.saved.get(0));
            assertThat(relaying.mta.capabilities().orElseThrow().has("CHUNKING"))
                    .isTrue();
            mta.stop();
            RelayClient client = relaying.client(1);
            assertThat(client.send("a@b.test", "r@example.org")).isEqualTo("UNREACHABLE");
            client.close();
            assertThat(relaying.mta.capabilities()).contains(relaying.saved.get(0));
        }
    }

    private List<String> heard(String verb) {
        return mta.sessions().stream()
                .flatMap(session -> session.heard().stream())
                .filter(line -> line.startsWith(verb))
                .toList();
    }

    private void noViolations() {
        assertThat(mta.sessions())
                .allSatisfy(session -> assertThat(session.violations()).isEmpty());
    }
}
