package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.admin.Wire;
import io.countersign.lab.LabCertificate;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The admin interface over TLS, and where it listens after a reload. */
class AdminTlsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path folder;

    private final StringWriter err = new StringWriter();

    @BeforeEach
    void certificates() throws IOException {
        for (String name : new String[] {"ours", "fresh"}) {
            LabCertificate.selfSigned("mx1.example.org").writePem(Files.createDirectory(folder.resolve(name)));
        }
        Files.writeString(folder.resolve("token"), "T0ken-of-the-operator\n");
    }

    private String admin(String certificate) {
        return """
                admin {
                  token-file = "%s"
                  tls { certificate = "%s", key = "%s" }
                }
                """.formatted(
                        folder.resolve("token"),
                        folder.resolve(certificate).resolve("certificate.pem"),
                        folder.resolve(certificate).resolve("key.pem"));
    }

    private static InetSocketAddress address(AdminStage stage) {
        return Objects.requireNonNull(stage.gateway.admin().address());
    }

    /** {@code cache stats} by a configuration that names that certificate. */
    private int command(AdminStage stage, String certificate) throws IOException {
        Path file = Files.writeString(
                folder.resolve("countersign.conf"),
                "hostname = \"mx1.example.org\"\ndomains = [ \"example.org\" ]\n" + "admin.listen = \"127.0.0.1:"
                        + address(stage).getPort() + "\"\n" + admin(certificate));
        CommandLine line = Countersign.commandLine();
        line.setOut(new PrintWriter(new StringWriter())).setErr(new PrintWriter(err, true));
        return line.execute("cache", "stats", "-c", file.toString());
    }

    @Test
    void beyond_loopback_nothing_is_told_in_the_clear() throws IOException {
        try (AdminStage stage = new AdminStage("0.0.0.0:0", admin("ours"))) {
            Wire clear = new Wire(
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), address(stage).getPort()),
                    "T0ken-of-the-operator");
            assertThatThrownBy(() -> clear.get("/api/v1/status")).hasMessageContaining("no answer");
            assertThat(command(stage, "ours")).as(err.toString()).isZero();
            assertThatThrownBy(() -> stage.read("0.0.0.0:0", ""))
                    .hasMessageContaining("beyond loopback a token must not travel in the clear");
        }
    }

    @Test
    void a_command_tells_its_token_only_to_whoever_shows_the_certificate_of_the_configuration() throws IOException {
        try (AdminStage stage = new AdminStage(admin("ours"))) {
            assertThat(command(stage, "fresh")).isEqualTo(69);
            assertThat(err.toString()).contains("is not the one of admin.tls.certificate");

            stage.gateway.reload(stage.read(admin("fresh")));
            assertThat(command(stage, "fresh"))
                    .as("a certificate is renewed by a reload: %s", err)
                    .isZero();
            assertThat(command(stage, "ours")).isEqualTo(69);
        }
    }

    @Test
    void a_reload_moves_it_and_one_that_cannot_changes_nothing() throws IOException {
        String file = "admin.token-file = \"" + folder.resolve("token") + "\"\n";
        try (AdminStage stage = new AdminStage(file)) {
            InetSocketAddress first = address(stage);
            stage.gateway.reload(stage.read("127.0.0.2:0", file));
            InetSocketAddress second = address(stage);
            assertThat(second.getAddress().getHostAddress()).isEqualTo("127.0.0.2");
            assertThat(new Wire(second, "T0ken-of-the-operator")
                            .get("/api/v1/status")
                            .status())
                    .isEqualTo(200);
            assertThatThrownBy(() -> new Wire(first, "").connect()).isInstanceOf(ConnectException.class);

            try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.3"))) {
                String there = "127.0.0.3:" + taken.getLocalPort();
                assertThatThrownBy(() -> stage.gateway.reload(stage.read(there, admin("ours"))))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("admin.listen: cannot listen on " + there);
            }
            assertThat(address(stage)).isEqualTo(second);
            assertThat(new Wire(second, "T0ken-of-the-operator")
                            .get("/api/v1/status")
                            .status())
                    .as("in the clear, as before")
                    .isEqualTo(200);
        }
    }
}
