package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.admin.Wire;
import io.countersign.admin.http.Route;
import io.countersign.json.Json;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The description of the API, held against what the gateway does. */
@org.jspecify.annotations.NullUnmarked
class OpenApiTest {
    private static AdminStage stage;
    private static Map<String, Map<String, Map<String, Object>>> paths;
    private static Map<String, Object> description;

    @TempDir
    private static Path journal;

    @BeforeAll
    static void start() throws IOException {
        stage = new AdminStage("checks.sender.mode = enforce\njournal.dir = \"" + journal + '"');
        stage.lab.domain("friendly.test", Exchangers.wellBehaved("alice@friendly.test"));
        LabClient client = stage.client();
        client.command("MAIL FROM:<alice@friendly.test>");
        client.command("RCPT TO:<rita@example.org>");
        client.command("RSET");
        client.close();
        try (InputStream in = OpenApiTest.class.getResourceAsStream("/admin/openapi.yaml")) {
            description = new Yaml().load(in);
        }
        paths = cast(description.get("paths"));
    }

    @AfterAll
    static void end() {
        stage.close();
    }

    @SuppressWarnings("unchecked")
    private static <T> T cast(Object value) {
        return (T) value;
    }

    @Test
    void every_route_is_described_and_every_described_one_is_there() {
        Set<String> described = new TreeSet<>();
        paths.forEach((path, methods) ->
                methods.keySet().forEach(m -> described.add(m.toUpperCase(java.util.Locale.ROOT) + " " + path)));
        Set<String> there = new TreeSet<>();
        for (Route route : stage.gateway.admin().routes()) {
            boolean file =
                    route.access() == Route.Access.NO_TOKEN && !route.path().equals("/metrics");
            if (!file) {
                there.add(route.method() + " " + route.path());
            }
        }
        assertThat(there).isEqualTo(described);
    }

    @Test
    void what_needs_the_token_says_so() {
        for (Route route : stage.gateway.admin().routes()) {
            Map<String, Map<String, Object>> path = paths.get(route.path());
            if (path != null) {
                Object security = path.get(route.method().toLowerCase(java.util.Locale.ROOT))
                        .get("security");
                assertThat(security != null).as(route.path()).isEqualTo(route.access() == Route.Access.TOKEN);
            }
        }
    }

    @Test
    void answers_are_what_the_description_says() {
        Map<String, String> questions = new HashMap<>(Map.of(
                "POST /api/v1/doctor", "{\"domain\":\"friendly.test\"}",
                "POST /api/v1/explain", "{\"text\":\"550 5.1.1 no such user (id 0KZ3M9V4T1X7C)\"}"));
        questions.putAll(Map.of(
                "GET /api/v1/verdict", "?address=alice%40friendly.test",
                "GET /api/v1/domain", "?name=friendly.test",
                "GET /api/v1/domain/known", "?name=friendly.test",
                "POST /api/v1/verify", "{\"address\":\"alice@friendly.test\"}",
                "POST /api/v1/verdict/forget", "{\"address\":\"nobody@friendly.test\"}",
                "POST /api/v1/limits/unblock", "{\"name\":\"friendly.test\"}",
                "POST /api/v1/log", "{\"level\":\"warn\"}",
                "POST /api/v1/exemptions", "{\"sender\":\"bad.test\",\"for\":\"1h\",\"note\":\"why\"}",
                "POST /api/v1/exemptions/end", "{\"sender\":\"bad.test\"}"));
        stage.wire().post("/api/v1/verify", "{\"address\":\"alice@friendly.test\"}");
        stage.wire().post("/api/v1/exemptions", "{\"sender\":\"bad.test\",\"for\":\"1h\"}");
        int checked = 0;
        for (Route route : stage.gateway.admin().routes()) {
            Map<String, Object> schema = schema(route);
            if (schema == null || route.path().equals("/api/v1/trace/callouts")) {
                continue;
            }
            String question = questions.getOrDefault(route.method() + " " + route.path(), "");
            Wire.Answer answer = route.method().equals("POST")
                    ? stage.wire().post(route.path(), question)
                    : stage.wire().get(route.path() + question);
            assertThat(answer.status())
                    .as("%s %s: %s", route.method(), route.path(), answer.body())
                    .isEqualTo(200);
            List<String> wrong = new ArrayList<>();
            compare(route.path(), schema, Json.read(answer.body()), wrong);
            assertThat(wrong).as(answer.body()).isEmpty();
            checked++;
        }
        assertThat(checked).isGreaterThan(12);
    }

    private static Map<String, Object> schema(Route route) {
        Map<String, Map<String, Object>> path = paths.get(route.path());
        if (path == null) {
            return null;
        }
        Map<String, Object> method = path.get(route.method().toLowerCase(java.util.Locale.ROOT));
        Map<String, Map<String, Object>> responses = cast(method.get("responses"));
        Map<String, Map<String, Object>> content = cast(responses.get("200").get("content"));
        return content == null || !content.containsKey("application/json")
                ? null
                : cast(content.get("application/json").get("schema"));
    }

    private static Map<String, Object> resolved(Map<String, Object> schema) {
        Object reference = schema.get("$ref");
        if (reference == null) {
            return schema;
        }
        Object at = description;
        for (String step : reference.toString().substring(2).split("/")) {
            at = OpenApiTest.<Map<String, Object>>cast(at).get(step);
        }
        return cast(at);
    }

    private static void compare(String where, Map<String, Object> given, Object value, List<String> wrong) {
        Map<String, Object> schema = resolved(given);
        if (value == null) {
            if (!Boolean.TRUE.equals(schema.get("nullable"))) {
                wrong.add(where + " is null");
            }
            return;
        }
        if (schema.get("allOf") != null) {
            Map<String, Object> merged = new HashMap<>();
            Map<String, Object> properties = new HashMap<>();
            List<Object> required = new ArrayList<>();
            for (Map<String, Object> part : OpenApiTest.<List<Map<String, Object>>>cast(schema.get("allOf"))) {
                Map<String, Object> one = resolved(part);
                properties.putAll(OpenApiTest.<Map<String, Object>>cast(one.get("properties")));
                required.addAll(OpenApiTest.<List<Object>>cast(one.get("required")));
            }
            merged.put("type", "object");
            merged.put("properties", properties);
            merged.put("required", required);
            compare(where, merged, value, wrong);
            return;
        }
        if (schema.isEmpty()) {
            return; // described elsewhere
        }
        String type = String.valueOf(schema.get("type"));
        boolean fits = switch (type) {
            case "string" -> value instanceof String;
            case "integer" -> value instanceof Long;
            case "number" -> value instanceof Long || value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "array" -> value instanceof List<?>;
            case "object" -> value instanceof Map<?, ?>;
            default -> false;
        };
        if (!fits) {
            wrong.add(where + " is no " + type + ": " + value);
        } else if (value instanceof List<?> list) {
            Map<String, Object> items = cast(schema.get("items"));
            list.forEach(element -> compare(where + "[]", items, element, wrong));
        } else if (value instanceof Map<?, ?> map) {
            compareObject(where, schema, map, wrong);
        } else if (schema.get("enum") instanceof List<?> words && !words.contains(value)) {
            wrong.add(where + " is " + value + ", not one of " + words);
        }
    }

    private static void compareObject(String where, Map<String, Object> schema, Map<?, ?> map, List<String> wrong) {
        Map<String, Map<String, Object>> properties = cast(schema.getOrDefault("properties", Map.of()));
        List<String> required = cast(schema.getOrDefault("required", List.of()));
        Map<String, Object> others = cast(schema.get("additionalProperties"));
        required.stream().filter(key -> !map.containsKey(key)).forEach(key -> wrong.add(where + " lacks " + key));
        map.forEach((key, value) -> {
            Map<String, Object> property = properties.containsKey(key) ? properties.get(key) : others;
            if (property == null) {
                wrong.add(where + " has " + key + ", which is not described");
            } else {
                compare(where + "." + key, property, value, wrong);
            }
        });
    }
}
