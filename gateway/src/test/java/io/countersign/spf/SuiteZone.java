package io.countersign.spf;

import io.countersign.dns.Dns;
import io.countersign.dns.FakeDns;
import io.countersign.dns.Lookup;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The "zonedata" of a section of the RFC 7208 suite as a resolver. */
final class SuiteZone implements Dns {
    private static final int MAX_ALIASES = 8;

    private final Map<String, Map<String, List<Object>>> names = new HashMap<>();

    /** @param zone as the suite has it: name → list of {@code {TYPE: data}} and {@code TIMEOUT} */
    SuiteZone(Map<?, ?> zone) {
        zone.forEach((name, entries) -> {
            Map<String, List<Object>> types = new HashMap<>();
            for (Object entry : (List<?>) entries) {
                if (entry instanceof Map<?, ?> record) {
                    record.forEach((type, data) -> types.computeIfAbsent((String) type, t -> new ArrayList<>())
                            .add(data));
                } else {
                    types.put((String) entry, List.of());
                }
            }
            // The suite's own convention: policies written as type SPF stand for TXT unless TXT is given.
            List<Object> policies = types.get("SPF");
            if (policies != null && !types.containsKey("TXT")) {
                types.put("TXT", policies);
            }
            if (List.of("NONE").equals(types.get("TXT"))) {
                types.remove("TXT");
            }
            names.put(key((String) name), types);
        });
    }

    private static String key(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    private interface Reader<T> {
        T read(Object data);
    }

    private <T> Mono<Lookup<T>> ask(String type, String name, Reader<T> reader) {
        return Mono.fromSupplier(() -> {
            String owner = key(name);
            for (int i = 0; i <= MAX_ALIASES; i++) {
                Map<String, List<Object>> types = names.get(owner);
                if (types == null) {
                    return new Lookup.NoSuchName<>(FakeDns.TTL);
                }
                List<Object> data = types.get(type);
                if (data != null) {
                    List<T> records = data.stream().map(reader::read).toList();
                    return new Lookup.Found<>(records, FakeDns.TTL);
                }
                List<Object> alias = types.get("CNAME");
                if (alias == null) {
                    return types.containsKey("TIMEOUT")
                            ? new Lookup.Failed<>("timeout")
                            : new Lookup.NoData<>(FakeDns.TTL);
                }
                owner = key((String) alias.get(0));
            }
            return new Lookup.Failed<>("alias loop");
        });
    }

    @Override
    public Mono<Lookup<MxRecord>> mx(String name) {
        return ask("MX", name, data -> {
            List<?> pair = (List<?>) data;
            return new MxRecord((Integer) pair.get(0), key((String) pair.get(1)));
        });
    }

    @Override
    public Mono<Lookup<InetAddress>> ipv4(String name) {
        return ask("A", name, data -> FakeDns.address((String) data));
    }

    @Override
    public Mono<Lookup<InetAddress>> ipv6(String name) {
        return ask("AAAA", name, data -> FakeDns.address((String) data));
    }

    @Override
    public Mono<Lookup<String>> ptr(InetAddress address) {
        return ask("PTR", FakeDns.reverse(address), data -> key((String) data));
    }

    @Override
    public Mono<Lookup<String>> txt(String name) {
        return ask("TXT", name, SuiteZone::text);
    }

    private static String text(@Nullable Object data) {
        if (data instanceof List<?> strings) {
            StringBuilder joined = new StringBuilder();
            strings.forEach(joined::append);
            return joined.toString();
        }
        return String.valueOf(data);
    }
}
