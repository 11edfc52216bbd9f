package io.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.SettingsLoader.Loaded;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys are made by the JDK's keytool for each run: none lies in the repository. */
class PemFilesTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path folder;

    @BeforeAll
    static void makeKeys() throws IOException, InterruptedException, GeneralSecurityException {
        make("RSA", "RSA", "2048");
        make("EC", "EC", "256");
        make("EC2", "EC", "384");
        make("EdDSA", "Ed25519", "255");
    }

    private static void make(String name, String algorithm, String size)
            throws IOException, InterruptedException, GeneralSecurityException {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-J-XX:TieredStopAtLevel=1",
                        "-genkeypair",
                        "-alias",
                        "x",
                        "-dname",
                        "CN=mx1.example.org",
                        "-keyalg",
                        algorithm,
                        "-keysize",
                        size,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".log").toFile())
                .start();
        assertThat(keytool.waitFor())
                .as(Files.readString(folder.resolve(name + ".log")))
                .isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        write(
                name + ".crt",
                "CERTIFICATE",
                Objects.requireNonNull(keys.getCertificate("x")).getEncoded());
        write(
                name + ".key",
                "PRIVATE KEY",
                Objects.requireNonNull(keys.getKey("x", PASSWORD)).getEncoded());
    }

    private static void write(String name, String label, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(
                folder.resolve(name), "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n");
    }

    private static List<String> problems(String certificate, String key) {
        String text = "hostname = \"mx1.example.org\", domains = [ \"example.org\" ]\n" + "listen.tls.certificate = \""
                + certificate + "\"\nlisten.tls.key = \"" + key + "\"\n";
        Loaded loaded = SettingsLoader.parse(text, folder.resolve("x.conf").toString(), Optional::empty);
        if (loaded instanceof Loaded.Invalid invalid) {
            return invalid.problems().stream()
                    .map(p -> p.replace(folder + "/", ""))
                    .toList();
        }
        return List.of();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "EC2", "EdDSA"})
    void a_certificate_with_its_key_is_taken(String name) {
        assertThat(problems(name + ".crt", name + ".key")).isEmpty();
    }

    @Test
    void the_key_of_another_certificate_is_found_out_before_the_first_starttls() {
        assertThat(problems("EC.crt", "EC2.key"))
                .containsExactly("x.conf:3: listen.tls.key: EC2.key is not the key of the certificate in EC.crt");
        assertThat(problems("EC.crt", "RSA.key"))
                .containsExactly("x.conf:3: listen.tls.key: RSA.key holds no EC key, which its certificate is for");
    }

    @Test
    void files_given_the_wrong_way_round_are_both_named() {
        assertThat(problems("EC.key", "EC.crt"))
                .containsExactly(
                        "x.conf:2: listen.tls.certificate: EC.key holds no certificate (PEM)",
                        "x.conf:3: listen.tls.key: EC.crt holds no private key (PEM)");
    }

    @Test
    void a_key_in_another_format_comes_with_the_remedy() throws IOException {
        Files.writeString(
                folder.resolve("old.key"),
                "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
                StandardCharsets.US_ASCII);
        assertThat(problems("RSA.crt", "old.key"))
                .containsExactly("x.conf:3: listen.tls.key: old.key holds a key of another form (RSA PRIVATE KEY);"
                        + " PKCS #8 without a passphrase is needed: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW");
    }

    @Test
    void a_certificate_that_was_cut_short_is_found_out() throws IOException {
        String whole = Files.readString(folder.resolve("EC.crt"));
        Files.writeString(folder.resolve("cut.crt"), whole.substring(0, whole.length() / 2));
        assertThat(problems("cut.crt", "EC.key"))
                .containsExactly("x.conf:2: listen.tls.certificate: cut.crt holds a broken certificate");
    }
}
