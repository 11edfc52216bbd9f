package io.countersign.lab;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;

/**
 * A number that a test can wait for: connections, recipients asked, messages taken. Any thread may read or wait.
 *
 * <pre>{@code
 * exchanger.connections().awaitAtLeast(2);
 * exchanger.open().awaitAtMost(0);
 * assertThat(exchanger.open().peak()).isEqualTo(1);
 * }</pre>
 */
public final class Tally {
    /** How long the waiting methods without a limit of their own wait. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private record Waiter(LongPredicate wanted, CompletableFuture<Long> future) {}

    private final String what;
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong peak = new AtomicLong();
    private final List<Waiter> waiters = new CopyOnWriteArrayList<>();

    Tally(String what) {
        this.what = what;
    }

    public long count() {
        return count.get();
    }

    /** The highest value so far. */
    public long peak() {
        return peak.get();
    }

    /** Completes, on the thread that changed the number or on this one, when the number satisfies {@code wanted}. */
    public CompletableFuture<Long> when(LongPredicate wanted) {
        Waiter waiter = new Waiter(wanted, new CompletableFuture<>());
        waiters.add(waiter);
        // After adding: a change between the two is seen by one side or by both.
        wake(waiter, count.get());
        return waiter.future();
    }

    /** @throws IllegalStateException when {@link #PATIENCE} has passed */
    public void awaitAtLeast(long wanted) {
        awaitAtLeast(wanted, PATIENCE);
    }

    /** @throws IllegalStateException when {@code limit} has passed */
    public void awaitAtLeast(long wanted, Duration limit) {
        await(n -> n >= wanted, "at least " + wanted, limit);
    }

    /** @throws IllegalStateException when {@link #PATIENCE} has passed */
    public void awaitAtMost(long wanted) {
        await(n -> n <= wanted, "at most " + wanted, PATIENCE);
    }

    private void await(LongPredicate wanted, String inWords, Duration limit) {
        CompletableFuture<Long> future = when(wanted);
        try {
            future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "waited " + limit.toMillis() + " ms for " + inWords + " " + what + ", there are " + count(), e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + inWords + " " + what, e);
        } finally {
            waiters.removeIf(w -> w.future() == future);
        }
    }

    void up() {
        changed(count.incrementAndGet());
    }

    void down() {
        changed(count.decrementAndGet());
    }

    private void changed(long now) {
        if (now > peak.get()) {
            peak.accumulateAndGet(now, Math::max);
        }
        if (!waiters.isEmpty()) {
            for (Waiter waiter : waiters) {
                wake(waiter, now);
            }
        }
    }

    private void wake(Waiter waiter, long now) {
        if (waiter.wanted().test(now)) {
            waiters.remove(waiter);
            waiter.future().complete(now);
        }
    }

    @Override
    public String toString() {
        return count() + " " + what + " (at most " + peak() + ")";
    }
}
