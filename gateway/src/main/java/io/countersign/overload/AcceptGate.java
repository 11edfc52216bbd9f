package io.countersign.overload;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Holds accepting back while there is a reason to. Thread-safe. */
final class AcceptGate {
    enum Why {
        LAG,
        DESCRIPTORS
    }

    private final Set<Why> reasons = EnumSet.noneOf(Why.class);
    private final Map<Why, Counter> counters = new EnumMap<>(Why.class);
    private volatile boolean forDescriptors;
    private @Nullable AcceptControl listeners;

    AcceptGate(MeterRegistry meters) {
        for (Why why : Why.values()) {
            counters.put(
                    why,
                    Counter.builder("countersign.accept.pauses")
                            .description("How often clients had to wait in the system's queue")
                            .tag("limit", "overload." + why.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
    }

    synchronized void control(AcceptControl held) {
        listeners = held;
        if (!reasons.isEmpty()) {
            held.pauseAccepting();
        }
    }

    boolean isHeldFor(Why why) {
        if (why == Why.DESCRIPTORS) {
            return forDescriptors;
        }
        synchronized (this) {
            return reasons.contains(why);
        }
    }

    /** @return true when this reason is new */
    synchronized boolean hold(Why why) {
        if (!reasons.add(why)) {
            // Somebody may have switched it on again meanwhile: Netty does, a second after accepting has failed.
            if (listeners != null && why == Why.DESCRIPTORS) {
                listeners.pauseAccepting();
            }
            return false;
        }
        forDescriptors = reasons.contains(Why.DESCRIPTORS);
        Objects.requireNonNull(counters.get(why)).increment();
        if (listeners != null && reasons.size() == 1) {
            listeners.pauseAccepting();
        }
        return true;
    }

    synchronized void release(Why why) {
        if (reasons.remove(why)) {
            forDescriptors = reasons.contains(Why.DESCRIPTORS);
            if (listeners != null && reasons.isEmpty()) {
                listeners.resumeAccepting();
            }
        }
    }

    /** A few, unless there are no descriptors for them. */
    synchronized void trickle() {
        if (listeners != null && !reasons.isEmpty() && !forDescriptors) {
            listeners.acceptSome();
        }
    }
}
