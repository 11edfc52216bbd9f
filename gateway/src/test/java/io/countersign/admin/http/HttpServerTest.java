package io.countersign.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.admin.Wire;
import io.countersign.net.Transport;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Those who are slow, too many, or never read. */
class HttpServerTest {
    private static final RequestClock.Times SHORT =
            new RequestClock.Times(Duration.ofMillis(300), Duration.ofSeconds(20), Duration.ofMillis(300));

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final AtomicReference<EventStream.Listener> listener = new AtomicReference<>();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final HttpServer server = new HttpServer(
            Transport.nio(),
            new Routes(List.of(
                    new Route(
                            "GET",
                            "/",
                            Route.Access.ANYBODY,
                            Route.Work.LOOP,
                            r -> CompletableFuture.completedFuture(Response.json("here"))),
                    new Route("GET", "/bug", Route.Access.ANYBODY, Route.Work.THREAD, r -> {
                        throw new IllegalStateException("secret detail");
                    }),
                    new Route(
                            "GET",
                            "/stream",
                            Route.Access.ANYBODY,
                            Route.Work.LOOP,
                            r -> CompletableFuture.completedFuture(new EventStream(l -> {
                                l.whenGone(() -> gone.complete(null));
                                listener.set(l);
                            }))))),
            new HttpServer.Door(Token.random(), Set.of()),
            meters,
            SHORT);

    @BeforeEach
    void start() throws IOException {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null);
    }

    @AfterEach
    void end() {
        server.close();
    }

    private Wire wire() {
        return new Wire(Objects.requireNonNull(server.address()), "");
    }

    private double cuts(String reason) {
        return meters.get("countersign.admin.cuts")
                .tag("reason", reason)
                .counter()
                .count();
    }

    @Test
    void RE13_a_request_that_does_not_end_is_cut_off() throws IOException {
        try (Socket socket = wire().connect()) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(Wire.read(socket.getInputStream()).status()).isEqualTo(408);
        }
        assertThat(cuts("too-slow")).isEqualTo(1);
    }

    @Test
    void RE13_who_says_nothing_is_cut_off() throws IOException {
        try (Socket socket = wire().connect()) {
            assertThat(Wire.read(socket.getInputStream()).status()).isEqualTo(408);
        }
    }

    @Test
    void a_connection_that_is_kept_and_not_used_is_closed() throws IOException {
        try (Socket socket = wire().connect()) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            Wire.Answer answer = Wire.read(socket.getInputStream());
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Connection")).isEmpty();
        }
    }

    @Test
    void more_connections_than_there_are_places_are_closed_at_once() throws IOException {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < HttpServer.MOST_CONNECTIONS + 5; i++) {
                sockets.add(wire().connect());
            }
            org.awaitility.Awaitility.await()
                    .untilAsserted(
                            () -> assertThat(cuts("too-many-connections")).isGreaterThanOrEqualTo(1));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void a_fault_of_ours_shows_nothing_of_itself() {
        Wire.Answer answer = wire().raw("GET /bug HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.body()).doesNotContain("secret").doesNotContain("Exception");
    }

    @Test
    void who_listens_and_does_not_read_is_cut_off_and_others_never_wait() throws Exception {
        try (Socket socket = wire().connect()) {
            socket.getOutputStream()
                    .write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            EventStream.Listener slow =
                    org.awaitility.Awaitility.await().untilAtomic(listener, org.hamcrest.Matchers.notNullValue());
            String data = "x".repeat(64 * 1024);
            for (int i = 0; i < 2000 && !gone.isDone(); i++) {
                slow.send("decision", data);
            }
            gone.get(20, java.util.concurrent.TimeUnit.SECONDS);
        }
        assertThat(cuts("too-slow")).isEqualTo(1);
    }

    @Test
    void a_port_that_is_taken_is_said_in_words() throws IOException {
        try (HttpServer second = new HttpServer(
                Transport.nio(), new Routes(List.of()), new HttpServer.Door(Token.random(), Set.of()), meters)) {
            assertThatThrownBy(() -> second.bind(Objects.requireNonNull(server.address()), null))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("cannot listen on 127.0.0.1:");
        }
    }
}
