package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.countersign.admin.Readiness;
import io.countersign.admin.Wire;
import io.countersign.lab.LabClient;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a load balancer or an orchestrator hears while it does not go as usual. */
class HealthTest {
    private static Wire.Answer ask(AdminStage stage, String what) {
        return stage.wire().with("GET", "/health/" + what, "Host: x\r\n");
    }

    private static void isAliveAndNotReady(AdminStage stage, String why) {
        Wire.Answer ready = ask(stage, "ready");
        assertThat(ready.status()).as(ready.body()).isEqualTo(503);
        assertThat(ready.body()).contains(why);
        assertThat(ask(stage, "live").status()).isEqualTo(200);
    }

    @Test
    void OP17_it_is_not_ready_before_it_runs() {
        Readiness readiness = new Readiness(() -> null);
        assertThat(readiness.obstacle()).isEqualTo("starting");
        readiness.enter(Readiness.Phase.RUNNING);
        assertThat(readiness.obstacle()).isNull();
    }

    @Test
    void OP17_while_it_drains_it_is_alive_and_not_ready() throws Exception {
        try (AdminStage stage = new AdminStage("checks.sender.mode = off");
                LabClient client = stage.client()) {
            client.command("MAIL FROM:<a@b.test>", 250);
            client.command("RCPT TO:<rita@example.org>", 250);
            assertThat(ask(stage, "ready").status()).isEqualTo(200);

            CompletableFuture<Void> end = stage.gateway.drain(Duration.ofMinutes(1));

            isAliveAndNotReady(stage, "draining");
            assertThat(end).as("the transaction may end").isNotDone();
            client.command("DATA", 354);
            assertThat(client.content("Subject: last\r\n\r\n").code()).isEqualTo(250);
            end.get(30, TimeUnit.SECONDS);
            isAliveAndNotReady(stage, "draining");
        }
    }

    @Test
    void OP17_with_all_connections_taken_it_is_alive_and_not_ready_until_one_is_free() throws IOException {
        try (AdminStage stage = new AdminStage("listen.limits.connections = 2");
                LabClient first = stage.client()) {
            assertThat(ask(stage, "ready").status()).as("one is left").isEqualTo(200);
            try (LabClient second = stage.client()) {
                isAliveAndNotReady(stage, "overloaded: all 2 connections are taken");
                second.command("QUIT", 221);
            }
            await().untilAsserted(() -> assertThat(ask(stage, "ready").status()).isEqualTo(200));
            first.command("QUIT", 221);
        }
    }

    @Test
    void OP17_without_the_MTA_it_is_ready_because_callouts_of_others_are_answered_and_only_the_backend_is_down()
            throws IOException {
        try (AdminStage stage = new AdminStage("checks.sender.mode = off")) {
            assertThat(ask(stage, "backend").status()).isEqualTo(200);
            stage.mta.stop();
            await().untilAsserted(() -> {
                try (LabClient client = stage.client()) {
                    client.command("MAIL FROM:<a@b.test>");
                    client.command("RCPT TO:<rita@example.org>");
                }
                assertThat(ask(stage, "backend").status()).isEqualTo(503);
            });
            assertThat(ask(stage, "backend").body()).contains("down");
            assertThat(ask(stage, "ready").status()).isEqualTo(200);
            assertThat(ask(stage, "live").status()).isEqualTo(200);
        }
    }
}
