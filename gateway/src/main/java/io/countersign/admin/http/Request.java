package io.countersign.admin.http;

import io.countersign.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request that was let in. Immutable but for {@code body}, which nobody writes to.
 *
 * @param path as it was sent, without the query
 * @param query each parameter once, decoded
 * @param body empty for GET
 */
public record Request(String method, String path, Map<String, String> query, byte[] body) {
    private static final Pattern SPAN = Pattern.compile("([1-9][0-9]{0,6})([smhd])");

    public Request {
        query = Map.copyOf(query);
    }

    public Optional<String> parameter(String name) {
        return Optional.ofNullable(query.get(name)).filter(text -> !text.isEmpty());
    }

    /** @throws BadRequest when it is not there */
    public String required(String name) throws BadRequest {
        return parameter(name).orElseThrow(() -> new BadRequest("the parameter " + name + " is missing"));
    }

    /** A whole number from 1 to {@code most}. @throws BadRequest when it is another */
    public int count(String name, int otherwise, int most) throws BadRequest {
        Optional<String> text = parameter(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        if (!text.get().matches("[1-9][0-9]{0,8}") || Integer.parseInt(text.get()) > most) {
            throw new BadRequest(name + ": a whole number from 1 to " + most + " is expected");
        }
        return Integer.parseInt(text.get());
    }

    /** A time span as {@code 30s 10m 4h 2d}. @throws BadRequest when it is none */
    public Duration span(String name, Duration otherwise) throws BadRequest {
        Optional<String> text = parameter(name);
        return text.isEmpty() ? otherwise : span(name, text.get());
    }

    /** @throws BadRequest when it is none */
    public static Duration span(String name, String text) throws BadRequest {
        var parts = SPAN.matcher(text);
        if (!parts.matches()) {
            throw new BadRequest(name + ": a time span such as 30s, 10m, 4h or 2d is expected");
        }
        long number = Long.parseLong(parts.group(1));
        return switch (parts.group(2).charAt(0)) {
            case 's' -> Duration.ofSeconds(number);
            case 'm' -> Duration.ofMinutes(number);
            case 'h' -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    /** The body as a JSON object. @throws BadRequest when it is none */
    public Map<String, @Nullable Object> json() throws BadRequest {
        try {
            return Json.object(new String(body, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException none) {
            throw new BadRequest(String.valueOf(none.getMessage()));
        }
    }

    /** A text of the JSON body. @throws BadRequest when it is not there, empty or no text */
    public String field(String name) throws BadRequest {
        return optionalField(name).orElseThrow(() -> new BadRequest("the field " + name + " is missing"));
    }

    /** @throws BadRequest when it is there and no text */
    public Optional<String> optionalField(String name) throws BadRequest {
        Object value = json().get(name);
        if (value == null || value.equals("")) {
            return Optional.empty();
        }
        if (value instanceof String text) {
            return Optional.of(text);
        }
        throw new BadRequest("the field " + name + " is no text");
    }
}
