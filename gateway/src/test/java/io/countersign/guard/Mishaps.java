package io.countersign.guard;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/** What went wrong where no test could see it. Thread-safe. */
public final class Mishaps {
    private static final ConcurrentLinkedQueue<Throwable> SEEN = new ConcurrentLinkedQueue<>();
    private static boolean watching;

    private Mishaps() {}

    /** Begins to collect: exceptions that end a thread, errors that Reactor drops, and those that Netty only logs. */
    static synchronized void watch() {
        if (watching) {
            return;
        }
        watching = true;
        Thread.setDefaultUncaughtExceptionHandler((thread, cause) -> note("uncaught on " + thread.getName(), cause));
        Hooks.onErrorDropped(cause -> note("dropped by Reactor", cause));
        AppenderBase<ILoggingEvent> listener = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                if (event.getLevel().isGreaterOrEqual(Level.WARN) && event.getThrowableProxy() != null) {
                    note(
                            event.getFormattedMessage() + " "
                                    + event.getThrowableProxy().getClassName() + ": "
                                    + event.getThrowableProxy().getMessage(),
                            null);
                }
            }
        };
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        listener.setContext(context);
        listener.start();
        // An event loop whose task throws, a handler or listener that throws: all that Netty does is to log it.
        context.getLogger("io.netty").addAppender(listener);
    }

    static void note(String where, @org.jspecify.annotations.Nullable Throwable cause) {
        SEEN.add(new AssertionError(where, cause));
    }

    /** All since the last time; afterwards there are none. */
    static List<Throwable> take() {
        List<Throwable> all = new ArrayList<>();
        for (Throwable one = SEEN.poll(); one != null; one = SEEN.poll()) {
            all.add(one);
        }
        return all;
    }
}
