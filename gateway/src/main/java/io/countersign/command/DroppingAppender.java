package io.countersign.command;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands log lines to a thread of its own and never blocks the one that logs: when standard error does not take them as fast as
 * they come, or there are more than {@code log.rate}, lines are dropped, counted, and the number is logged as soon as there is room
 * again. Warnings and errors have a rate of their own: a flood of sessions does not hide them.
 */
final class DroppingAppender extends AsyncAppender {
    static final int QUEUE = 8192;

    /**
     * From here on everything is dropped. The rest is for threads that found room at the same moment, so that none is dropped
     * uncounted.
     */
    static final int RESERVE = 256;

    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong unreported = new AtomicLong();
    private final LogRate ordinary;
    private final LogRate serious;
    private final LogLosses losses;

    /** @param rate lines a second, for warnings and errors and for all others each */
    DroppingAppender(int rate, LogLosses losses) {
        ordinary = new LogRate(rate, System::nanoTime);
        serious = new LogRate(rate, System::nanoTime);
        this.losses = losses;
        setName("queue");
        setQueueSize(QUEUE);
        setDiscardingThreshold(RESERVE);
        setNeverBlock(true);
    }

    /** Lines that were never written. */
    long dropped() {
        return dropped.get();
    }

    @Override
    protected void append(ILoggingEvent event) {
        LogRate rate = event.getLevel().isGreaterOrEqual(Level.WARN) ? serious : ordinary;
        if (!rate.allows()) {
            losses.rate().increment();
            lost();
            return;
        }
        if (unreported.get() > 0 && getRemainingCapacity() > QUEUE / 2) {
            report(unreported.getAndSet(0));
        }
        super.append(event);
    }

    /** Asked only when the queue is about to be full: then whatever the level. */
    @Override
    protected boolean isDiscardable(ILoggingEvent event) {
        losses.queue().increment();
        lost();
        return true;
    }

    private void lost() {
        dropped.incrementAndGet();
        unreported.incrementAndGet();
    }

    private void report(long number) {
        if (number > 0 && getContext() instanceof LoggerContext context) {
            super.append(new LoggingEvent(
                    DroppingAppender.class.getName(),
                    context.getLogger(DroppingAppender.class),
                    Level.WARN,
                    number
                            + " log lines were dropped: they came faster than they could be written, or than log.rate allows",
                    null,
                    null));
        }
    }
}
