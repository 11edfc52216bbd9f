package io.countersign.overload;

import io.countersign.config.OverloadSettings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches over what this process can run out of, and says what is to be given up before it does: memory in stages ({@link
 * Shedding}); file descriptors and time on the event loops by holding clients back in the system's queue. A thread of its own
 * looks every {@link #TICK}; asking costs a volatile read. Thread-safe.
 */
public final class Overload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Overload.class);
    static final long TICK = TimeUnit.MILLISECONDS.toNanos(25);
    /** Ticks between two looks at memory, and between two at the descriptors while there are plenty. */
    private static final int MEMORY_TICKS = 10;

    private static final int DESCRIPTOR_TICKS = 40;
    /** Ticks in a row with a late loop until it is told. */
    private static final int LATE_TICKS = 40;
    /** A stage ends so many points of the hundred below where it began. */
    private static final double BACK = 0.05;

    /** So late a loop serves nobody well. */
    private static final long OUT_OF_BREATH = TimeUnit.SECONDS.toNanos(1);

    private static final long SAY_EVERY = TimeUnit.MINUTES.toNanos(1);

    private record Stage(Shedding shedding, String cause) {}

    private static final Stage CALM = new Stage(Shedding.NOTHING, "");

    private final Supplier<OverloadSettings> settings;
    private final Sensors sensors;
    private final LongSupplier nanoTime;
    private final AcceptGate gate;
    private final List<LoopLag> loops = new ArrayList<>();
    private final List<Consumer<Shedding>> listeners = new ArrayList<>();
    private final Map<Shedding, Counter> changes = new EnumMap<>(Shedding.class);
    private final AtomicLong opened = new AtomicLong();
    private final AtomicLong closed = new AtomicLong();
    private volatile Stage stage = CALM;
    private volatile long lag;
    private volatile long descriptors;
    /** Opened less closed at the last look at the descriptors. */
    private volatile long connectionsThen;

    private volatile long ceiling = Long.MAX_VALUE;
    private long ticks;
    private int lateTicks;
    private long saidLag;
    private long saidDescriptors;
    private volatile Runnable stop = () -> {};

    Overload(Supplier<OverloadSettings> settings, Sensors sensors, MeterRegistry meters, LongSupplier nanoTime) {
        this.settings = settings;
        this.sensors = sensors;
        this.nanoTime = nanoTime;
        this.gate = new AcceptGate(meters);
        this.saidLag = nanoTime.getAsLong() - SAY_EVERY;
        this.saidDescriptors = saidLag;
        Gauge.builder("countersign.overload.stage", () -> stage.shedding().ordinal())
                .description("What is given up for want of memory: 0 nothing, 1 caches, 2 callouts, 3 sessions")
                .register(meters);
        Gauge.builder("countersign.loop.lag", () -> lag / 1e9)
                .description("How late the slowest event loop is")
                .baseUnit("seconds")
                .register(meters);
        Gauge.builder("countersign.descriptors.open", () -> descriptors)
                .description("File descriptors that are open, at the last look")
                .register(meters);
        for (Shedding each : Shedding.values()) {
            changes.put(
                    each,
                    Counter.builder("countersign.overload.changes")
                            .description("How often memory became so short, or so free, that more or less was given up")
                            .tag("to", each.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
        lookAtDescriptors();
    }

    /** Starts looking, on a daemon thread. @param settings those of now */
    public static Overload start(Supplier<OverloadSettings> settings, MeterRegistry meters) {
        Overload overload = new Overload(settings, new JvmSensors(), meters, System::nanoTime);
        ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "countersign-overload");
            thread.setDaemon(true);
            return thread;
        });
        overload.stop = ticker::shutdownNow;
        ticker.scheduleWithFixedDelay(overload::guardedTick, TICK, TICK, TimeUnit.NANOSECONDS);
        return overload;
    }

    /** Looks at the lag of this event loop too. Before the listeners are bound. */
    public synchronized void watch(Executor loop) {
        loops.add(new LoopLag(loop));
    }

    /** Tells when the stage changes, on the guard's thread. */
    public synchronized void onChange(Consumer<Shedding> listener) {
        listeners.add(listener);
    }

    /** The listeners that are held back. */
    public void control(AcceptControl listeners) {
        gate.control(listeners);
    }

    /** Says at start when that many connections, with what is kept back, are more than this process may have. */
    public void expect(long connections) {
        long most = sensors.mostDescriptors();
        long wanted = connections + settings.get().descriptors();
        if (wanted > most) {
            LOG.warn(
                    "the limits allow {} connections in all, the system only {} file descriptors (ulimit -n, LimitNOFILE): beyond {} clients wait to be accepted",
                    connections,
                    most,
                    ceiling);
        }
    }

    /** What is given up now. */
    public Shedding shedding() {
        return stage.shedding();
    }

    /** The key of the wall that was struck, such as {@code overload.memory.sessions}; for replies and logs. */
    public String cause() {
        return stage.cause();
    }

    /** Whether callouts are given up: memory or file descriptors are short. */
    public boolean shedsCallouts() {
        return stage.shedding().includes(Shedding.CALLOUTS) || estimate() >= ceiling;
    }

    /** How late the slowest event loop is. */
    public Duration lag() {
        return Duration.ofNanos(lag);
    }

    /** The wall that keeps new clients out now, in words; null when none does. */
    public @Nullable String obstacle() {
        if (stage.shedding().includes(Shedding.SESSIONS)) {
            return "overloaded: memory is short (" + cause() + ")";
        }
        if (gate.isHeldFor(AcceptGate.Why.DESCRIPTORS)) {
            return "overloaded: file descriptors are short (overload.descriptors)";
        }
        long late = lag;
        return late >= OUT_OF_BREATH
                ? "overloaded: the event loops are " + late / 1_000_000 + " ms late (overload.lag)"
                : null;
    }

    /** How pressed we are, 0 to 1: patience with clients becomes shorter with it. */
    public double load() {
        return gate.isHeldFor(AcceptGate.Why.DESCRIPTORS) ? 1 : stage.shedding().ordinal() / 3.0;
    }

    /** A client's connection was accepted. Any thread. */
    public void opened() {
        opened.incrementAndGet();
        if (estimate() >= ceiling) {
            gate.hold(AcceptGate.Why.DESCRIPTORS);
        }
    }

    /** And is closed. */
    public void closed() {
        closed.incrementAndGet();
    }

    /** What was counted at the last look, and the clients that came and went since. */
    private long estimate() {
        return descriptors + opened.get() - closed.get() - connectionsThen;
    }

    private void guardedTick() {
        try {
            tick();
        } catch (RuntimeException | Error e) {
            // The executor would end the task without a word, and nobody would watch any more.
            LOG.error("the overload guard: it goes on", e);
        }
    }

    synchronized void tick() {
        lookAtLoops();
        boolean near = estimate() > ceiling / 2;
        if (ticks % (near ? MEMORY_TICKS : DESCRIPTOR_TICKS) == 0 || gate.isHeldFor(AcceptGate.Why.DESCRIPTORS)) {
            lookAtDescriptors();
        }
        if (ticks % MEMORY_TICKS == 0) {
            lookAtMemory();
        }
        ticks++;
    }

    private void lookAtLoops() {
        long now = nanoTime.getAsLong();
        long slowest = 0;
        for (LoopLag loop : loops) {
            slowest = Math.max(slowest, loop.beat(now));
        }
        lag = slowest;
        if (slowest < settings.get().lag().toNanos()) {
            lateTicks = 0;
            gate.release(AcceptGate.Why.LAG);
            return;
        }
        gate.hold(AcceptGate.Why.LAG);
        gate.trickle();
        // A hiccup is no news.
        if (++lateTicks >= LATE_TICKS && now - saidLag >= SAY_EVERY) {
            saidLag = now;
            LOG.warn(
                    "the event loops are {} ms late: clients are accepted little by little (overload.lag)",
                    slowest / 1_000_000);
        }
    }

    private void lookAtDescriptors() {
        long connections = opened.get() - closed.get();
        long open = sensors.descriptors();
        if (open < 0) {
            return;
        }
        descriptors = open;
        connectionsThen = connections;
        long most = sensors.mostDescriptors();
        ceiling = most - Math.min(most / 2, settings.get().descriptors());
        if (open >= ceiling) {
            gate.hold(AcceptGate.Why.DESCRIPTORS);
            sayDescriptors(open, most);
        } else if (open < ceiling - ceiling / 20) {
            gate.release(AcceptGate.Why.DESCRIPTORS);
        }
    }

    private void sayDescriptors(long open, long most) {
        long now = nanoTime.getAsLong();
        if (now - saidDescriptors >= SAY_EVERY) {
            saidDescriptors = now;
            LOG.warn(
                    "{} of {} file descriptors are open: clients wait in the system's queue until some are free (overload.descriptors; raise LimitNOFILE or ulimit -n)",
                    open,
                    most);
        }
    }

    private void lookAtMemory() {
        double heap = sensors.heap();
        double direct = sensors.directMemory();
        Stage before = stage;
        Shedding now = after(before.shedding(), Math.max(heap, direct));
        if (now == before.shedding()) {
            return;
        }
        String memory = heap >= direct ? "heap" : "direct memory";
        long percent = Math.round(100 * Math.max(heap, direct));
        stage = now == Shedding.NOTHING
                ? CALM
                : new Stage(now, "overload.memory." + now.name().toLowerCase(Locale.ROOT));
        Objects.requireNonNull(changes.get(now), "made for all").increment();
        if (now.compareTo(before.shedding()) > 0) {
            LOG.warn("{} is {} % full: {} ({})", memory, percent, words(now), stage.cause());
        } else {
            LOG.warn("{} is {} % full again: {}", memory, percent, words(now));
        }
        listeners.forEach(listener -> listener.accept(now));
    }

    private static String words(Shedding shedding) {
        return switch (shedding) {
            case NOTHING -> "all goes on as usual";
            case CACHES -> "caches shrink";
            case CALLOUTS -> "no callout is begun";
            case SESSIONS -> "no session is begun";
        };
    }

    /** A stage is entered at its share and left some points below it, so that it does not come and go with every look. */
    private Shedding after(Shedding before, double share) {
        OverloadSettings now = settings.get();
        Shedding shedding = Shedding.NOTHING;
        for (Shedding candidate : Shedding.values()) {
            double from = switch (candidate) {
                case NOTHING -> 0;
                case CACHES -> now.caches() / 100.0;
                case CALLOUTS -> now.callouts() / 100.0;
                case SESSIONS -> now.sessions() / 100.0;
            };
            if (share >= (before.includes(candidate) ? from - BACK : from)) {
                shedding = candidate;
            }
        }
        return shedding;
    }

    /** Ends the thread. */
    @Override
    public void close() {
        stop.run();
    }
}
