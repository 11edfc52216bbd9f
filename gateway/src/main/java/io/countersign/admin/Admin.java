package io.countersign.admin;

import io.countersign.admin.http.HttpServer;
import io.countersign.admin.http.Route;
import io.countersign.admin.http.Routes;
import io.countersign.admin.http.Token;
import io.countersign.config.AdminSettings;
import io.countersign.config.Settings;
import io.countersign.config.Settings.HostPort;
import io.countersign.net.Transport;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin interface of a running gateway: where it listens, under which token and certificate. {@link #apply} and {@link #close}
 * wait, and belong to the main thread.
 */
public final class Admin implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Admin.class);

    private final Transport transport;
    private final Routes routes;
    private final MeterRegistry meters;
    private final TokenFiles tokens;
    /** The one that is used where the operator has none; the same over reloads. */
    private final Token made = Token.random();

    private @Nullable HttpServer server;
    private AdminSettings applied = new AdminSettings(
            Optional.empty(), Optional.empty(), new Settings.KeyFiles(Optional.empty(), Optional.empty()), List.of());
    private @Nullable Path tokenFile;

    public Admin(Transport transport, Collection<Route> routes, MeterRegistry meters, TokenFiles tokens) {
        this.transport = transport;
        List<Route> all = new ArrayList<>(routes);
        all.addAll(Pages.routes());
        this.routes = new Routes(all);
        this.meters = meters;
        this.tokens = tokens;
    }

    /**
     * Takes over settings, at start and at each reload: token and key files are read again, and where the address has changed it
     * listens there instead.
     *
     * @throws IOException in words for the operator; then everything is as before
     */
    public void apply(Settings settings) throws IOException {
        AdminSettings fresh = settings.admin();
        if (fresh.listen().isEmpty()) {
            stop();
            applied = fresh;
            return;
        }
        Token token =
                fresh.tokenFile().isEmpty() ? made : token(fresh.tokenFile().get());
        SslContext tls = tls(fresh);
        HttpServer.Door door = new HttpServer.Door(token, names(settings));
        HttpServer running = server == null ? new HttpServer(transport, routes, door, meters) : server;
        if (!fresh.listen().equals(applied.listen())) {
            try {
                running.bind(resolved(fresh.listen().get()), tls);
            } catch (IOException e) {
                if (server == null) {
                    running.close();
                }
                throw new IOException("admin.listen: " + e.getMessage(), e);
            }
        } else {
            running.secure(tls);
        }
        server = running;
        running.admit(door);
        applied = fresh;
        forget();
        keep(fresh, token);
        LOG.info("admin interface on {}", base());
    }

    private static Token token(Path file) throws IOException {
        try {
            return TokenFiles.read(file);
        } catch (IOException e) {
            throw new IOException("admin.token-file: " + e.getMessage(), e);
        }
    }

    private static Set<String> names(Settings settings) {
        Set<String> names = new HashSet<>(settings.admin().names());
        names.add(settings.hostname());
        return names;
    }

    private static InetSocketAddress resolved(HostPort address) {
        return new InetSocketAddress(address.host(), address.port());
    }

    private static @Nullable SslContext tls(AdminSettings settings) throws IOException {
        Optional<String> certificate = settings.tls().certificate();
        Optional<String> key = settings.tls().key();
        if (certificate.isEmpty() || key.isEmpty()) {
            return null;
        }
        try {
            return SslContextBuilder.forServer(new File(certificate.get()), new File(key.get()))
                    .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                    .protocols("TLSv1.2", "TLSv1.3")
                    .build();
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("admin.tls: " + e.getMessage(), e);
        }
    }

    /** One that was made is kept for commands; that it cannot be is no reason not to run. */
    private void keep(AdminSettings fresh, Token token) {
        InetSocketAddress address = address();
        if (fresh.tokenFile().isPresent() || address == null) {
            return;
        }
        try {
            tokenFile = tokens.keep(token, address.getPort());
        } catch (IOException e) {
            LOG.warn(
                    "the admin token could not be kept for commands of this user, set admin.token-file: {}",
                    e.toString());
        }
    }

    private void forget() {
        Path file = tokenFile;
        tokenFile = null;
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.debug("the token's file stays", e);
            }
        }
    }

    /** All that can be asked. */
    public List<Route> routes() {
        return routes.all();
    }

    /** Where it can be reached; null when it is off. */
    public @Nullable InetSocketAddress address() {
        HttpServer running = server;
        return running == null ? null : running.address();
    }

    private String base() {
        InetSocketAddress address = address();
        if (address == null) {
            return "";
        }
        String host = address.getAddress().isAnyLocalAddress()
                ? "localhost"
                : address.getAddress().getHostAddress();
        String scheme = applied.tls().certificate().isPresent() ? "https://" : "http://";
        return scheme + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort() + "/";
    }

    /** The page's address, with the token where it was made here; empty when it is off. For a terminal, never for a log. */
    public Optional<String> page() {
        if (server == null) {
            return Optional.empty();
        }
        return Optional.of(applied.tokenFile().isPresent() ? base() : base() + "?token=" + made.secret());
    }

    /** Where the token lies that was made here. */
    public Optional<Path> tokenFile() {
        return Optional.ofNullable(tokenFile);
    }

    private void stop() {
        forget();
        HttpServer running = server;
        server = null;
        if (running != null) {
            running.close();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
