package io.countersign.command;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;

/**
 * Passes events on with their addresses hashed, whatever wrote them: none slips by because somebody forgot. The words of an
 * exception are left out with its addresses; where it happened is kept.
 */
final class HashingAppender extends AppenderBase<ILoggingEvent> {
    private final Appender<ILoggingEvent> to;
    private final AddressHasher hasher;

    HashingAppender(Appender<ILoggingEvent> to, AddressHasher hasher) {
        this.to = to;
        this.hasher = hasher;
        setName(to.getName());
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (!(getContext() instanceof LoggerContext context)) {
            return;
        }
        LoggingEvent plain = new LoggingEvent(
                HashingAppender.class.getName(),
                context.getLogger(event.getLoggerName()),
                event.getLevel(),
                hasher.hashed(event.getFormattedMessage()),
                null,
                null);
        plain.setTimeStamp(event.getTimeStamp());
        plain.setThreadName(event.getThreadName());
        if (event.getThrowableProxy() instanceof ThrowableProxy proxy) {
            plain.setThrowableProxy(new ThrowableProxy(withoutWords(proxy.getThrowable())));
        }
        to.doAppend(plain);
    }

    private Throwable withoutWords(Throwable thrown) {
        Throwable plain = new Throwable(hasher.hashed(String.valueOf(thrown)));
        plain.setStackTrace(thrown.getStackTrace());
        return plain;
    }

    @Override
    public void stop() {
        super.stop();
        to.stop();
    }
}
