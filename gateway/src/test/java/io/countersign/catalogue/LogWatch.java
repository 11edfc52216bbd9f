package io.countersign.catalogue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Collects what the log must not hold: faults of ours, exceptions nobody caught (Netty warns of them), errors Reactor dropped
 * (it logs them), leaks, blocked loops.
 */
final class LogWatch extends AppenderBase<ILoggingEvent> {
    private final List<String> faults = new ArrayList<>();

    private LogWatch() {}

    static LogWatch begin() {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        LogWatch watch = new LogWatch();
        watch.setContext(root.getLoggerContext());
        watch.start();
        root.addAppender(watch);
        return watch;
    }

    @Override
    protected void append(ILoggingEvent event) {
        boolean fault = event.getLevel() == Level.ERROR
                || (event.getLevel() == Level.WARN && event.getLoggerName().startsWith("io.netty."));
        if (fault) {
            String words = event.getLoggerName() + ": " + event.getFormattedMessage()
                    + (event.getThrowableProxy() == null
                            ? ""
                            : " " + event.getThrowableProxy().getClassName() + ": "
                                    + event.getThrowableProxy().getMessage());
            synchronized (faults) {
                faults.add(words);
            }
        }
    }

    /** Faults since the last time. */
    List<String> take() {
        synchronized (faults) {
            List<String> taken = List.copyOf(faults);
            faults.clear();
            return taken;
        }
    }

    void end() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(this);
        stop();
    }
}
