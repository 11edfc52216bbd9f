package io.countersign.dns;

import io.countersign.config.Settings.DnsSettings;
import io.countersign.net.Transport;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Record;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Our stub resolver: datagram and TCP sockets of our own on the gateway's event loops, dnsjava for reading the messages. Thread
 * safe; a cached answer is given synchronously, any other on one of the event loops. Making one blocks; nothing else does.
 */
public final class NettyDns implements Dns, AutoCloseable {
    /** Different questions in flight at a time; more are not asked. */
    public static final int IN_FLIGHT = 5_000;

    private static final Logger log = LoggerFactory.getLogger(NettyDns.class);
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

    private final NameServers servers;
    private final Asking.Limits limits;
    private final DnsLoop[] loops;
    private final DnsCache cache;
    private final int maxInFlight;
    private final DnsCounters counters = new DnsCounters();
    private final ConcurrentMap<Question, Sinks.One<Lookup<?>>> inFlight = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger turn = new AtomicInteger();
    private final Dns uncached = new View(Freshness.NEW);
    private final Dns cached = new View(Freshness.ANY);
    private volatile boolean closed;

    /**
     * @param loops of {@code transport}; stay the caller's
     * @throws IllegalArgumentException when a configured server is not an address
     */
    public NettyDns(DnsSettings settings, Transport transport, EventLoopGroup loops) {
        this(settings, transport, loops, new Internals(RESOLV_CONF, System::nanoTime, IN_FLIGHT));
    }

    NettyDns(DnsSettings settings, Transport transport, EventLoopGroup group, Internals internals) {
        this.servers = settings.servers().isEmpty()
                ? NameServers.system(internals.resolvConf())
                : NameServers.of(settings.servers());
        this.limits = new Asking.Limits(settings.timeout(), settings.attempts());
        this.cache = new DnsCache(internals.nanos());
        this.maxInFlight = internals.inFlight();
        List<DnsLoop> made = new ArrayList<>();
        for (EventExecutor executor : group) {
            made.add(new DnsLoop((EventLoop) executor, transport, counters));
        }
        this.loops = made.toArray(new DnsLoop[0]);
        warmUp();
    }

    /** Has dnsjava's classes initialised here: one of them sets up a SecureRandom, which may block. */
    private static void warmUp() {
        byte[] header = {0, 0, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        Reading reading = AnswerReader.read(
                header, Question.of("localhost", RecordKind.A.type()).orElseThrow(), 0);
        log.trace("dns: reader ready: {}", reading);
    }

    @Override
    public Mono<Lookup<MxRecord>> mx(String name) {
        return cached.mx(name);
    }

    @Override
    public Mono<Lookup<InetAddress>> ipv4(String name) {
        return cached.ipv4(name);
    }

    @Override
    public Mono<Lookup<InetAddress>> ipv6(String name) {
        return cached.ipv6(name);
    }

    @Override
    public Mono<Lookup<String>> ptr(InetAddress address) {
        return cached.ptr(address);
    }

    @Override
    public Mono<Lookup<String>> txt(String name) {
        return cached.txt(name);
    }

    /** The name that {@code name} is an alias of (CNAME), one step. For people: who looks a name up is led on by itself. */
    public Mono<Lookup<String>> alias(String name) {
        return ask(name, RecordKind.CNAME, Freshness.ANY);
    }

    /** The same resolver, but each answer was asked for after the subscription, or was in flight then: for checking on it. */
    public Dns uncached() {
        return uncached;
    }

    public DnsCounters counters() {
        return counters;
    }

    /** Different questions in flight now. */
    public int inFlight() {
        return count.get();
    }

    /** Questions in flight and later ones end as failed. Does not wait. */
    @Override
    public void close() {
        closed = true;
        for (DnsLoop loop : loops) {
            try {
                loop.eventLoop().execute(loop::close);
            } catch (RejectedExecutionException e) {
                log.debug("dns: the event loop was shut down before us, and its sockets with it");
            }
        }
    }

    private <T> Mono<Lookup<T>> ask(String name, RecordKind<T> kind, Freshness freshness) {
        return Mono.defer(() -> {
            Optional<Question> question = Question.of(name, kind.type());
            if (question.isEmpty()) {
                return Mono.just(new Lookup.Failed<T>("not a name that DNS could carry"));
            }
            return askNow(question.get(), kind, freshness);
        });
    }

    private <T> Mono<Lookup<T>> askNow(Question question, RecordKind<T> kind, Freshness freshness) {
        Lookup<?> known = freshness == Freshness.ANY ? cache.get(question) : null;
        if (known != null) {
            counters.hit();
            return Mono.just(typed(known));
        }
        if (closed) {
            return Mono.just(new Lookup.Failed<>("shut down"));
        }
        Sinks.One<Lookup<?>> mine = Sinks.one();
        Sinks.One<Lookup<?>> other = inFlight.putIfAbsent(question, mine);
        if (other == null) {
            start(question, kind, mine);
        }
        return (other == null ? mine : other).asMono().map(NettyDns::typed);
    }

    private <T> void start(Question question, RecordKind<T> kind, Sinks.One<Lookup<?>> sink) {
        if (count.incrementAndGet() > maxInFlight) {
            counters.refused();
            // Not kept: the next one may find room.
            finish(question, new Lookup.Failed<>("too many questions in flight"), sink);
            return;
        }
        counters.question();
        DnsLoop loop = loop();
        try {
            loop.eventLoop().execute(() -> {
                List<NameServer> order = servers.inOrder();
                loop.use(servers.all());
                Asking.start(loop, question, order, limits, reading -> answered(question, kind, reading, sink));
            });
        } catch (RejectedExecutionException e) {
            finish(question, new Lookup.Failed<>("shut down"), sink);
        }
    }

    private <T> void answered(Question question, RecordKind<T> kind, Reading reading, Sinks.One<Lookup<?>> sink) {
        List<T> values = new ArrayList<>();
        int weight = 0;
        if (reading instanceof Reading.Records found) {
            for (Record record : found.records()) {
                T value = kind.value().apply(record);
                if (value != null) {
                    values.add(value);
                    weight += kind.weight().apply(value);
                }
            }
        }
        Lookup<T> lookup = lookup(kind, reading, values);
        if (lookup.kind() == Lookup.Kind.FAILED) {
            counters.failure();
        }
        if (!closed) {
            cache.put(question, lookup, weight);
        }
        finish(question, lookup, sink);
    }

    /** @param values of the records found, without those that nobody must see */
    static <T> Lookup<T> lookup(RecordKind<T> kind, Reading reading, List<T> values) {
        if (reading instanceof Reading.Records found) {
            Duration ttl = DnsCache.positive(found.ttl());
            // A record of the right type without data is a broken answer: taken for "no record", it would be proof
            // against
            // a domain. Names and texts may be hidden because of what stands in them.
            if (values.isEmpty() && kind.mayHide() == RecordKind.Hiding.NEVER) {
                return new Lookup.Failed<>("records without data");
            }
            return values.isEmpty() ? new Lookup.NoData<>(ttl) : new Lookup.Found<>(values, ttl);
        }
        if (reading instanceof Reading.NoName none) {
            return new Lookup.NoSuchName<>(DnsCache.negative(none.ttl()));
        }
        if (reading instanceof Reading.NoRecords none) {
            return new Lookup.NoData<>(DnsCache.negative(none.ttl()));
        }
        if (reading instanceof Reading.Dead dead) {
            return new Lookup.Failed<>(dead.why());
        }
        throw new IllegalStateException("not an end: " + reading);
    }

    /** In this order: whoever comes between finds the cached answer or this one, and never a sink that nobody serves. */
    private void finish(Question question, Lookup<?> lookup, Sinks.One<Lookup<?>> sink) {
        inFlight.remove(question, sink);
        count.decrementAndGet();
        sink.tryEmitValue(lookup).orThrow();
    }

    /** The caller's own event loop where it is one of ours, else the next in turn. */
    private DnsLoop loop() {
        for (DnsLoop loop : loops) {
            if (loop.eventLoop().inEventLoop()) {
                return loop;
            }
        }
        return loops[Math.floorMod(turn.getAndIncrement(), loops.length)];
    }

    /** Sound because a question's type determines the type of its records: {@link RecordKind} has one constant a type. */
    @SuppressWarnings("unchecked")
    private static <T> Lookup<T> typed(Lookup<?> lookup) {
        return (Lookup<T>) lookup;
    }

    /** What tests replace. */
    record Internals(Path resolvConf, LongSupplier nanos, int inFlight) {}

    private enum Freshness {
        ANY,
        NEW
    }

    private final class View implements Dns {
        private final Freshness freshness;

        View(Freshness freshness) {
            this.freshness = freshness;
        }

        @Override
        public Mono<Lookup<MxRecord>> mx(String name) {
            return ask(name, RecordKind.MX, freshness);
        }

        @Override
        public Mono<Lookup<InetAddress>> ipv4(String name) {
            return ask(name, RecordKind.A, freshness);
        }

        @Override
        public Mono<Lookup<InetAddress>> ipv6(String name) {
            return ask(name, RecordKind.AAAA, freshness);
        }

        @Override
        public Mono<Lookup<String>> ptr(InetAddress address) {
            return ask(ReverseNames.of(address), RecordKind.PTR, freshness);
        }

        @Override
        public Mono<Lookup<String>> txt(String name) {
            return ask(name, RecordKind.TXT, freshness);
        }
    }
}
