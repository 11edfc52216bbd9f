package io.countersign.admin;

import static io.countersign.admin.http.Route.Access.NO_TOKEN;
import static io.countersign.admin.http.Route.Access.PAGE;
import static io.countersign.admin.http.Route.Access.TOKEN;
import static io.countersign.admin.http.Route.Work.LOOP;
import static java.util.concurrent.CompletableFuture.completedStage;

import io.countersign.admin.http.Response;
import io.countersign.admin.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The web page and the description of the API, as files of the jar. {@code /admin/web/files.txt} lists the page's files, one a line;
 * {@code index.html} is served at {@code /}, the others under their names. They hold nothing of this gateway: its data come by the
 * API, for which the page's script has the token. Read once, at start.
 */
final class Pages {
    private static final String FOLDER = "/admin/web/";

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml",
            "png", "image/png",
            "txt", "text/plain; charset=utf-8");

    private Pages() {}

    static List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        Response description = file("/admin/openapi.yaml", "application/yaml");
        routes.add(new Route("GET", "/api/v1/openapi.yaml", TOKEN, LOOP, r -> completedStage(description)));
        for (String name : new String(octets(FOLDER + "files.txt"), StandardCharsets.UTF_8)
                .lines()
                .toList()) {
            Response page = file(FOLDER + name, type(name));
            routes.add(
                    name.equals("index.html")
                            ? new Route("GET", "/", PAGE, LOOP, r -> completedStage(page))
                            : new Route("GET", "/" + name, NO_TOKEN, LOOP, r -> completedStage(page)));
        }
        return routes;
    }

    private static String type(String name) {
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        if (type == null) {
            throw new IllegalStateException("no content type for " + name);
        }
        return type;
    }

    private static Response file(String resource, String type) {
        return new Response(200, type, octets(resource), Map.of());
    }

    private static byte[] octets(String resource) {
        try (InputStream in = Pages.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is not on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
