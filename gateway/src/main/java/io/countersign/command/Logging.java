package io.countersign.command;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.countersign.config.Settings.LogSettings;
import io.countersign.config.Settings.LogSettings.Format;
import org.slf4j.LoggerFactory;

/**
 * Where log lines go. Until {@link #configure} is called it is {@link EarlyLogging}: warnings, on standard error, so that what
 * commands print stays theirs. A gateway that serves writes one line an event, off its event loops.
 */
public final class Logging {
    /** What came from outside is quoted where it is logged; a line end that slips in all the same does not begin a line. */
    static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX,UTC} %-5level %logger{0} %replace(%msg){'[\\r\\n]+',' '}%n";

    static final String CONSOLE = "console";

    private Logging() {}

    /** Takes over {@code log.format} and {@code log.level}, at start and at each reload. */
    public static synchronized void configure(LogSettings settings) {
        configure(context(), settings);
    }

    static void configure(LoggerContext context, LogSettings settings) {
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.toLevel(settings.level(), Level.INFO));
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setName(CONSOLE);
        console.setTarget("System.err");
        console.setEncoder(encoder(context, settings.format()));
        console.start();
        DroppingAppender queue = new DroppingAppender();
        queue.setContext(context);
        queue.addAppender(console);
        queue.start();
        // The new one first: nothing is lost between the two.
        root.addAppender(queue);
        root.iteratorForAppenders().forEachRemaining(old -> {
            if (old != queue) {
                root.detachAppender(old);
                old.stop();
            }
        });
    }

    private static Encoder<ILoggingEvent> encoder(LoggerContext context, Format format) {
        return switch (format) {
            case TEXT -> {
                PatternLayoutEncoder text = new PatternLayoutEncoder();
                text.setContext(context);
                text.setPattern(PATTERN);
                text.start();
                yield text;
            }
            case JSON -> {
                JsonEncoder json = new JsonEncoder();
                json.setContext(context);
                json.setWithContext(false);
                json.setWithSequenceNumber(false);
                json.setWithNanoseconds(false);
                json.setWithMessage(false);
                json.setWithArguments(false);
                json.setWithFormattedMessage(true);
                json.start();
                yield json;
            }
        };
    }

    /** Another level for a while. */
    public static Volume at(String level) {
        Logger root = context().getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        Volume volume = new Volume(root);
        volume.change(level);
        return volume;
    }

    /** The level, until it is closed: then it is what it was. */
    public static final class Volume implements AutoCloseable {
        private final Logger root;
        private final Level before;

        private Volume(Logger root) {
            this.root = root;
            this.before = root.getEffectiveLevel();
        }

        /** @param level {@code off error warn info debug trace} */
        public void change(String level) {
            root.setLevel(Level.toLevel(level, before));
        }

        @Override
        public void close() {
            root.setLevel(before);
        }
    }

    private static LoggerContext context() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }
}
