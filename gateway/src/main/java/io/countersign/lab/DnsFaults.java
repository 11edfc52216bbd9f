package io.countersign.lab;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/** Which questions go wrong. */
final class DnsFaults {
    static final DnsFault NONE = DnsFault.late(Duration.ZERO);

    private record Key(Name name, int type) {}

    private record Armed(DnsFault fault, AtomicInteger left) {
        static Armed of(DnsFault fault) {
            return new Armed(fault, new AtomicInteger(fault.times()));
        }

        boolean fires() {
            return fault.times() == Integer.MAX_VALUE || left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
        }
    }

    private final Map<Key, Armed> byName = new ConcurrentHashMap<>();
    private volatile @Nullable Armed forAll;

    void set(Name name, int type, DnsFault fault) {
        byName.put(new Key(name, type), Armed.of(fault));
    }

    void setForAll(DnsFault fault) {
        forAll = Armed.of(fault);
    }

    void clear() {
        byName.clear();
        forAll = null;
    }

    /** What to do with this question; counts it as one of the fault's {@code times}. */
    DnsFault take(Name name, int type) {
        Armed typed = byName.get(new Key(name, type));
        if (typed != null && typed.fires()) {
            return typed.fault();
        }
        Armed named = byName.get(new Key(name, Type.ANY));
        if (named != null && named.fires()) {
            return named.fault();
        }
        Armed general = forAll;
        return general != null && general.fires() ? general.fault() : NONE;
    }
}
