package io.countersign.dns;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Mono;

/**
 * Answers from memory. A name that was given nothing does not exist; one that was given something of another type has no data.
 * Every answer has a TTL of a minute unless said otherwise.
 */
public final class FakeDns implements Dns {
    public static final Duration TTL = Duration.ofMinutes(1);

    private final Map<String, Lookup<?>> answers = new ConcurrentHashMap<>();
    private final Map<String, Boolean> names = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    public static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** The name under which the PTR records of the address are asked for. */
    public static String reverse(InetAddress address) {
        return ReverseNames.of(address);
    }

    /** @param records {@code "10 mx.test"} */
    public FakeDns mx(String name, String... records) {
        List<MxRecord> list = new ArrayList<>();
        for (String record : records) {
            String[] words = record.split(" ", 2);
            list.add(new MxRecord(Integer.parseInt(words[0]), words[1]));
        }
        return put("MX", name, new Lookup.Found<>(list, TTL));
    }

    public FakeDns a(String name, String... addresses) {
        return addresses("A", name, addresses);
    }

    public FakeDns aaaa(String name, String... addresses) {
        return addresses("AAAA", name, addresses);
    }

    private FakeDns addresses(String type, String name, String... addresses) {
        List<InetAddress> list = new ArrayList<>();
        for (String literal : addresses) {
            list.add(address(literal));
        }
        return put(type, name, new Lookup.Found<>(list, TTL));
    }

    public FakeDns ptr(String address, String... targets) {
        return put("PTR", ReverseNames.of(address(address)), new Lookup.Found<>(List.of(targets), TTL));
    }

    public FakeDns txt(String name, String... texts) {
        return put("TXT", name, new Lookup.Found<>(List.of(texts), TTL));
    }

    /** The name exists, and nothing more is known of it. */
    public FakeDns exists(String name) {
        names.put(name.toLowerCase(Locale.ROOT), true);
        return this;
    }

    public FakeDns fails(String type, String name) {
        return put(type, name, new Lookup.Failed<>("SERVFAIL"));
    }

    /** As the name server would be asked for it: {@code type} is MX, A, AAAA, PTR or TXT. */
    public FakeDns put(String type, String name, Lookup<?> answer) {
        String key = name.toLowerCase(Locale.ROOT);
        answers.put(type + " " + key, answer);
        return exists(key);
    }

    /** {@code "MX a.test"} for each question, in order. */
    public List<String> asked() {
        return asked;
    }

    @Override
    public Mono<Lookup<MxRecord>> mx(String name) {
        return answer("MX", name);
    }

    @Override
    public Mono<Lookup<InetAddress>> ipv4(String name) {
        return answer("A", name);
    }

    @Override
    public Mono<Lookup<InetAddress>> ipv6(String name) {
        return answer("AAAA", name);
    }

    @Override
    public Mono<Lookup<String>> ptr(InetAddress address) {
        return answer("PTR", ReverseNames.of(address));
    }

    @Override
    public Mono<Lookup<String>> txt(String name) {
        return answer("TXT", name);
    }

    @SuppressWarnings("unchecked")
    private <T> Mono<Lookup<T>> answer(String type, String name) {
        return Mono.fromSupplier(() -> {
            String key = name.toLowerCase(Locale.ROOT);
            asked.add(type + " " + key);
            Lookup<?> answer = answers.get(type + " " + key);
            if (answer != null) {
                return (Lookup<T>) answer;
            }
            return names.containsKey(key) ? new Lookup.NoData<>(TTL) : new Lookup.NoSuchName<>(TTL);
        });
    }
}
