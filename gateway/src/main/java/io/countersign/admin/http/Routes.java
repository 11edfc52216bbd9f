package io.countersign.admin.http;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All routes, by path and method. Immutable. */
public final class Routes {
    private final Map<String, Map<String, Route>> byPath = new LinkedHashMap<>();

    /** @throws IllegalArgumentException when two are the same */
    public Routes(Collection<Route> routes) {
        for (Route route : routes) {
            Route other = byPath.computeIfAbsent(route.path(), p -> new LinkedHashMap<>())
                    .putIfAbsent(route.method(), route);
            if (other != null) {
                throw new IllegalArgumentException("two routes for " + route.method() + " " + route.path());
            }
        }
    }

    /** The methods of a path; empty when there is no such path. */
    Collection<String> methods(String path) {
        TreeSet<String> methods =
                new TreeSet<>(byPath.getOrDefault(path, Map.of()).keySet());
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        return methods;
    }

    @Nullable
    Route find(String method, String path) {
        return byPath.getOrDefault(path, Map.of()).get(method.equals("HEAD") ? "GET" : method);
    }

    public List<Route> all() {
        return byPath.values().stream().flatMap(m -> m.values().stream()).toList();
    }
}
