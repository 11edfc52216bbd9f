package io.countersign.config;

import io.countersign.config.Settings.HostPort;
import io.countersign.config.Settings.KeyFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** {@code admin}. */
final class AdminReader {
    private static final long LARGEST_TOKEN_FILE = 4096;

    private AdminReader() {}

    static AdminSettings read(Section admin) {
        Optional<HostPort> listen = admin.optional("listen", Units::listenAddress);
        KeyFiles tls = tls(admin.section("tls"));
        if (listen.filter(address -> !isLoopback(address)).isPresent()
                && tls.certificate().isEmpty()) {
            admin.problem(
                    "listen",
                    "beyond loopback a token must not travel in the clear: set admin.tls.certificate and admin.tls.key");
        }
        Optional<Path> tokenFile = admin.file("token-file");
        tokenFile.ifPresent(file -> checkToken(admin, file));
        return new AdminSettings(listen, tokenFile, tls, admin.list("names", AdminReader::name));
    }

    private static boolean isLoopback(HostPort address) {
        return Cidr.parseAddress(address.host()).orElseThrow().isLoopbackAddress();
    }

    private static String name(String text) {
        return HostNames.normalise(text)
                .orElseThrow(() -> new IllegalArgumentException(Quoted.of(text) + " is no host name"));
    }

    private static KeyFiles tls(Section tls) {
        Optional<Path> certificate = tls.file("certificate");
        Optional<Path> key = tls.file("key");
        if (certificate.isPresent() && key.isPresent()) {
            PemFiles.checkPair(tls, certificate.get(), key.get());
        } else if (certificate.isPresent()) {
            tls.problem("certificate", "set without admin.tls.key: TLS needs both");
        } else if (key.isPresent()) {
            tls.problem("key", "set without admin.tls.certificate: TLS needs both");
        }
        return new KeyFiles(certificate.map(Path::toString), key.map(Path::toString));
    }

    private static void checkToken(Section admin, Path file) {
        String name = Quoted.path(file);
        try {
            if (Files.isDirectory(file)) {
                admin.problem("token-file", name + " is a directory");
            } else if (Files.size(file) > LARGEST_TOKEN_FILE) {
                admin.problem("token-file", name + " is too large to hold a token");
            } else if (!isToken(
                    Files.readString(file, StandardCharsets.ISO_8859_1).strip())) {
                admin.problem(
                        "token-file",
                        name + " holds no token: one line of 16 to 256 letters, digits and - . _ ~ + / =");
            }
        } catch (NoSuchFileException missing) {
            admin.problem("token-file", name + " does not exist");
        } catch (AccessDeniedException denied) {
            admin.problem("token-file", name + " may not be read by this user");
        } catch (IOException failed) {
            admin.problem("token-file", name + " cannot be read: " + failed.getMessage());
        }
    }

    /** RFC 6750 §2.1, {@code b64token}. */
    private static boolean isToken(String text) {
        return text.matches("[A-Za-z0-9._~+/=-]{16,256}");
    }
}
