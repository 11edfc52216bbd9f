package io.countersign.admin;

import io.countersign.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A real Chromium without a window, steered through chromedriver (W3C WebDriver over HTTP). One thread. */
public final class Browser implements AutoCloseable {
    private static final List<Path> CHROMIUM = List.of(Path.of("/usr/bin/chromium"), Path.of("/usr/bin/google-chrome"));
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Pattern PORT = Pattern.compile("started successfully on port (\\d+)");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Keys as WebDriver names them. */
    public static final String TAB = "\uE004";

    public static final String ENTER = "\uE007";

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process driver;
    private final String session;

    /** Whether it is installed here: Debian's packages chromium and chromium-driver. */
    public static boolean isInstalled() {
        return Files.isExecutable(DRIVER) && CHROMIUM.stream().anyMatch(Files::isExecutable);
    }

    /** @param profile an empty folder */
    public Browser(Path profile) throws IOException {
        driver = new ProcessBuilder(DRIVER.toString(), "--port=0")
                .redirectErrorStream(true)
                .start();
        String base = "http://127.0.0.1:" + port(driver) + "/session";
        Path chromium =
                CHROMIUM.stream().filter(Files::isExecutable).findFirst().orElseThrow();
        Map<String, Object> options = Map.of(
                "binary",
                chromium.toString(),
                "args",
                List.of(
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--no-first-run",
                        "--lang=en-GB",
                        "--user-data-dir=" + profile));
        Map<String, Object> wanted =
                Map.of("goog:chromeOptions", options, "goog:loggingPrefs", Map.of("browser", "ALL"));
        Map<?, ?> made = (Map<?, ?>) Objects.requireNonNull(
                call(base, Map.of("capabilities", Map.of("alwaysMatch", wanted))), "no session");
        session = base + "/" + made.get("sessionId");
    }

    private static String port(Process driver) throws IOException {
        BufferedReader out = new BufferedReader(new InputStreamReader(driver.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            Matcher matcher = PORT.matcher(line);
            if (matcher.find()) {
                return matcher.group(1);
            }
            said.append(line).append('\n');
        }
        throw new IOException("chromedriver did not start: " + said);
    }

    private @Nullable Object call(String uri, @Nullable Map<String, ?> body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri)).timeout(PATIENCE);
        if (body == null) {
            request.GET();
        } else {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(Json.of(body)));
        }
        return value(request.build());
    }

    private @Nullable Object value(HttpRequest request) {
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(request.uri().getPath() + ": " + answer.body());
            }
            return Json.object(answer.body()).get("value");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public void open(String address) {
        call(session + "/url", Map.of("url", address));
    }

    public String address() {
        return String.valueOf(call(session + "/url", null));
    }

    public void reload() {
        call(session + "/refresh", Map.of());
    }

    /** Runs a function's body. @param arguments texts, numbers, booleans */
    public @Nullable Object run(String script, Object... arguments) {
        return call(session + "/execute/sync", Map.of("script", script, "args", List.of(arguments)));
    }

    /** The text of the page as it is seen. */
    public String text() {
        return String.valueOf(run("return document.body.innerText"));
    }

    /** Presses keys, one after the other. */
    public void press(String... keys) {
        List<Object> strokes = new ArrayList<>();
        for (String key : keys) {
            strokes.add(Map.of("type", "keyDown", "value", key));
            strokes.add(Map.of("type", "keyUp", "value", key));
        }
        call(
                session + "/actions",
                Map.of("actions", List.of(Map.of("type", "key", "id", "keyboard", "actions", strokes))));
    }

    public void type(String text) {
        press(text.codePoints().mapToObj(Character::toString).toArray(String[]::new));
    }

    /** What the console has since the last call: errors of scripts, what the content policy forbade. */
    public List<String> console() {
        List<?> entries = (List<?>) Objects.requireNonNull(call(session + "/se/log", Map.of("type", "browser")), "log");
        return entries.stream()
                .map(entry -> String.valueOf(((Map<?, ?>) entry).get("message")))
                .toList();
    }

    private void devtools(String command, Map<String, ?> parameters) {
        call(session + "/goog/cdp/execute", Map.of("cmd", command, "params", parameters));
    }

    /** A window of that size in CSS pixels. */
    public void size(int width, int height) {
        devtools(
                "Emulation.setDeviceMetricsOverride",
                Map.of(
                        "width",
                        width,
                        "height",
                        height,
                        "deviceScaleFactor",
                        1,
                        "mobile",
                        Boolean.valueOf(width < 600)));
    }

    /** @param scheme light or dark */
    public void colours(String scheme) {
        devtools(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** As PNG. */
    public void screenshot(Path file) throws IOException {
        String png = String.valueOf(call(session + "/screenshot", null));
        Files.write(file, Base64.getDecoder().decode(png));
    }

    @Override
    public void close() {
        try {
            value(HttpRequest.newBuilder(URI.create(session)).DELETE().build());
        } finally {
            end();
        }
    }

    private void end() {
        List<ProcessHandle> children = Arrays.asList(driver.descendants().toArray(ProcessHandle[]::new));
        driver.destroy();
        try {
            if (!driver.waitFor(10, TimeUnit.SECONDS)) {
                driver.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
    }
}
