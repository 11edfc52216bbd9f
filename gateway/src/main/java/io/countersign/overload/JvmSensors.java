package io.countersign.overload;

import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The JVM's own figures. The heap counts as it was after the last collection: before one, a healthy heap is full of what nobody
 * needs. Collectors that leave old garbage lie until they are full; so a high figure is believed only after a collection of ours,
 * at most one in {@link #COLLECT_EVERY}.
 */
final class JvmSensors implements Sensors {
    private static final long COLLECT_EVERY = TimeUnit.SECONDS.toNanos(30);
    /** From here on it is worth a collection to know. */
    private static final double DOUBTFUL = 0.75;

    private final List<GarbageCollectorMXBean> collectors =
            ManagementFactory.getPlatformMXBeans(GarbageCollectorMXBean.class);
    private final Set<String> heapPools = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getName)
            .collect(Collectors.toSet());
    private final List<BufferPoolMXBean> buffers = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
    private final @Nullable UnixOperatingSystemMXBean system =
            ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix ? unix : null;
    private long collected = System.nanoTime() - COLLECT_EVERY;

    @Override
    public double heap() {
        double share = share();
        if (share >= DOUBTFUL && System.nanoTime() - collected >= COLLECT_EVERY) {
            System.gc();
            collected = System.nanoTime();
            share = share();
        }
        return share;
    }

    private double share() {
        Runtime runtime = Runtime.getRuntime();
        long now = runtime.totalMemory() - runtime.freeMemory();
        return (double) Math.min(now, afterLastCollection()) / runtime.maxMemory();
    }

    private long afterLastCollection() {
        GcInfo last = null;
        for (GarbageCollectorMXBean collector : collectors) {
            GcInfo info = collector.getLastGcInfo();
            if (info != null && (last == null || info.getEndTime() > last.getEndTime())) {
                last = info;
            }
        }
        if (last == null) {
            return 0;
        }
        long used = 0;
        for (var pool : last.getMemoryUsageAfterGc().entrySet()) {
            used += heapPools.contains(pool.getKey()) ? pool.getValue().getUsed() : 0;
        }
        return used;
    }

    @Override
    public double directMemory() {
        long used = PlatformDependent.usedDirectMemory();
        for (BufferPoolMXBean pool : buffers) {
            if (pool.getName().equals("direct")) {
                used = Math.max(used, pool.getMemoryUsed());
            }
        }
        long most = PlatformDependent.maxDirectMemory();
        return most <= 0 ? 0 : (double) used / most;
    }

    @Override
    public long descriptors() {
        return system == null ? -1 : system.getOpenFileDescriptorCount();
    }

    @Override
    public long mostDescriptors() {
        return system == null ? Long.MAX_VALUE : system.getMaxFileDescriptorCount();
    }
}
