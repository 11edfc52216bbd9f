package io.countersign.dns;

import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A name server we ask, and what we learnt about it. Shared by all event loops; a race between them costs one try at most. */
final class NameServer {
    private static final int MISSES = 3;
    private static final long ASIDE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long PLAIN_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final InetSocketAddress address;
    private final AtomicInteger misses = new AtomicInteger();
    private volatile long asideUntil = System.nanoTime();
    private volatile long plainUntil = asideUntil;

    NameServer(InetSocketAddress address) {
        this.address = address;
    }

    InetSocketAddress address() {
        return address;
    }

    Question.Edns edns() {
        return System.nanoTime() - plainUntil < 0 ? Question.Edns.OFF : Question.Edns.ON;
    }

    /** It answered a query with an OPT record by FORMERR and the same without one properly. */
    void dislikesEdns() {
        plainUntil = System.nanoTime() + PLAIN_NANOS;
    }

    /** It let a try pass unanswered: after three in a row it is asked last for half a minute, so that a dead one does not slow every question down. */
    void missed() {
        if (misses.incrementAndGet() >= MISSES) {
            asideUntil = System.nanoTime() + ASIDE_NANOS;
        }
    }

    void answered() {
        if (misses.get() != 0) {
            misses.set(0);
            asideUntil = System.nanoTime();
        }
    }

    boolean isAside() {
        return System.nanoTime() - asideUntil < 0;
    }

    @Override
    public String toString() {
        return address.getAddress().getHostAddress() + " port " + address.getPort();
    }
}
