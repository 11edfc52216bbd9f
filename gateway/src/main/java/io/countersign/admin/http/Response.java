package io.countersign.admin.http;

import io.countersign.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole response. Its body is not written to.
 *
 * @param headers beside those that every response has
 */
public record Response(int status, String contentType, byte[] body, Map<String, String> headers) implements Answer {
    private static final String JSON = "application/json";

    public Response {
        headers = Map.copyOf(headers);
    }

    public static Response json(@Nullable Object value) {
        return json(200, value);
    }

    public static Response json(int status, @Nullable Object value) {
        return new Response(status, JSON, utf8(Json.of(value) + "\n"), Map.of());
    }

    /** @param why our own words, for people */
    public static Response problem(int status, String why) {
        return json(status, Map.of("error", why));
    }

    public static Response text(String contentType, String text) {
        return new Response(200, contentType, utf8(text), Map.of());
    }

    public Response withStatus(int another) {
        return new Response(another, contentType, body, headers);
    }

    public Response with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Response(status, contentType, body, more);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
