package io.countersign.command;

import io.countersign.admin.TokenFiles;
import io.countersign.admin.http.Token;
import io.countersign.config.AdminSettings;
import io.countersign.config.Settings;
import io.countersign.config.Settings.HostPort;
import io.countersign.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks the gateway that runs by a configuration, over its admin interface. Where that listens and under which certificate stands in
 * the configuration; the token lies in {@code admin.token-file}, or where the gateway has put the one that it made. Waits for the
 * answers: not for event loops.
 */
final class AdminClient {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private final URI base;
    private final Token token;
    private final HttpClient http;

    private AdminClient(URI base, Token token, HttpClient http) {
        this.base = base;
        this.token = token;
        this.http = http;
    }

    /** @throws AdminProblem when none can be running, or this user has no token for it */
    static AdminClient of(Settings settings) throws AdminProblem {
        return of(settings.admin(), TokenFiles.here());
    }

    static AdminClient of(AdminSettings settings, TokenFiles tokens) throws AdminProblem {
        HostPort listen = settings.listen()
                .orElseThrow(() ->
                        new AdminProblem("admin.listen is empty: a gateway that runs by this file cannot be asked"));
        if (listen.port() == 0) {
            throw new AdminProblem("admin.listen has port 0: nobody knows which one the gateway got");
        }
        try {
            boolean secure = settings.tls().certificate().isPresent();
            HttpClient.Builder http = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .proxy(HttpClient.Builder.NO_PROXY)
                    .connectTimeout(CONNECT);
            if (secure) {
                http.sslContext(PinnedTls.to(settings.tls().certificate().get()));
            }
            URI base = URI.create(
                    (secure ? "https://" : "http://") + new HostPort(reachable(listen.host()), listen.port()));
            return new AdminClient(base, token(settings, tokens, listen.port()), http.build());
        } catch (AdminProblem known) {
            throw known;
        } catch (IOException unreadable) {
            throw new AdminProblem("the gateway cannot be asked: " + unreadable.getMessage(), unreadable);
        }
    }

    private static Token token(AdminSettings settings, TokenFiles tokens, int port) throws IOException {
        if (settings.tokenFile().isPresent()) {
            return TokenFiles.read(settings.tokenFile().get());
        }
        return tokens.find(port)
                .orElseThrow(() ->
                        new AdminProblem("no gateway of this user is running: there is no token for port " + port));
    }

    /** Whoever listens everywhere is at home as well. */
    private static String reachable(String host) throws IOException {
        InetAddress address = InetAddress.getByName(host);
        if (!address.isAnyLocalAddress()) {
            return host;
        }
        return address instanceof java.net.Inet6Address ? "::1" : "127.0.0.1";
    }

    /** The one that runs; empty when none does or this user may not ask it. */
    static Optional<AdminClient> running(Settings settings) throws InterruptedException {
        try {
            AdminClient client = of(settings);
            client.get("/api/v1/log", Map.of());
            return Optional.of(client);
        } catch (AdminProblem none) {
            return Optional.empty();
        }
    }

    /** @throws AdminProblem with words for the operator */
    Map<String, @Nullable Object> get(String path, Map<String, String> parameters)
            throws AdminProblem, InterruptedException {
        String query = parameters.entrySet().stream()
                .map(p -> p.getKey() + "=" + URLEncoder.encode(p.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return send(request(path + (query.isEmpty() ? "" : "?" + query), ANSWER).GET());
    }

    /** @throws AdminProblem with words for the operator */
    Map<String, @Nullable Object> post(String path, Map<String, ?> body) throws AdminProblem, InterruptedException {
        return post(path, body, ANSWER);
    }

    /** @param within how long the answer may take @throws AdminProblem with words for the operator */
    Map<String, @Nullable Object> post(String path, Map<String, ?> body, Duration within)
            throws AdminProblem, InterruptedException {
        return send(request(path, within)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Json.of(body))));
    }

    private HttpRequest.Builder request(String target, Duration within) {
        return HttpRequest.newBuilder(base.resolve(target))
                .header("Authorization", "Bearer " + token.secret())
                .timeout(within);
    }

    private Map<String, @Nullable Object> send(HttpRequest.Builder request) throws AdminProblem, InterruptedException {
        HttpResponse<String> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (ConnectException nobody) {
            throw new AdminProblem("no gateway is running: nobody listens at " + base, nobody);
        } catch (IOException broken) {
            throw new AdminProblem("the gateway at " + base + " gave no answer: " + broken.getMessage(), broken);
        }
        Map<String, @Nullable Object> body;
        try {
            body = Json.object(response.body());
        } catch (IllegalArgumentException other) {
            throw new AdminProblem("what listens at " + base + " is no gateway of this version", other);
        }
        if (response.statusCode() == 401) {
            throw new AdminProblem("the gateway at " + base + " does not take this user's token");
        }
        if (response.statusCode() != 200) {
            throw new AdminProblem("the gateway at " + base + " says: " + body.get("error"));
        }
        return body;
    }

    @Override
    public String toString() {
        return base.toString();
    }
}
