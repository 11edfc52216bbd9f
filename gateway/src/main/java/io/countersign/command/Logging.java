package io.countersign.command;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.countersign.config.ChecksSettings.Switch;
import io.countersign.config.Settings.LogSettings;
import io.countersign.config.Settings.LogSettings.Format;
import io.countersign.journal.LogLevels;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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
    private static final String OURS = "io.countersign";
    private static final List<String> LEVELS = List.of("off", "error", "warn", "info", "debug", "trace");
    private static final LogLosses LOSSES = new LogLosses();

    private Logging() {}

    /** Takes over the section {@code log}, at start and at each reload; levels that were set meanwhile end. */
    public static synchronized void configure(LogSettings settings) {
        configure(context(), settings);
    }

    static void configure(LoggerContext context, LogSettings settings) {
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        context.getLoggerList().stream()
                .filter(logger -> logger != root && logger.getName().startsWith(OURS))
                .forEach(logger -> logger.setLevel(null));
        root.setLevel(Level.toLevel(settings.level(), Level.INFO));
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setName(CONSOLE);
        console.setTarget("System.err");
        console.setEncoder(encoder(context, settings.format()));
        console.start();
        DroppingAppender queue = new DroppingAppender(perSecond(settings), LOSSES);
        queue.setContext(context);
        queue.addAppender(settings.hashAddresses() == Switch.ON ? hashing(context, console, settings) : console);
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

    private static int perSecond(LogSettings settings) {
        return (int) Math.max(
                1, settings.rate().permits() / Math.max(1, settings.rate().per().toSeconds()));
    }

    private static Appender<ILoggingEvent> hashing(
            LoggerContext context, Appender<ILoggingEvent> console, LogSettings settings) {
        HashingAppender hashing = new HashingAppender(console, new AddressHasher(settings.hashKey()));
        hashing.setContext(context);
        hashing.start();
        return hashing;
    }

    /** Lines that are dropped are counted there from now on. */
    public static void bindTo(MeterRegistry meters) {
        LOSSES.bindTo(meters);
    }

    /** For whoever changes levels while the gateway runs. */
    public static LogLevels levels() {
        return new Levels(context());
    }

    /** The levels of one logging context. */
    record Levels(LoggerContext context) implements LogLevels {
        @Override
        public Map<String, String> levels() {
            Map<String, String> levels = new TreeMap<>();
            for (Logger logger : context.getLoggerList()) {
                if (logger.getLevel() != null) {
                    boolean root = logger.getName().equals(org.slf4j.Logger.ROOT_LOGGER_NAME);
                    levels.put(
                            root ? "" : logger.getName(),
                            logger.getLevel().levelStr.toLowerCase(Locale.ROOT));
                }
            }
            return levels;
        }

        @Override
        public void set(String logger, String level) {
            if (!LEVELS.contains(level)) {
                throw new IllegalArgumentException("the level is one of " + String.join(", ", LEVELS));
            }
            if (!logger.isEmpty()
                    && !logger.equals(OURS)
                    && !logger.matches("io\\.countersign\\.[A-Za-z0-9.]{1,100}")) {
                throw new IllegalArgumentException("the logger is " + OURS + ", a name below it, or empty for all");
            }
            if (!logger.isEmpty() && context.exists(logger) == null) {
                throw new IllegalArgumentException("nothing logs under that name");
            }
            context.getLogger(logger.isEmpty() ? org.slf4j.Logger.ROOT_LOGGER_NAME : logger)
                    .setLevel(Level.toLevel(level));
        }
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
