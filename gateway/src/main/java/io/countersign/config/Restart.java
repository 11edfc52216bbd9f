package io.countersign.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Which changes a running gateway cannot take over. All others hold for sessions and callouts that begin after the reload:
 * listeners are bound anew, and counters, breakers, and what was learnt stay.
 */
public final class Restart {
    private static final Map<String, Function<Settings, Object>> KEYS = keys();

    private Restart() {}

    private static Map<String, Function<Settings, Object>> keys() {
        Map<String, Function<Settings, Object>> keys = new LinkedHashMap<>();
        // The cache is opened once, with its file and its bound; its lives could follow, its content could not.
        keys.put("cache.size", settings -> settings.cache().octets());
        keys.put("cache.file", settings -> settings.cache().file());
        keys.put("journal.dir", settings -> settings.journal().dir());
        // Sockets to the resolvers, their cache and the count of questions in flight belong together.
        keys.put("dns.servers", settings -> settings.dns().servers());
        keys.put("dns.timeout", settings -> settings.dns().timeout());
        keys.put("dns.attempts", settings -> settings.dns().attempts());
        // A breaker keeps the window and the times it was made with; to make it anew would forget who is down.
        // `blocked` follows.
        keys.put("callout.breaker", settings -> {
            CalloutSettings.Breaker breaker = settings.callout().breaker();
            return List.of(
                    breaker.failures(),
                    breaker.of(),
                    breaker.slow(),
                    breaker.open(),
                    breaker.openAtMost(),
                    breaker.trials());
        });
        return keys;
    }

    /** The keys that differ and need a restart. */
    public static List<String> needsRestart(Settings old, Settings fresh) {
        return KEYS.entrySet().stream()
                .filter(key -> !key.getValue().apply(old).equals(key.getValue().apply(fresh)))
                .map(Map.Entry::getKey)
                .toList();
    }
}
