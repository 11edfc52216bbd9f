package io.countersign.command;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands log lines to a thread of its own and never blocks the one that logs: when standard error does not take them as fast as
 * they come, lines are dropped, counted, and the number is logged as soon as there is room again.
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

    DroppingAppender() {
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
        if (unreported.get() > 0 && getRemainingCapacity() > QUEUE / 2) {
            report(unreported.getAndSet(0));
        }
        super.append(event);
    }

    /** Asked only when the queue is about to be full: then whatever the level. */
    @Override
    protected boolean isDiscardable(ILoggingEvent event) {
        dropped.incrementAndGet();
        unreported.incrementAndGet();
        return true;
    }

    private void report(long number) {
        if (number > 0 && getContext() instanceof LoggerContext context) {
            super.append(new LoggingEvent(
                    DroppingAppender.class.getName(),
                    context.getLogger(DroppingAppender.class),
                    Level.WARN,
                    number + " log lines were dropped: they came faster than they could be written",
                    null,
                    null));
        }
    }
}
