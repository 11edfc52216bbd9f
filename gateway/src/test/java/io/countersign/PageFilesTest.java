package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.admin.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The files of the web page, as a browser gets them. */
@org.jspecify.annotations.NullUnmarked
class PageFilesTest {
    private static final String FOLDER = "/admin/web/";
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8");
    /** A name, nothing that is loaded. */
    private static final String NAMESPACE = "http://www.w3.org/2000/svg";

    private static AdminStage stage;

    @BeforeAll
    static void start() throws IOException {
        stage = new AdminStage("");
    }

    @AfterAll
    static void end() {
        stage.close();
    }

    private static List<String> names() {
        return resource("files.txt").lines().toList();
    }

    private static String resource(String name) {
        try (InputStream in = PageFilesTest.class.getResourceAsStream(FOLDER + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void every_file_comes_with_its_type_and_is_not_kept_by_the_browser_and_holds_no_secret() {
        for (String name : names()) {
            Wire.Answer answer =
                    stage.wire().with("GET", name.equals("index.html") ? "/" : "/" + name, "Host: localhost\r\n");
            assertThat(answer.status()).as(name).isEqualTo(name.equals("index.html") ? 401 : 200);
            assertThat(answer.header("Content-Type"))
                    .as(name)
                    .isEqualTo(TYPES.get(name.substring(name.lastIndexOf('.') + 1)));
            assertThat(answer.header("Cache-Control")).as(name).isEqualTo("no-store");
            assertThat(answer.header("X-Content-Type-Options")).as(name).isEqualTo("nosniff");
            assertThat(answer.header("Content-Security-Policy").split("; "))
                    .as(name)
                    .containsExactlyInAnyOrder(
                            "default-src 'none'",
                            "script-src 'self'",
                            "style-src 'self'",
                            "connect-src 'self'",
                            "img-src 'self'",
                            "base-uri 'none'",
                            "form-action 'none'",
                            "frame-ancestors 'none'");
            assertThat(answer.body()).as(name).isEqualTo(resource(name)).doesNotContain(stage.token());
        }
    }

    @Test
    void every_file_of_the_page_is_listed() throws Exception {
        try (Stream<Path> files =
                Files.list(Path.of(PageFilesTest.class.getResource(FOLDER).toURI()))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(Stream.concat(names().stream(), Stream.of("files.txt"))
                            .toList());
        }
    }

    @Test
    void nothing_comes_from_elsewhere() {
        for (String name : names()) {
            assertThat(resource(name).replace(NAMESPACE, ""))
                    .as(name)
                    .doesNotContainPattern("(?i)(https?|wss?)://|[\"'(]//|data:[a-z]+/|@import|url\\(");
        }
    }

    @Test
    void IN06_nothing_is_read_as_markup_or_run_and_no_style_or_handler_stands_in_the_markup() {
        for (String name : names()) {
            assertThat(resource(name))
                    .as(name)
                    .doesNotContainPattern(
                            "(?i)innerHTML|outerHTML|insertAdjacentHTML|document\\.write|createContextualFragment"
                                    + "|DOMParser|srcdoc|\\beval\\b|new Function|javascript:")
                    .doesNotContainPattern("set(Timeout|Interval)\\(\\s*[\"'`]");
        }
        assertThat(resource("index.html"))
                .doesNotContainPattern("(?i)<[^>]*\\s(on[a-z]+|style)\\s*=")
                .doesNotContainPattern("(?i)<style|<script(?![^>]*\\ssrc=\"app\\.js\")");
    }

    @Test
    void what_one_file_wants_of_another_is_there() {
        Pattern wanted = Pattern.compile("from \"\\./([^\"]+)\"");
        for (String name : names()) {
            Matcher matcher = wanted.matcher(resource(name));
            while (matcher.find()) {
                assertThat(names()).as(name).contains(matcher.group(1));
            }
        }
    }

    @Test
    void no_part_of_the_page_is_long() {
        for (String name : names()) {
            assertThat(resource(name).lines().count()).as(name).isLessThan(300);
        }
    }
}
