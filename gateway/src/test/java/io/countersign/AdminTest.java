package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import io.countersign.admin.Wire;
import io.countersign.admin.http.Route;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** Who may ask the admin interface what, and what it does with those who may not. */
@org.jspecify.annotations.NullUnmarked
class AdminTest {
    private static AdminStage stage;

    @BeforeAll
    static void start() throws IOException {
        stage = new AdminStage("");
        stage.lab.domain("friendly.test", Exchangers.wellBehaved("alice@friendly.test"));
    }

    @AfterAll
    static void end() {
        stage.close();
    }

    @Test
    void OP17_health_needs_no_token_and_no_name_of_ours() {
        for (String path : List.of("/health/live", "/health/ready", "/health/backend")) {
            Wire.Answer answer = stage.wire().with("GET", path, "Host: elsewhere.example\r\n");
            assertThat(answer.status()).as(path).isEqualTo(200);
        }
        assertThat(stage.wire().with("HEAD", "/health/live", "Host: x\r\n").body())
                .isEmpty();
    }

    @Test
    void without_the_right_token_nothing_is_told() {
        for (Route route : stage.gateway.admin().routes()) {
            if (route.access() == Route.Access.TOKEN) {
                Wire.Answer none = stage.wire().with(route.method(), route.path(), "Host: 127.0.0.1\r\n");
                assertThat(none.status()).as(route.path()).isEqualTo(401);
                assertThat(none.header("WWW-Authenticate")).startsWith("Bearer");
                Wire.Answer wrong = stage.wire()
                        .with(
                                route.method(),
                                route.path(),
                                "Host: 127.0.0.1\r\nAuthorization: Bearer " + "x".repeat(43) + "\r\n");
                assertThat(wrong.status()).as(route.path()).isEqualTo(401);
                Wire.Answer inAddress = stage.wire()
                        .with(route.method(), route.path() + "?token=" + stage.token(), "Host: 127.0.0.1\r\n");
                assertThat(inAddress.status()).as("?token= opens only the page").isEqualTo(401);
            }
        }
    }

    @Test
    void the_page_opens_with_the_token_and_loads_nothing_from_elsewhere() {
        Wire.Answer page = stage.wire().with("GET", "/?token=" + stage.token(), "Host: localhost\r\n");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Security-Policy"))
                .contains("default-src 'none'")
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(page.header("Referrer-Policy")).isEqualTo("no-referrer");
        assertThat(page.body())
                .doesNotContain(stage.token())
                .doesNotContain("<script>")
                .doesNotContain("style=");
        Wire.Answer closed = stage.wire().with("GET", "/", "Host: localhost\r\n");
        assertThat(closed.status()).isEqualTo(401);
        assertThat(closed.body()).isEqualTo(page.body());
    }

    @Test
    void a_name_that_somebody_points_at_us_is_turned_away() {
        String token = "Authorization: Bearer " + stage.token() + "\r\n";
        assertThat(stage.wire()
                        .with("GET", "/api/v1/status", "Host: attacker.example\r\n" + token)
                        .status())
                .isEqualTo(403);
        assertThat(stage.wire()
                        .with("GET", "/metrics", "Host: attacker.example\r\n")
                        .status())
                .isEqualTo(403);
        assertThat(stage.wire().with("GET", "/api/v1/status", token).status())
                .as("no Host at all")
                .isEqualTo(403);
        assertThat(stage.wire()
                        .with("GET", "/api/v1/status", "Host: 127.0.0.1\r\nHost: attacker.example\r\n" + token)
                        .status())
                .isIn(400, 403);
        for (String ours : List.of("127.0.0.1:8025", "localhost:1", "[::1]:8025", "MX1.example.org:8025")) {
            assertThat(stage.wire()
                            .with("GET", "/api/v1/status", "Host: " + ours + "\r\n" + token)
                            .status())
                    .as(ours)
                    .isEqualTo(200);
        }
    }

    @Test
    void a_page_from_elsewhere_steers_nothing() {
        String ours = "Host: 127.0.0.1:1\r\nAuthorization: Bearer " + stage.token()
                + "\r\nContent-Type: application/json\r\nContent-Length: 16\r\n";
        String body = "{\"level\":\"info\"}";
        String path = "/api/v1/log";
        for (String foreign : List.of(
                "Origin: http://attacker.example\r\n",
                "Origin: null\r\n",
                "Origin: http://127.0.0.1:2\r\n",
                "Sec-Fetch-Site: cross-site\r\n",
                "Sec-Fetch-Site: same-site\r\n")) {
            Wire.Answer answer = stage.wire()
                    .raw("POST " + path + " HTTP/1.1\r\n" + ours + foreign + "Connection: close\r\n\r\n" + body);
            assertThat(answer.status()).as(foreign).isEqualTo(403);
        }
        assertThat(stage.wire()
                        .raw("POST " + path + " HTTP/1.1\r\n" + ours
                                + "Origin: http://127.0.0.1:1\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n"
                                + body)
                        .status())
                .isEqualTo(200);
        assertThat(stage.wire()
                        .raw("OPTIONS " + path + " HTTP/1.1\r\n" + ours
                                + "Origin: http://attacker.example\r\nConnection: close\r\n\r\n" + body)
                        .head())
                .startsWith("HTTP/1.1 405")
                .doesNotContain("Access-Control");
    }

    @Test
    void a_form_cannot_post_and_a_GET_changes_nothing() {
        String head = "Host: 127.0.0.1\r\nAuthorization: Bearer " + stage.token() + "\r\n";
        for (String type :
                List.of("", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n")) {
            assertThat(stage.wire().with("POST", "/api/v1/log", head + type).status())
                    .as(type)
                    .isEqualTo(415);
        }
        for (Route route : stage.gateway.admin().routes()) {
            if (route.method().equals("POST")
                    && !route.path().equals("/api/v1/log")
                    && !route.path().equals("/api/v1/exemptions")) {
                Wire.Answer answer = stage.wire().get(route.path());
                assertThat(answer.status()).as(route.path()).isEqualTo(405);
                assertThat(answer.header("Allow")).isEqualTo("POST");
            }
        }
    }

    @Test
    void what_makes_no_sense_is_400_and_says_why() {
        assertThat(stage.wire().get("/api/v1/verdict").body()).contains("the parameter address is missing");
        assertThat(stage.wire().get("/api/v1/verdict?address=no").status()).isEqualTo(400);
        assertThat(stage.wire()
                        .get("/api/v1/verdict?address=a@b.example&address=c@d.example")
                        .status())
                .isEqualTo(400);
        assertThat(stage.wire().get("/api/v1/verdict?address=%zz").status()).isEqualTo(400);
        assertThat(stage.wire().get("/api/v1/decisions?limit=0").status()).isEqualTo(400);
        assertThat(stage.wire()
                        .get("/api/v1/decisions?limit=99999999999999999999")
                        .status())
                .isEqualTo(400);
        assertThat(stage.wire().post("/api/v1/log", "{\"level\":\"loud\"}").status())
                .isEqualTo(400);
        assertThat(stage.wire().post("/api/v1/log", "{\"level\":7}").status()).isEqualTo(400);
        assertThat(stage.wire().post("/api/v1/log", "[".repeat(5000)).body()).contains("nests too deeply");
        assertThat(stage.wire()
                        .post("/api/v1/log", "{\"level\":\"info\",\"level\":\"debug\"}")
                        .status())
                .isEqualTo(400);
        assertThat(stage.wire().get("/nowhere").status()).isEqualTo(404);
        assertThat(stage.wire().get("/../etc/passwd").status()).isEqualTo(404);
        assertThat(stage.wire().get("/app.js/").status()).isEqualTo(404);
    }

    @Test
    void RE13_what_is_too_large_is_refused_without_being_read() {
        String head =
                "Host: 127.0.0.1\r\nAuthorization: Bearer " + stage.token() + "\r\nContent-Type: application/json\r\n";
        assertThat(stage.wire()
                        .with("POST", "/api/v1/log", head + "Content-Length: 1073741824\r\n")
                        .status())
                .isEqualTo(413);
        assertThat(stage.wire().with("GET", "/" + "a".repeat(5000), head).status())
                .isEqualTo(414);
        assertThat(stage.wire()
                        .with("GET", "/", head + "X: " + "a".repeat(20_000) + "\r\n")
                        .status())
                .isEqualTo(431);
        assertThat(stage.wire().raw("GET / HTTP/1.1\r\nHo st: x\r\n\r\n").status())
                .isEqualTo(400);
        assertThat(stage.wire().raw("\u0016\u0003\u0001 not HTTP\r\n\r\n").status())
                .isEqualTo(400);
    }

    @Test
    void requests_on_one_connection_are_answered_in_order() throws IOException {
        String one = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
        String two = "GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
        String three = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        try (Socket socket = stage.wire().connect()) {
            socket.getOutputStream()
                    .write((three.replace("Connection: close\r\n", "") + two + one + three)
                            .getBytes(StandardCharsets.US_ASCII));
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(all.split("HTTP/1\\.1 ")).hasSize(5);
            assertThat(all.indexOf("HTTP/1.1 404")).isLessThan(all.indexOf("{\"status\":\"up\"}"));
        }
    }

    @Test
    void verify_asks_as_the_gateway_would_and_what_was_learnt_can_be_seen_and_forgotten() {
        Map<String, Object> verdict = stage.wire()
                .post("/api/v1/verify", "{\"address\":\"alice@friendly.test\"}")
                .json();
        assertThat(verdict).containsEntry("kind", "deliverable").containsEntry("source", "callout");
        assertThat((List<?>) verdict.get("dialogue"))
                .anyMatch(line -> line.toString().contains("RCPT TO:<alice@friendly.test>"));

        Map<String, Object> remembered = stage.wire()
                .get("/api/v1/verdict?address=alice%40friendly.test")
                .json();
        assertThat((Map<?, ?>) remembered.get("sender")).extracting("reason").isEqualTo("accepted");

        Map<String, Object> domain =
                stage.wire().get("/api/v1/domain?name=friendly.test").json();
        assertThat(domain.get("exchangers").toString())
                .contains("friendly.test")
                .contains("127.");
        assertThat(domain.get("state").toString()).contains("table=domain");

        Map<String, Object> gone = stage.wire()
                .post("/api/v1/verdict/forget", "{\"domain\":\"friendly.test\"}")
                .json();
        // Other tests of this class may have asked about others there.
        assertThat((Long) gone.get("forgotten")).isPositive();
        assertThat(stage.wire()
                        .get("/api/v1/verdict?address=alice%40friendly.test")
                        .json())
                .containsEntry("sender", null);
    }

    @Test
    void addresses_of_our_own_are_asked_of_the_MTA() {
        Map<String, Object> verdict = stage.wire()
                .post("/api/v1/verify", "{\"address\":\"rita@example.org\"}")
                .json();
        assertThat(verdict).containsEntry("kind", "deliverable");
        assertThat(verdict.get("detail")).isEqualTo("asked of the MTA: a domain of ours");
    }

    @Test
    void IN06_what_a_client_says_cannot_leave_its_text() {
        LabClient client = LabClient.from("127.9.0.1", stage.gateway.addresses().get(0));
        client.hello("<script>alert(1)</script>");
        client.command("MAIL FROM:<\"<img src=x>\"@friendly.test>");
        client.command("RCPT TO:<rita@example.org>");
        client.command("RSET");
        client.close();
        org.awaitility.Awaitility.await().untilAsserted(() -> {
            Wire.Answer answer = stage.wire().get("/api/v1/decisions");
            assertThat(answer.body()).contains("img src");
            assertThat(answer.header("Content-Type")).isEqualTo("application/json");
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(answer.body().chars()).allMatch(c -> c >= ' ' && c < 0x7f || c == '\n');
        });
    }

    @Test
    void IN11_what_is_secret_is_shown_by_nobody(@TempDir Path folder) throws IOException {
        Path tokenFile = Files.writeString(folder.resolve("token"), "T0ken-of-the-operator\n");
        String more = "log { hash-addresses = on, hash-key = \"K3y-of-the-hashes\" }\nadmin.token-file = \"" + tokenFile
                + "\"\nexempt.overlay = \"\"";
        String settings;
        try (AdminStage own = new AdminStage("")) {
            own.gateway.reload(own.read(more));
            settings = new Wire(Objects.requireNonNull(own.gateway.admin().address()), "T0ken-of-the-operator")
                    .get("/api/v1/settings")
                    .body();
        }
        Path file = Files.writeString(
                folder.resolve("countersign.conf"),
                "hostname = \"mx1.example.org\"\ndomains = [ \"example.org\" ]\n" + more + "\n");
        StringWriter shown = new StringWriter();
        CommandLine line = Countersign.commandLine().setOut(new PrintWriter(shown, true));
        assertThat(line.execute("show", "-c", file.toString())).isZero();

        for (String text : List.of(settings, shown.toString())) {
            assertThat(text)
                    .contains("log.hash-key", "****")
                    .as("where it lies is no secret")
                    .contains(tokenFile.toString())
                    .doesNotContain("K3y-of")
                    .doesNotContain("T0ken");
        }
        assertThat(stage.wire().get("/api/v1/settings").body())
                .as("one that is not set")
                .doesNotContain("****");
    }

    @Test
    void one_room_can_log_more_or_less_than_the_others() {
        String before = (String) stage.wire().get("/api/v1/log").json().get("level");
        try {
            Map<String, Object> now = stage.wire()
                    .post("/api/v1/log", "{\"logger\":\"io.countersign.admin\",\"level\":\"error\"}")
                    .json();
            assertThat(now).containsEntry("level", before);
            assertThat(now.get("levels").toString()).contains("io.countersign.admin=error");
            for (String wrong : List.of(
                    "{\"logger\":\"io.netty\",\"level\":\"trace\"}",
                    "{\"logger\":\"io.countersign.nobody\",\"level\":\"trace\"}",
                    "{\"logger\":7,\"level\":\"trace\"}")) {
                assertThat(stage.wire().post("/api/v1/log", wrong).status())
                        .as(wrong)
                        .isEqualTo(400);
            }
        } finally {
            // As a reload does (LoggingTest).
            ((Logger) LoggerFactory.getLogger("io.countersign.admin")).setLevel(null);
        }
        assertThat(stage.wire().get("/api/v1/log").body()).doesNotContain("io.countersign.admin");
    }

    @Test
    void the_log_level_is_changed_while_it_runs() {
        String before = (String) stage.wire().get("/api/v1/log").json().get("level");
        try {
            assertThat(stage.wire().post("/api/v1/log", "{\"level\":\"error\"}").json())
                    .containsEntry("level", "error");
            assertThat(stage.wire().get("/api/v1/log").json()).containsEntry("level", "error");
        } finally {
            stage.wire().post("/api/v1/log", "{\"level\":\"" + before + "\"}");
        }
    }
}
