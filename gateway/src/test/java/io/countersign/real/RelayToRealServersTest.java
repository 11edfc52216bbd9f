package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.real.RealServers.Need;
import io.countersign.relay.Mta;
import io.countersign.relay.MtaTransaction.ChunkKind;
import io.countersign.relay.MtaTransaction.Transfer;
import io.countersign.relay.RelayClient;
import io.countersign.relay.Relaying;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The relay and the MTAs it is made for. */
class RelayToRealServersTest {
    @TempDir
    Path folder;

    @Test
    void postfix_sees_each_client_under_its_own_name_over_one_connection() {
        RealServers.require(Need.POSTFIX);
        try (RealPostfix postfix = RealPostfix.behindCountersign(folder, "ours.test", List.of("alice"));
                Relaying relaying = new Relaying(Relaying.settings(postfix.address()))) {
            for (int n = 1; n <= 3; n++) {
                RelayClient client = relaying.client(n);
                assertThat(client.send("sender" + n + "@sender.test", "alice@ours.test"))
                        .isEqualTo("250");
                client.mail("sender@sender.test");
                assertThat(client.rcptCode("nobody@ours.test")).isEqualTo("550");
                assertThat(client.rcptCode("alice@ours.test")).isEqualTo("250");
                assertThat(RelayClient.word(
                                RelayClient.get(client.openLater(Transfer.BDAT)).answer()))
                        .isEqualTo("354");
                assertThat(RelayClient.word(RelayClient.get(client.chunk("Subject: chunks\r\n\r\n", ChunkKind.MORE))))
                        .isEqualTo("250");
                assertThat(RelayClient.word(RelayClient.get(client.chunk("body\r\n", ChunkKind.LAST))))
                        .isEqualTo("250");
                client.close();
                String name = "client=client" + n + ".test[192.0.2." + n + "]";
                postfix.log().await("the identity of client " + n, line -> line.contains(name));
            }
            assertThat(relaying.count("countersign.mta.dials", "connected")).isEqualTo(1);
            assertThat(relaying.count("countersign.mta.reuses", "changed")).isEqualTo(2);
            assertThat(relaying.mta.health()).isEqualTo(Mta.Health.UP);
        }
    }

    @Test
    void exim_sees_each_client_on_a_connection_of_its_own() {
        RealServers.require(Need.EXIM);
        try (RealExim exim = RealExim.behindCountersign(folder, "ours.test", List.of("alice"));
                Relaying relaying = new Relaying(
                        Relaying.identity(Relaying.settings(exim.address()), ClientIdentityMode.PROXY_PROTOCOL))) {
            for (int n = 1; n <= 2; n++) {
                RelayClient client = relaying.client(n);
                assertThat(client.send("sender@sender.test", "alice@ours.test")).isEqualTo("250");
                assertThat(client.send("sender@sender.test", "nobody@ours.test"))
                        .isEqualTo("550");
                client.close();
                String address = "[192.0.2." + n + "]";
                exim.log().await("the address of client " + n, line -> line.contains(address));
            }
            assertThat(relaying.count("countersign.mta.dials", "connected")).isEqualTo(2);
        }
    }
}
