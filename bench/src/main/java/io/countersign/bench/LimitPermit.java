package io.countersign.bench;

import io.countersign.config.Settings;
import io.countersign.limit.CalloutLimits;
import io.countersign.limit.GcraRateLimiter;
import io.countersign.limit.Grant;
import io.countersign.limit.NanoClock;
import io.countersign.limit.Outcome;
import io.countersign.limit.PauseDetector;
import io.countersign.limit.Trust;
import io.countersign.smtp.MailDomain;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Leave to ask, taken and given back.
 *
 * <p>{@link #gcra} and {@link #byAtomicRateLimiter} are one limiter each behind the same interface, with the same numbers, far
 * from their limit. {@link #domain} and {@link #dial} are what a callout takes: keys found in bounded tables, all rates and
 * concurrencies at once, everything given back if one refuses. {@link #domainByResilience4j} is the least that Resilience4j alone needs
 * for the same domain: one bulkhead and one limiter, already found.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LimitPermit {
    private static final int DOMAINS = 1_024;
    private static final RateLimiterConfig WIDE = RateLimiterConfig.custom()
            .limitForPeriod(1_000_000_000)
            .limitRefreshPeriod(Duration.ofSeconds(1))
            .timeoutDuration(Duration.ZERO)
            .build();

    private final NanoClock clock = NanoClock.system();
    private final PauseDetector pauses = PauseDetector.start(clock);
    private final CalloutLimits limits = limits();
    private final RateLimiter gcra = new GcraRateLimiter("gcra", WIDE, 1_000_000_000, clock);
    private final RateLimiter atomic = new AtomicRateLimiter("atomic", WIDE);
    private final Bulkhead bulkhead = Bulkhead.of(
            "domain", BulkheadConfig.custom().maxConcurrentCalls(1_000_000).build());
    private final MailDomain[] domains = new MailDomain[DOMAINS];
    private final InetAddress address = Samples.inet("192.0.2.25");
    private int next;

    public LimitPermit() {
        for (int i = 0; i < DOMAINS; i++) {
            domains[i] = Samples.address("a@d" + i + ".example.org").domain();
        }
    }

    private CalloutLimits limits() {
        Settings wide = Samples.settings("""
                callout.limits {
                  concurrent = 1000000
                  per-domain { rate = "100000000/s", burst = 1000000, concurrent = 1000000 }
                  per-exchanger { rate = "100000000/s", burst = 1000000, concurrent = 1000000 }
                  per-network { rate = "100000000/s", burst = 1000000, concurrent = 1000000 }
                }
                """);
        return new CalloutLimits(wide.overrides(), wide.callout().breaker(), new SimpleMeterRegistry(), pauses, clock);
    }

    @TearDown
    public void stop() {
        pauses.close();
    }

    private MailDomain turn() {
        return domains[next++ & DOMAINS - 1];
    }

    private static Grant.Granted granted(Grant grant) {
        if (grant instanceof Grant.Granted granted) {
            return granted;
        }
        throw new IllegalStateException("far from the limit: " + grant);
    }

    @Benchmark
    public Grant domain() {
        Grant.Granted grant = granted(limits.domain(turn(), Trust.SPF_PASS));
        grant.permit().close(Outcome.SUCCESS);
        return grant;
    }

    @Benchmark
    public Grant dial() {
        Grant.Granted grant = granted(limits.dial(turn(), "mx.example.org", address, Trust.SPF_PASS, Duration.ZERO));
        grant.permit().close(Outcome.SUCCESS);
        return grant;
    }

    @Benchmark
    public boolean domainByResilience4j() {
        if (!bulkhead.tryAcquirePermission()) {
            throw new IllegalStateException("far from the limit");
        }
        boolean taken = atomic.acquirePermission(1);
        bulkhead.onComplete();
        return taken;
    }

    @Benchmark
    public long gcra() {
        return free(gcra.reservePermission(1));
    }

    @Benchmark
    public long byAtomicRateLimiter() {
        return free(atomic.reservePermission(1));
    }

    private static long free(long wait) {
        if (wait < 0) {
            throw new IllegalStateException("far from the limit");
        }
        return wait;
    }
}
