package io.countersign.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.config.BackendSettings;
import io.countersign.config.BackendSettings.TlsMode;
import io.countersign.lab.Act;
import io.countersign.lab.LabCertificate;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabStage;
import io.countersign.lab.MtaBehaviour;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS between us and the MTA. */
class RelayTlsTest {
    private static final MtaBehaviour WITH_TLS = MtaBehaviour.proper().smtp(b -> b.keyword("STARTTLS"));

    private final LabMta mta = LabMta.start(WITH_TLS, 1);

    @AfterEach
    void close() {
        mta.close();
        LeakPresenceDetector.check();
    }

    private Relaying relaying(TlsMode mode, Optional<String> caFile) {
        BackendSettings plain = Relaying.settings(mta.address());
        return new Relaying(Relaying.tls(plain, mode, caFile));
    }

    private String send(Relaying relaying) {
        RelayClient client = relaying.client(1);
        String answer = client.send("a@b.test", "r@example.org");
        client.close();
        return answer;
    }

    private long startTls() {
        return mta.sessions().stream()
                .flatMap(session -> session.heard().stream())
                .filter("STARTTLS"::equals)
                .count();
    }

    @Test
    void mail_goes_over_TLS_under_the_clients_identity() {
        try (Relaying relaying = relaying(TlsMode.REQUIRED, Optional.empty())) {
            assertThat(send(relaying)).isEqualTo("250");
            assertThat(send(relaying)).isEqualTo("250");
        }
        assertThat(startTls()).isEqualTo(1);
        assertThat(mta.messages())
                .hasSize(2)
                .allSatisfy(message ->
                        assertThat(message.identity().attribute("ADDR")).isEqualTo("192.0.2.1"));
        assertThat(mta.sessions()).allSatisfy(s -> assertThat(s.violations()).isEmpty());
    }

    @Test
    void TLS_that_is_required_and_not_offered_sends_nothing() {
        mta.behaviour(MtaBehaviour.proper());
        try (Relaying relaying = relaying(TlsMode.REQUIRED, Optional.empty())) {
            assertThat(send(relaying)).isEqualTo("MISCONFIGURED");
        }
        assertThat(mta.tallies().recipients().count()).isZero();
    }

    @Test
    void opportunistic_goes_without_where_it_is_not_offered_or_fails() {
        mta.behaviour(MtaBehaviour.proper());
        try (Relaying relaying = relaying(TlsMode.OPPORTUNISTIC, Optional.empty())) {
            assertThat(send(relaying)).isEqualTo("250");
        }
        mta.behaviour(WITH_TLS.at(LabStage.STARTTLS, Act.reply("454 4.7.0 TLS not available")));
        try (Relaying relaying = relaying(TlsMode.OPPORTUNISTIC, Optional.empty())) {
            assertThat(send(relaying)).isEqualTo("250");
        }
        mta.behaviour(WITH_TLS.at(
                LabStage.STARTTLS, Act.reply("220 2.0.0 go").then(Act.octets("this is no TLS\r\n".repeat(10)))));
        try (Relaying relaying = relaying(TlsMode.OPPORTUNISTIC, Optional.empty())) {
            assertThat(send(relaying)).isEqualTo("250");
            assertThat(relaying.mta.health()).isEqualTo(Mta.Health.UP);
        }
    }

    @Test
    void a_certificate_that_does_not_verify_sends_nothing(@TempDir Path folder) throws IOException {
        LabCertificate.selfSigned("other.test").writePem(folder);
        try (Relaying relaying = relaying(
                TlsMode.VERIFIED, Optional.of(folder.resolve("certificate.pem").toString()))) {
            assertThat(send(relaying)).isEqualTo("MISCONFIGURED");
        }
        assertThat(mta.tallies().recipients().count()).isZero();
    }

    @Test
    void a_CA_file_without_certificates_is_said_at_the_start(@TempDir Path folder) throws IOException {
        Path empty = Files.writeString(folder.resolve("ca.pem"), "nothing here\n");
        assertThatThrownBy(() -> relaying(TlsMode.VERIFIED, Optional.of(empty.toString())))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("backend.ca-file");
    }
}
